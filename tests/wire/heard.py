"""What a queue holds: python -m heard http://127.0.0.1:PORT QUEUE-URL

The bodies of its messages on stdout, as one JSON list. They are deleted.
"""

import json
import os
import sys

from control import Account, Control
from feed import AT_ONCE, SOURCE


def bodies(account, queue):
    """Until nothing comes any more."""
    while messages := account.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=AT_ONCE).get("Messages"):
        for message in messages:
            account.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            yield message["Body"]


def main():
    """With setup keys: it is not in the program's part of the call log."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    keys = Control(sys.argv[1])("user", account=SOURCE, name=f"hearer-{os.getpid()}", setup=True)
    print(json.dumps(list(bodies(Account(sys.argv[1], keys), sys.argv[2]))))


if __name__ == "__main__":
    main()
