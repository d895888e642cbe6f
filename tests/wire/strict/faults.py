"""Injected faults, and traps that kill the process under test.

A fault: {"action", "code", "status", "message", "times", "skip", "when", "drop", "match", "id", "account"}
  when   "before" (default): the call has no effect; "after": it takes effect, its answer is lost
  drop   true: the connection is cut instead of answered
  skip   so many matching calls pass first; times: so many are hit (default 1)
  match  {"Name": "value", …}: parameters as on the wire, such as {"VolumeId": "vol-…"} or {"Filter.1.Value.1": "…"}
  id     a resource id anywhere in the request
A trap: {"pid" or "pidfile", "nth", "when", "action", "mutating", "account", "signal"}: SIGKILL, or the signal named
(INT, TERM), at the nth such call from now. One that is killed before the effect has not sent the call: there is none.
Calls made with a setup key are neither hit nor counted.
"""

import os
import signal
import socket
import sys

FAULTS, TRAPS = [], []
FAULT_DEFAULTS = {"code": "InternalError", "status": 500, "message": "injected by the test", "times": 1, "skip": 0,
                  "when": "before", "drop": False, "match": {}, "id": None, "account": None}
TRAP_DEFAULTS = {"nth": 1, "when": "after", "action": None, "mutating": False, "account": None, "signal": "KILL"}


def add_fault(fields):
    """Keep a fault; an unknown field is an error, since it would never match."""
    unknown = set(fields) - set(FAULT_DEFAULTS) - {"action"}
    if unknown or fields.get("when", "before") not in ("before", "after"):
        raise KeyError(f"a fault has no {', '.join(sorted(unknown)) or 'such time'}")
    FAULTS.append({**FAULT_DEFAULTS, **fields})


def add_trap(fields):
    """Keep a trap; it springs once."""
    unknown = set(fields) - set(TRAP_DEFAULTS) - {"pid", "pidfile"}
    if unknown or ("pid" in fields) == ("pidfile" in fields):
        raise KeyError(f"a trap wants pid or pidfile, and has no {', '.join(sorted(unknown)) or 'both'}")
    signal.Signals["SIG" + fields.get("signal", "KILL")]
    TRAPS.append({**TRAP_DEFAULTS, **fields})


def applies(fault, entry):
    """Does the fault mean this call?"""
    return (fault["action"] == entry["action"]
            and fault["account"] in (None, entry["account"])
            and fault["id"] in (None, *entry["ids"])
            and all(str(entry["params"].get(name)) == str(value) for name, value in fault["match"].items()))


def pick(entry):
    """The fault that hits this call, counted down, or None."""
    for fault in FAULTS if not entry["setup"] else ():
        if fault["times"] > 0 and applies(fault, entry):
            if fault["skip"] > 0:
                fault["skip"] -= 1
                continue
            fault["times"] -= 1
            return dict(fault)
    return None


def spring(entry, moment):
    """Kill whoever has a trap at this call, before or after its effect; whether anybody was to be killed."""
    sprung = False
    for trap in list(TRAPS) if not entry["setup"] else ():
        if trap["action"] not in (None, entry["action"]) or trap["account"] not in (None, entry["account"]):
            continue
        if trap["mutating"] and not entry["mutating"]:
            continue
        if moment == "before":
            trap["nth"] -= 1
        if trap["nth"] <= 0 and trap["when"] == moment:
            TRAPS.remove(trap)
            kill(trap)
            sprung = sprung or trap["signal"] == "KILL"
    return sprung


def kill(trap):
    try:
        pid = trap["pid"] if "pid" in trap else int(open(trap["pidfile"]).read())
        if pid > 1 and pid != os.getpid():
            os.kill(pid, signal.Signals["SIG" + trap["signal"]])
    except (OSError, ValueError) as problem:
        print("trap:", repr(problem), file=sys.stderr)


def cut(env):
    """Close the connection without an answer."""
    try:
        env["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    except (KeyError, OSError) as problem:
        print("cut:", repr(problem), file=sys.stderr)
