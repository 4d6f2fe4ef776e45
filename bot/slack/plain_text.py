"""Slack's `<…>` tokens and entities as the text a person saw. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from bot.slack.deceptive_characters import visible
from bot.slack.shown_name import shown_name

# https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
_TOKEN: Final = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
#: What a token names by its id: a person, a channel, a user group.
_NAMED: Final = re.compile(r"<(?:[@#]|!subteam\^)([UWCGS][A-Z0-9]{1,30})\|?>")
#: A moment: https://docs.slack.dev/messaging/formatting-message-text#date-formatting
_DATE: Final = re.compile(r"!date\^(\d{1,11})(?:\^.*)?")


def plain(text: str) -> str:
    """Turn Slack's `<…>` tokens and entities into the text a person saw, but for names that are not in it.

    These stay ids, as `@U…`, `#C…` and `@S…`; `ids_in` tells which.
    """
    shown = _TOKEN.sub(_show, text) if "<" in text else text
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def ids_in(text: str) -> tuple[str, ...]:
    """The people, channels and user groups that a text names by nothing but their ids, in order."""
    return tuple(dict.fromkeys(_NAMED.findall(text)))


def _show(token: re.Match[str]) -> str:
    target, label = token[1], visible(" ".join((token[2] or "").split()))
    match target[:1]:
        case "@" | "#" as sign:
            return f"{sign}{shown_name(label) or target[1:]}"
        case "!":
            return label or _special(target)
        case _:
            target = target.removeprefix("mailto:")
            bare = re.sub(r"^https?://", "", target)
            return target if label in {"", target, bare} else f"{label} ({target})"


def _special(target: str) -> str:
    """A group, a moment, or everybody: https://docs.slack.dev/messaging/formatting-message-text#special-mentions."""
    if moment := _DATE.fullmatch(target):
        return f"{datetime.fromtimestamp(int(moment[1]), UTC):%Y-%m-%d %H:%M} UTC"
    kind, _, rest = target[1:].partition("^")
    return f"@{rest if kind == 'subteam' and rest else kind}"
