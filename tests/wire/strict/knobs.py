"""What a test can turn, and what the current request is about.

`KNOBS` holds waiting times in seconds and page sizes; each starts from an
environment variable and may be changed while the server runs. `CONTEXT` is
per thread: which request is being answered, and by whom.
"""

import os
import threading
import time
from contextlib import contextmanager


def _number(name, default):
    return float(os.environ.get(name, default))


class Knobs:
    """Waiting times and page sizes; `/_strict/lag` changes them at run time."""

    def __init__(self):
        self.lag = _number("STRICT_LAG", "1.0")  # snapshots, copies and images stay pending
        self.settle = _number("STRICT_SETTLE", "0.3")  # instances, volumes, profile associations change state
        self.drain = _number("STRICT_DRAIN", "2.0")  # deregistered targets are shown as draining
        self.latency = _number("STRICT_LATENCY_MS", "0") / 1000.0  # added to every call
        self.asg_health = _number("STRICT_ASG_HEALTH", "0")  # 0 = Auto Scaling never replaces for health
        self.page = int(_number("STRICT_PAGE", "1000"))  # largest page of an EC2 Describe call
        self.target_group_page = int(_number("STRICT_TG_PAGE", "20"))
        self.block_page = int(_number("STRICT_BLOCK_PAGE", "4"))  # largest page of ListSnapshotBlocks

    def turn(self, name, value):
        """Set one knob by name; an unknown name is an error, not a silent nothing."""
        if name not in vars(self):
            raise KeyError(f"no such knob: {name}; there are {', '.join(sorted(vars(self)))}")
        setattr(self, name, type(getattr(self, name))(value))


KNOBS = Knobs()
CONTEXT = threading.local()

# One call at a time takes effect: moto's models are plain dictionaries.
EFFECT = threading.RLock()


def flag(name):
    """A value of the current request, or None."""
    return getattr(CONTEXT, name, None)


@contextmanager
def flags(**values):
    """Set values of the current request for the length of a block."""
    before = {name: getattr(CONTEXT, name, None) for name in values}
    vars(CONTEXT).update(values)
    try:
        yield
    finally:
        vars(CONTEXT).update(before)


def born():
    """The birth time of something made now. What a setup key makes is ready at once."""
    return 0.0 if flag("setup") else time.time()


def age(birth):
    """Seconds since `birth`."""
    return time.time() - birth
