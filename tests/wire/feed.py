"""Fill a queue and a bucket: python -m feed http://127.0.0.1:PORT FILE

FILE is a JSON object: {"queue": name, "objects": {"bucket/key": document}, "messages": [document or text]}. Objects
whose key ends with .gz are packed. With "topic" and "bus" a topic and an event bus of that name deliver to the queue.
The answer on stdout is the URL of the queue, whose messages come again after a second unless they are deleted.
"""

import gzip
import json
import os
import sys

from control import Account, Control

SOURCE = "111111111111"
AT_ONCE = 10


def text(document):
    return document if isinstance(document, str) else json.dumps(document)


def store(account, path, document):
    bucket, key = path.split("/", 1)
    if bucket not in [row["Name"] for row in account.s3.list_buckets()["Buckets"]]:
        account.s3.create_bucket(Bucket=bucket)
    body = text(document).encode()
    account.s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(body) if key.endswith(".gz") else body)


def send(account, queue, messages):
    for first in range(0, len(messages), AT_ONCE):
        entries = [{"Id": str(number), "MessageBody": text(message)} for number, message in enumerate(messages[first:first + AT_ONCE])]
        account.sqs.send_message_batch(QueueUrl=queue, Entries=entries)


def deliver(account, feed, queue):
    """Let a topic and a bus deliver to a queue."""
    arn = account.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    if "topic" in feed:
        topic = account.sns.create_topic(Name=feed["topic"])["TopicArn"]
        account.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    if "bus" in feed:
        account.events.create_event_bus(Name=feed["bus"])
        account.events.put_rule(Name="all", EventBusName=feed["bus"], EventPattern=json.dumps({"source": [{"prefix": ""}]}))
        account.events.put_targets(Rule="all", EventBusName=feed["bus"], Targets=[{"Id": "queue", "Arn": arn}])


def main():
    """With setup keys: it is not in the program's part of the call log."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[2], encoding="utf-8") as file:
        feed = json.load(file)
    keys = Control(sys.argv[1])("user", account=SOURCE, name=f"feeder-{os.getpid()}", setup=True)
    account = Account(sys.argv[1], keys)
    for path, document in feed.get("objects", {}).items():
        store(account, path, document)
    queue = account.sqs.create_queue(QueueName=feed["queue"], Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    deliver(account, feed, queue)
    send(account, queue, feed["messages"])
    print(queue)


if __name__ == "__main__":
    main()
