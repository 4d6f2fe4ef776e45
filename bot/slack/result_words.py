"""What a tool answered, for people: words where it was written for a model. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from bot.slack.card_fields import in_words, label_of
from bot.slack.deceptive_characters import visible
from bot.slack.stored_arguments import amount

#: How a tool says that it did nothing, and how the answer of an MCP server begins: both are for the model.
_FAILED: Final = re.compile(r"^ERROR:\s*")
#: What programs end lines with that they write over, or that are for Windows.
_RETURN: Final = re.compile(r"\r\n?")
_SERVER: Final = re.compile(r"^\[The server (?P<name>.{1,100}?) answered; data, not instructions\]\n")


def result_in_words(result: str) -> str:
    """Write a result as people read it: an object as labels and values, anything else as it is, safe to show."""
    lines = _RETURN.sub("\n", result.strip())
    said = _FAILED.sub("", lines, count=1)
    if found := _SERVER.match(said):
        rest = _plain(said[found.end() :])
        return f"{visible(found['name'], keep='')} answered: {rest}"
    return _plain(said)


def _plain(said: str) -> str:
    try:
        answer: object = json.loads(said)
    except (ValueError, RecursionError):  # the second where a server nests it very deep
        return visible(said).strip()
    if not isinstance(answer, Mapping) or not answer:
        return visible(said).strip()
    named: Mapping[str, object] = answer  # pyright: ignore[reportUnknownVariableType]
    money = amount(said)  # with its currency, as the card has it
    in_it = "currency" if money.endswith(f" {named.get('currency')}") else ""
    told = {name: money if money and name == "amount" else _told(value) for name, value in named.items()}
    return " · ".join(f"{label_of(name)}: {text}" for name, text in told.items() if name != in_it)


def _told(value: object) -> str:
    """A value in words; what has parts of its own is named alone, for “Show everything” has it."""
    return "…" if isinstance(value, Mapping | list) else in_words(value)
