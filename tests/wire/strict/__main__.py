"""python -m strict PORT [--stay]: the server, on loopback only.

PORT 0 picks a free port. The first line on stdout is `listening on 127.0.0.1:PORT`. The server ends when its
stdin closes, so that a killed test leaves none behind; --stay ignores stdin, for use by hand.
"""

import os
import sys
import threading

os.environ.setdefault("MOTO_ENABLE_AMI_VALIDATION", "1")
os.environ.setdefault("MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION", "1")
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ.setdefault("AWS_ACCESS_KEY_ID", "none")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "none")
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

HOST = "127.0.0.1"


def main():
    """Patch moto, listen, serve."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--stay"]
    if len(arguments) != 1 or not arguments[0].isdigit():
        sys.exit(__doc__)
    from .serving import serve

    if "--stay" not in sys.argv:
        threading.Thread(target=end_with_stdin, daemon=True).start()
    serve(HOST, int(arguments[0]))


def end_with_stdin():
    """The test that started us holds the other end of stdin."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
