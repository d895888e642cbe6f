"""DryRun on every EC2 call that has it; moto forgets some and lets them take effect.

AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html. Checked before anything else
here; whether AWS looks at the other parameters first is not verified.
"""

import inspect

from moto.ec2.responses import EC2Response

from .patching import replaces

CHECK = "error_on_dryrun"


def checks(method):
    """Does the method, or what it replaced, look at DryRun?"""
    return any(CHECK in layer.__code__.co_names for layer in getattr(method, "layers", (method,)))


def guard(owner, name):
    @replaces(owner, name)
    def guarded(original, self):
        self.error_on_dryrun()
        return original(self)


def calls_of(owner):
    """The methods of a response class that answer a call: public, and without arguments."""
    return [(name, method) for name, method in vars(owner).items()
            if inspect.isfunction(method) and not name.startswith("_") and name != CHECK and method.__code__.co_argcount == 1]


for _owner in EC2Response.__mro__:
    for _name, _method in calls_of(_owner) if _owner.__module__.startswith("moto.ec2.responses.") else ():
        if not checks(_method):
            guard(_owner, _name)
