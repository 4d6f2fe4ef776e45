"""Pure parsers of what Slack delivers and of what people paste."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from bot.domain.around import UNKNOWN, Around
from bot.domain.attachment import Attachment
from bot.domain.events import MessageReceived, ResetRequested, ResetVia
from bot.domain.requester_events import EVERYTHING
from bot.domain.thread import ThreadRef
from bot.slack.origin import Installation, of_author
from bot.slack.plain_text import ids_in, plain
from bot.slack.quoted import NOTHING, Quoted, files_of, quoted

#: The kinds of message that a person writes; every other subtype is an edit, a join, a bot …
#: https://docs.slack.dev/reference/events/message#subtypes
SUBTYPES: Final = frozenset({None, "file_share", "thread_broadcast"})

#: Of a file in a shared channel Slack tells nothing but that it is to be asked:
#: https://docs.slack.dev/apis/slack-connect#files
ASK: Final = "check_file_info"

_RESET: Final = "reset"
RESETS: Final = frozenset({_RESET, "reset thread", "reset this thread", "reset the thread"})
#: What may follow, so that the thread's files stay.
KEEPING: Final = (" but keep the files", " and keep the files", " keep the files", " keep files")

_CALL: Final = re.compile(
    r"<(?:@([UW][A-Z0-9]+)|!(?:subteam\^[A-Z0-9]+|here|channel|everyone))(?:\|[^<>]*)?>"
)
_TS: Final = re.compile(r"\d{1,12}\.\d{6}")
_ARCHIVE: Final = re.compile(r"/archives/([A-Z][A-Z0-9]+)/p(\d{7,18})/?")


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message a person wrote. `addressed`: it is for the bot whatever the thread is about; `to_others`: it mentions
    somebody, and not the bot.

    `below` hangs below it: messages that it forwards, and tables. `names` are the ids that it names something by.
    """

    thread: ThreadRef
    ts: str
    user: str
    text: str
    addressed: bool
    files: tuple[Attachment, ...] = ()
    below: Quoted = NOTHING
    names: tuple[str, ...] = ()
    to_others: bool = False


#: Seconds after which a mention that is edited into a message is not answered any more.
LATEST_EDIT: Final = 3600.0


def called_by_edit(event: Mapping[str, Any], *, us: Installation, bot_user: str) -> IncomingMessage | None:
    """Read the event of a change by which the bot came to be mentioned, as the message that it makes; None for any other.

    That is answered as if it had been written so, within an hour after it was written.
    """
    if event.get("type") != "message" or event.get("subtype") != "message_changed":
        return None
    before: Mapping[str, Any] = event.get("previous_message") or {}
    now: Mapping[str, Any] = event.get("message") or {}
    if not before or _mentions(before, bot_user) or not _mentions(now, bot_user):
        return None
    if float(event["ts"]) - float(now["ts"]) > LATEST_EDIT:
        return None
    place = {"type": "message", "channel": event["channel"], "channel_type": event.get("channel_type")}
    return message({**now, "edited": None, **place}, us=us, bot_user=bot_user)


def _mentions(event: Mapping[str, Any], bot_user: str) -> bool:
    return any(call[1] == bot_user for call in _CALL.finditer(str(event.get("text") or "")))


def message(event: Mapping[str, Any], *, us: Installation, bot_user: str) -> IncomingMessage | None:
    """Read a `message` or `app_mention` event; None for one that is not for the bot.

    In a direct message everything is. In a channel a mention is, and a reply in a thread may be:
    then `addressed` is False and it counts only where the bot already takes part, by the rules of `when_to_speak`.
    """
    if not _is_from_a_person(event, us=us, bot_user=bot_user):
        return None
    channel, ts = event["channel"], event["ts"]
    calls = list(_CALL.finditer(str(event.get("text") or "")))
    direct = event.get("channel_type") == "im" or channel.startswith("D")
    mentioned = event.get("type") == "app_mention" or any(call[1] == bot_user for call in calls)
    addressed = direct or mentioned
    if not addressed and not event.get("thread_ts"):
        return None
    (text, names), files, below = words(event, bot_user), attachments(event), quoted(event)
    if not text and not files and not below.text and not addressed:
        return None
    thread = ThreadRef(us.team, channel, event.get("thread_ts") or ts)
    to_others = bool(calls) and not addressed
    return IncomingMessage(thread, ts, event["user"], text, addressed, files, below, names, to_others)


def words(event: Mapping[str, Any], bot_user: str) -> tuple[str, tuple[str, ...]]:
    """A message's own words as a person saw them, and the ids in them that stand for names."""
    own = str(event.get("text") or "")
    if "<" in own:
        own = _mention_of(bot_user).sub("", own)
    return plain(own), ids_in(own)


def happened(message: IncomingMessage, place: Around = UNKNOWN) -> MessageReceived | ResetRequested:
    """What a message is to its thread: words for it, or that it is to be forgotten."""
    if message.addressed and is_reset(message.text):
        named = (EVERYTHING,) if place.answered else ()
        return ResetRequested(
            message.user, ResetVia.MENTION, message.ts, keeps_files(message.text), named=named
        )
    return MessageReceived(
        message.ts,
        message.user,
        message.text,
        message.files,
        message.addressed,
        below=message.below.text,
        quoted=message.below.authors,
        names=tuple(dict.fromkeys((*message.names, *message.below.names))),
        to_others=message.to_others,
        before=place.before,
        late=place.late,
    )


def attachments(event: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Read the files of a message, and of those that it forwards. Those of other services, or hidden from the bot, have no address.

    https://docs.slack.dev/reference/objects/file-object
    """
    if not event.get("files") and not event.get("attachments"):
        return ()
    hung = (files_of(one) for one in event.get("attachments") or ())
    return tuple(attachment(file) for files in (event.get("files") or (), *hung) for file in files)


def attachment(file: Mapping[str, Any]) -> Attachment:
    """Read one file, of a message or as `files.info` tells of it; see `attachments`."""
    hosted = file.get("mode") in {"hosted", "snippet", "post"} and not file.get("is_external")
    url = str(file.get("url_private_download") or "") if hosted else ""
    name = str(file.get("name") or file.get("title") or "file")
    kind, size = str(file.get("mimetype") or "")[:100], int(file.get("size") or 0)
    is_untold = file.get("file_access") == ASK
    return Attachment(str(file.get("id") or ""), name, kind, size, url, is_untold)


def _is_from_a_person(event: Mapping[str, Any], *, us: Installation, bot_user: str) -> bool:
    """Tell whether a person of this very workspace just wrote it.

    People of other organisations in a shared channel may neither ask nor answer. An event's
    envelope was judged before (`origin`); a message that Slack was asked for has none.
    """
    if event.get("type") not in {"message", "app_mention"} or event.get("subtype") not in SUBTYPES:
        return False
    if event.get("bot_id") or event.get("bot_profile") or event.get("hidden") or event.get("edited"):
        return False
    author = of_author(event)
    return (not author or us.includes(author)) and _is_written(event, bot_user)


def _is_written(event: Mapping[str, Any], bot_user: str) -> bool:
    """Tell whether a message says who wrote it, where and when, and that is somebody else than the bot."""
    for key in ("user", "channel", "ts"):
        if not isinstance(told := event.get(key), str) or not told:
            return False
    return event["user"] not in (bot_user, "USLACKBOT")


def called_by_stranger(event: Mapping[str, Any], *, bot_user: str) -> tuple[str, str, str] | None:
    """Read a mention, or a direct message, of somebody of another workspace: channel, thread, who; None for anything else."""
    is_direct = event.get("type") == "message" and event.get("channel_type") == "im"
    if event.get("type") != "app_mention" and not is_direct:
        return None
    is_no_persons = any(event.get(mark) for mark in ("bot_id", "edited"))
    if event.get("subtype") not in SUBTYPES or is_no_persons or not _is_written(event, bot_user):
        return None
    return event["channel"], event.get("thread_ts") or event["ts"], event["user"]


@cache
def _mention_of(bot_user: str) -> re.Pattern[str]:
    """Finds the mentions of the bot in a message, with the space behind them."""
    return re.compile(rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>[ \t]*[:,]?[ \t]*")


def is_reset(text: str) -> bool:
    """Tell whether a message asks to forget the thread and nothing else."""
    if _RESET not in text.casefold():
        return False
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
