"""Client tokens: the same token gives the same answer, once only with an effect.

AWS: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html. The same token with other parameters
is IdempotentParameterMismatch. The stored answer is given again; AWS shows the current state instead.
"""

ACTIONS = ("RunInstances", "CreateVolume", "CopyImage", "CreateNetworkAcl")
ANSWERS = {}


def _key(call, account):
    token = call.params.get("ClientToken")
    return (account, call.region, call.action, token) if call.action in ACTIONS and token and not call.dry_run else None


def recall(call, account):
    """The answer of the first call with this token, or None."""
    stored = ANSWERS.get(_key(call, account))
    if stored is None:
        return None
    params, answer = stored
    if params != call.params:
        return call.error("IdempotentParameterMismatch", "The request uses the same client token as a previous, "
                                                         "but non-identical request. Do not reuse a client token.", 400)
    return answer


def remember(call, account, answer):
    """Keep a successful answer under its token."""
    key = _key(call, account)
    if key is not None and answer[0] < 400:
        ANSWERS[key] = (dict(call.params), answer)
