"""The control endpoints under /_strict/: how a test steers this server. None of them is AWS.

Each takes and gives JSON. A bad request is answered 400 with the reason; nothing is guessed.
"""

from moto.ec2 import ec2_backends

from . import content, denials, faults, identity, log, small, trail
from .knobs import KNOBS


def fault(data):
    """POST {"action", …}: see faults.py. Answers all faults."""
    faults.add_fault(data)
    return faults.FAULTS


def deny(data):
    """POST {"account" or "principal", "actions": […]}: refuse these actions until cleared."""
    if not data.get("actions") or ("account" in data) == ("principal" in data):
        raise KeyError("deny wants actions, and one of account and principal")
    denials.DENIALS.append(data)
    return denials.DENIALS


def trap(data):
    """POST one trap or a list of them, in the place of all others: see faults.py."""
    faults.TRAPS.clear()
    for one in data if isinstance(data, list) else [data]:
        faults.add_trap(one)
    return faults.TRAPS


def traps(data):
    """GET: the traps that have not sprung."""
    return faults.TRAPS


def clear(data):
    """POST: forget faults, denials and traps, or only {"what": "faults" | "denials" | "traps"}."""
    kinds = {"faults": faults.FAULTS, "denials": denials.DENIALS, "traps": faults.TRAPS}
    for name in [data["what"]] if "what" in data else list(kinds):
        kinds[name].clear()
    return {name: len(kept) for name, kept in kinds.items()}


def calls(data):
    """GET: the call log; POST {"since": n}: only from entry n on."""
    return log.CALLS[int(data.get("since", 0)):]


def user(data):
    """POST {"account", "name", "setup"?}: a new access key of a user. Setup keys are marked in the log and never wait."""
    return identity.make_user(data["account"], data["name"], data.get("setup", False))


def role(data):
    """POST {"arn", "external_id"?, "trusts"? [account or ARN, …]}: a role that may be assumed."""
    identity.make_role(data["arn"], data.get("external_id"), data.get("trusts"))
    return {}


def expire(data):
    """POST {"arn"}: end every session of a role."""
    return {"sessions": identity.expire(data["arn"])}


def lag(data):
    """POST {"seconds", "what"?}: the pending time of snapshots and images, or another knob of knobs.py."""
    KNOBS.turn(data.get("what", "lag"), data["seconds"])
    return vars(KNOBS)


def finding(data):
    """POST a GuardDuty finding in either spelling."""
    one = small.camel(data)
    small.FINDINGS[one["id"]] = one
    return sorted(small.FINDINGS)


def agent(data):
    """POST {"account", "instance", "ping"?}: an SSM agent has registered."""
    small.AGENTS[data["account"], data["instance"]] = {
        "InstanceId": data["instance"], "PingStatus": data.get("ping", "Online"), "PlatformType": "Linux", "AgentVersion": "3.3.0.0"}
    return {}


def trail_event(data):
    """POST {"event": CloudTrail record, "user"?, "resources"?, "time"?}: an event that LookupEvents finds."""
    extra = {"_user": data.get("user"), "_resources": data.get("resources", []), **({"_time": data["time"]} if "time" in data else {})}
    trail.ADDED.append({**data["event"], **extra})
    return len(trail.ADDED)


def snapshots():
    """Every snapshot of every account: (account, region, snapshot)."""
    for account in list(ec2_backends.keys()):
        for region, backend in list(ec2_backends[account].items()):
            for snap in list(backend.snapshots.values()):
                yield account, region, snap


def destroy(data):
    """POST {"snapshot"}: it is gone, whatever locked it."""
    found = [snap for _, _, snap in snapshots() if snap.id == data["snapshot"]]
    for snap in found:
        snap.ec2_backend.snapshots.pop(snap.id)
    return {"destroyed": len(found)}


def corrupt(data):
    """POST {"snapshot"}: one of its blocks is another one from now on."""
    found = [snap for _, _, snap in snapshots() if snap.id == data["snapshot"]]
    if not found:
        raise KeyError(f"no snapshot {data['snapshot']}")
    return {"block": content.corrupt(found[0]._blocks)}


def lineage(data):
    """GET: {snapshot or volume: {"origin", "parent", "owner", "region", "image"}}."""
    rows = {snap.id: {"origin": snap._origin, "parent": snap._parent, "owner": snap.owner_id, "region": region, "image": snap.from_ami}
            for _, region, snap in snapshots()}
    for account in list(ec2_backends.keys()):
        for region, backend in list(ec2_backends[account].items()):
            for volume in list(backend.volumes.values()):
                rows[volume.id] = {"origin": getattr(volume, "_origin", volume.id), "parent": volume.snapshot_id,
                                   "owner": account, "region": region, "image": None}
    return rows


def stop(data):
    """POST: the answer is the last thing this server does; see server.py."""
    return {}


ENDPOINTS = {
    "agent": agent, "calls": calls, "clear": clear, "corrupt": corrupt, "deny": deny, "destroy": destroy, "expire": expire,
    "fault": fault, "finding": finding, "lag": lag, "lineage": lineage, "role": role, "stop": stop, "trail": trail_event,
    "trap": trap, "traps": traps, "user": user,
}
