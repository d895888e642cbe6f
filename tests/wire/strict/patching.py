"""How this package changes moto: one decorator for methods it replaces, one for methods it adds."""

import functools


def replaces(owner, name=None):
    """Put the decorated function in place of `owner.<name>`; it gets the original as first argument."""

    def decorate(function):
        method = name or function.__name__
        original = getattr(owner, method)

        @functools.wraps(function)
        def replacement(self, *args, **kwargs):
            return function(original, self, *args, **kwargs)

        replacement.layers = (function, *getattr(original, "layers", (original,)))
        setattr(owner, method, replacement)
        return function

    return decorate


def adds(owner, name=None):
    """Give `owner` a method that moto does not have."""

    def decorate(function):
        setattr(owner, name or function.__name__, function)
        return function

    return decorate
