"""Stops a program at the first wrong answer."""

import sys


def equal(what, got, want):
    if got != want:
        sys.exit(f"{what}:\n  got  {got!r}\n  want {want!r}")


def raises(what, kind, call, *arguments, **keywords):
    try:
        result = call(*arguments, **keywords)
    except kind as error:
        return error
    sys.exit(f"{what}: {kind.__name__} was not raised, the result is {result!r}")
