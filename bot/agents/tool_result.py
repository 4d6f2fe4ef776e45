"""What a tool returned, and whether that is what it was asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from agents import Tool, default_tool_error_function
from agents.tool import default_tool_timeout_error_message

from bot.domain import sentences
from bot.domain.approvals.approval import Ending

log = logging.getLogger(__name__)

#: What the model reads first of a result that differs. Releases up to 0.1 kept results so in the journal.
DIFFERS: Final = "NOT AS ASKED: "
#: How a tool says that it did nothing.
FAILED: Final = "ERROR:"
#: What the SDK tells the model of a tool that raised, or got arguments that it does not take.
_RAISED: Final = default_tool_error_function(cast("Any", None), Exception())
#: Says in a sentence for people how a result differs from the arguments of its call; empty where it does not.
Settles = Callable[[Mapping[str, Any], str], str]


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool returned, and how that differs from what was asked for, if it does."""

    text: str
    difference: str = ""

    @property
    def ending(self) -> Ending:
        """What became of the call."""
        return Ending.OTHER if self.difference else ending_of(self.text)

    @property
    def told(self) -> str:
        """What the model reads of it, and the record keeps."""
        return f"{DIFFERS}{self.difference}\n{self.text}" if self.difference else self.text


def anything(arguments: Mapping[str, Any], result: str) -> str:
    """Take every result for what was asked."""
    del arguments, result
    return ""


def compared(settles: Settles, arguments: Mapping[str, Any], result: str) -> Result:
    """Compare a result. One that cannot be compared counts as one that differs."""
    try:
        difference = " ".join(settles(arguments, result).split())
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        log.exception("result not compared", extra={"error": type(error).__name__})
        difference = sentences.NOT_COMPARED
    return Result(result, difference)


def kept(text: str, difference: str | None) -> Result:
    """A result as the journal has it; None is of an entry of a release that kept both in one text."""
    if difference is None and text.startswith(DIFFERS):
        said, _, rest = text.removeprefix(DIFFERS).partition("\n")
        return Result(rest, said)
    return Result(text, difference or "")


def ending_of(text: str, tool: Tool | None = None) -> Ending:
    """Tell by what a tool returned, or by what the SDK put in its place, whether it did what it was called for."""
    if text == sentences.NOBODY_KNOWS:
        return Ending.UNKNOWN
    limit: float | None = getattr(tool, "timeout_seconds", None)
    late = limit and default_tool_timeout_error_message(tool_name=tool.name, timeout_seconds=limit)  # pyright: ignore[reportOptionalMemberAccess]
    return Ending.FAILED if text.startswith(FAILED) or text in {_RAISED, late} else Ending.DONE
