"""What became of a call, as the bot tells it: approvers may have changed it, and it may have done something else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from devkit.model.dialogue import Entry

#: How the bot tells of a call that people changed before they approved it: its arguments, its result.
CHANGED: Final = re.compile(
    r"An approver changed this call; it ran with (\{.*\}) and returned: (.*)\Z", re.DOTALL
)
#: How the bot tells of a call that did something else than was asked for: what is different, then its result.
DIFFERS: Final = re.compile(r"NOT AS ASKED: ([^\n]*)\n(.*)\Z", re.DOTALL)
#: What is said of a call whose answer got lost: a person found that it happened, or nobody knows.
CHECKED: Final = re.compile(r"\bit did happen\b")
NOT_KNOWN: Final = re.compile(r"\bnot known whether this happened\b")


#: How the bot tells of a call that it refused before anybody was asked; what follows is why.
NOT_ASKED: Final = "this was not done and nobody was asked: "


def why_not(said: str) -> str:
    """Why a call was not made, as a person reads it."""
    why = said.removeprefix("ERROR").lstrip(": ").removeprefix(NOT_ASKED)
    return f"{why[:1].upper()}{why[1:]}"


@dataclass(frozen=True, slots=True)
class Ran:
    """A call as it ran, which is not always as it was asked for; `difference` is what it did otherwise."""

    arguments: Mapping[str, Any]
    result: str
    changed: Mapping[str, Any]
    difference: str = ""


def as_run(call: Entry, result: Entry) -> Ran:
    """Read what ran and what it returned."""
    asked, said = read_object(call.text), result.text
    ran = asked
    if changed := CHANGED.fullmatch(said):
        ran, said = read_object(changed[1]), changed[2]
    edits = {name: value for name, value in ran.items() if asked.get(name) != value}
    if differs := DIFFERS.fullmatch(said):
        return Ran(ran, differs[2], edits, differs[1])
    return Ran(ran, said, edits)


def read_object(text: str) -> dict[str, Any]:
    """Read a JSON object; anything else is an empty one."""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}  # pyright: ignore[reportUnknownVariableType]
