"""Whether what a tool did is what it was asked for; where it is not, its result says so first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from bot import words

log = logging.getLogger(__name__)

#: What such a result begins with.
DIFFERS: Final = "NOT AS ASKED: "
#: Says in a sentence for people how a result differs from the arguments of its call; empty where it does not.
Settles = Callable[[Mapping[str, Any], str], str]


def anything(arguments: Mapping[str, Any], result: str) -> str:
    """Take every result for what was asked."""
    del arguments, result
    return ""


def compared(settles: Settles, arguments: Mapping[str, Any], result: str) -> str:
    """The result, behind what it differs in. A result that cannot be compared counts as one that differs."""
    try:
        difference = settles(arguments, result)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        log.exception("result not compared", extra={"error": type(error).__name__})
        difference = words.NOT_COMPARED
    return f"{DIFFERS}{' '.join(difference.split())}\n{result}" if difference else result


def differs(result: str) -> str:
    """How a kept result differs from what was asked; empty where it does not."""
    return result.removeprefix(DIFFERS).partition("\n")[0] if result.startswith(DIFFERS) else ""
