"""What Slack tells of a message that was changed or deleted afterwards. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.domain.thread import ThreadRef
from bot.slack.incoming import words
from bot.slack.origin import Installation, of_author
from bot.slack.quoted import NOTHING, Quoted, quoted

#: https://docs.slack.dev/reference/events/message/message_changed and message_deleted
_CHANGED: Final = "message_changed"
_DELETED: Final = "message_deleted"
#: A deleted message with replies stays as one of Slack's own, and is told as a change.
_TOMBSTONE: Final = "tombstone"


@dataclass(frozen=True, slots=True)
class AlteredMessage:
    """A message of a person's (`user`), and that its words are others now (`text`, `below`, see `IncomingMessage`), or gone.

    `at` is when, as Slack writes it.
    """

    thread: ThreadRef
    ts: str
    user: str
    deleted: bool
    at: str
    text: str = ""
    below: Quoted = NOTHING
    names: tuple[str, ...] = ()


def altered(event: Mapping[str, Any], *, us: Installation, bot_user: str) -> AlteredMessage | None:
    """Read the event; None for any other, and for what changes no words of a person, such as a preview of a link."""
    if event.get("type") != "message" or event.get("subtype") not in {_CHANGED, _DELETED}:
        return None
    before: Mapping[str, Any] = event.get("previous_message") or {}
    now: Mapping[str, Any] = event.get("message") or {}
    deleted = event["subtype"] == _DELETED or now.get("subtype") == _TOMBSTONE
    told = before if deleted else now
    if not told or not _is_a_persons(told, us=us, bot_user=bot_user):
        return None
    if not deleted and not (_says_else(before, now) if before else now.get("edited")):
        return None
    thread = ThreadRef(us.team, str(event["channel"]), str(told.get("thread_ts") or told["ts"]))
    found = AlteredMessage(thread, str(told["ts"]), str(told["user"]), deleted, str(event["ts"]))
    if deleted:
        return found
    text, names = words(now, bot_user)
    return replace(found, text=text, below=quoted(now), names=names)


def _says_else(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether its own words are others, or what hung below them is not there any more; what Slack adds changes nothing."""
    hung = quoted(before).text
    return before.get("text") != now.get("text") or hung not in quoted(now).text


def _is_a_persons(message: Mapping[str, Any], *, us: Installation, bot_user: str) -> bool:
    author = of_author(message)
    if author and not us.includes(author):
        return False
    return not message.get("bot_id") and message.get("user") not in {None, "", bot_user, "USLACKBOT"}
