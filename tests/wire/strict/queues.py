"""Long polling: whoever waits for a message must not keep every other call waiting.

AWS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
"""

import json
import time

PAUSE = 0.05


def waits(call):
    """Does this call ask to wait?"""
    return call.service == "sqs" and call.action == "ReceiveMessage" and int(call.params.get("WaitTimeSeconds") or 0) > 0


def receive(request, once):
    """Ask again and again without waiting, until there is a message or the time is over. `once` makes one call."""
    until = time.monotonic() + int(request.call.params["WaitTimeSeconds"])
    request.body = json.dumps({**request.call.params, "WaitTimeSeconds": 0}).encode()
    request.env["CONTENT_LENGTH"] = str(len(request.body))
    while True:
        answer = once()
        if answer[0] >= 400 or json.loads(answer[2] or b"{}").get("Messages") or time.monotonic() >= until:
            return answer
        time.sleep(PAUSE)
