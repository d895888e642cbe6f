"""The call log: what was asked, by whom, with what result, and when it began and ended."""

import threading
import time

from .calls import ID

CALLS = []
LOCK = threading.RLock()


def note(**fields):
    """Append an entry; what is not given is empty. Times are seconds since the epoch."""
    now = round(time.time(), 4)
    entry = {"n": 0, "began": now, "ended": now, "account": None, "key": None, "principal": None, "user": None,
             "service": "", "region": "", "action": "", "path": "", "ids": [], "made": [], "params": {}, "status": 200,
             "error": None, "mutating": True, "dry_run": False, "setup": False, "lost": False}
    entry.update(fields)
    with LOCK:
        entry["n"] = len(CALLS)
        CALLS.append(entry)
    return entry


def open_entry(call, caller, setup):
    """The entry of a request that has just arrived. User data and long values stay out."""
    params = {name: value for name, value in call.params.items() if len(str(value)) < 1500 and "UserData" not in name}
    return note(account=caller.account if caller else None, key=call.key, principal=caller.arn if caller else None,
                user=caller.name if caller else None, service=call.service, region=call.region, action=call.action,
                path=call.path, ids=call.ids[:60], params=params, status=None, mutating=call.mutating, dry_run=call.dry_run, setup=setup)


def made(entry, data):
    """The ids in an answer that were not in the request."""
    return sorted(set(ID.findall(data[:200000].decode("utf-8", "replace"))) - set(entry["ids"]))[:60]
