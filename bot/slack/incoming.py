"""Pure parsers of what Slack delivers and of what people paste."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from bot.attachment import Attachment
from bot.slack.origin import Installation, of_author
from bot.thread import ThreadRef

#: The kinds of message that a person writes; every other subtype is an edit, a join, a bot …
#: https://docs.slack.dev/reference/events/message#subtypes
SUBTYPES: Final = frozenset({None, "file_share", "thread_broadcast"})

RESETS: Final = frozenset({"reset", "reset thread", "reset this thread", "reset the thread"})
#: What may follow, so that the thread's files stay.
KEEPING: Final = (" but keep the files", " and keep the files", " keep the files", " keep files")

# https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
_TOKEN: Final = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_CALL: Final = re.compile(
    r"<(?:@([UW][A-Z0-9]+)|!(?:subteam\^[A-Z0-9]+|here|channel|everyone))(?:\|[^<>]*)?>"
)
_TS: Final = re.compile(r"\d{1,12}\.\d{6}")
_ARCHIVE: Final = re.compile(r"/archives/([A-Z][A-Z0-9]+)/p(\d{7,18})/?")


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message a person wrote. `addressed`: it is for the bot whatever the thread is about."""

    thread: ThreadRef
    ts: str
    user: str
    text: str
    addressed: bool
    files: tuple[Attachment, ...] = ()


def message(event: Mapping[str, Any], *, us: Installation, bot_user: str) -> IncomingMessage | None:
    """Read a `message` or `app_mention` event; None for one that is not for the bot.

    In a direct message everything is. In a channel a mention is, and a reply in a thread may be:
    then `addressed` is False and it counts only where the bot already takes part.
    """
    if not _is_from_a_person(event, us=us, bot_user=bot_user):
        return None
    channel, ts, raw = event["channel"], event["ts"], str(event.get("text") or "")
    calls = list(_CALL.finditer(raw))
    direct = event.get("channel_type") == "im" or channel.startswith("D")
    mentioned = event.get("type") == "app_mention" or any(call[1] == bot_user for call in calls)
    addressed = direct or mentioned
    if not addressed and (calls or not event.get("thread_ts")):
        return None
    text, files = plain(_without(raw, bot_user)), attachments(event)
    if not text and not files and not addressed:
        return None
    thread = ThreadRef(us.team, channel, event.get("thread_ts") or ts)
    return IncomingMessage(thread, ts, event["user"], text, addressed, files)


def attachments(event: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Read the files of a message. Those of other services, or hidden from the bot, have no address.

    https://docs.slack.dev/reference/objects/file-object
    """
    found: list[Attachment] = []
    for file in event.get("files") or ():
        hosted = file.get("mode") in {"hosted", "snippet", "post"} and not file.get("is_external")
        url = str(file.get("url_private_download") or "") if hosted else ""
        name = str(file.get("name") or file.get("title") or "file")
        kind = str(file.get("mimetype") or "")[:100]
        found.append(Attachment(str(file.get("id") or ""), name, kind, int(file.get("size") or 0), url))
    return tuple(found)


def _is_from_a_person(event: Mapping[str, Any], *, us: Installation, bot_user: str) -> bool:
    """Tell whether a person of this very workspace just wrote it.

    People of other organisations in a shared channel may neither ask nor answer. An event's
    envelope was judged before (`origin`); a message that Slack was asked for has none.
    """
    if event.get("type") not in {"message", "app_mention"} or event.get("subtype") not in SUBTYPES:
        return False
    if event.get("bot_id") or event.get("bot_profile") or event.get("hidden") or event.get("edited"):
        return False
    if (author := of_author(event)) and not us.includes(author):
        return False
    if not all(isinstance(event.get(key), str) and event[key] for key in ("user", "channel", "ts")):
        return False
    return event["user"] not in {bot_user, "USLACKBOT"}


def _without(text: str, bot_user: str) -> str:
    """Take the mentions of the bot out of a message, with the space behind them."""
    return re.sub(rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>[ \t]*[:,]?[ \t]*", "", text)


def plain(text: str) -> str:
    """Turn Slack's `<…>` tokens and entities into the text a person saw."""
    shown = _TOKEN.sub(_show, text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _show(token: re.Match[str]) -> str:
    target, label = token[1], token[2] or ""
    match target[:1]:
        case "@":
            return f"@{label.lstrip('@') or target[1:]}"
        case "#":
            return f"#{label.lstrip('#') or target[1:]}"
        case "!":
            return label or f"@{target[1:].split('^')[0]}"
        case _:
            target = target.removeprefix("mailto:")
            bare = re.sub(r"^https?://", "", target)
            return target if label in {"", target, bare} else f"{label} ({target})"


def is_reset(text: str) -> bool:
    """Tell whether a message asks to forget the thread and nothing else."""
    said = _folded(text)
    return any(said.removesuffix(ending) in RESETS for ending in ("", *KEEPING))


def keeps_files(text: str) -> bool:
    """Tell whether a message that asks to forget the thread asks to keep its files."""
    return _folded(text).endswith(KEEPING)


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace(",", " ").strip(" .!/").split())


def permalink(text: str) -> tuple[str, str] | None:
    """Read a message link into the channel and the `ts` of the thread; None for anything else.

    A link to a reply names its thread in `thread_ts`; one to a thread's first message does not.
    """
    link = text.strip().strip("<>").split("|")[0].replace("&amp;", "&")
    try:
        url = urlsplit(link)
    except ValueError:
        return None
    found = _ARCHIVE.fullmatch(url.path)
    if url.scheme not in {"http", "https"} or found is None:
        return None
    channel, digits = found.groups()
    ts = parse_qs(url.query).get("thread_ts", [f"{digits[:-6]}.{digits[-6:]}"])[0]
    return (channel, ts) if _TS.fullmatch(ts) else None
