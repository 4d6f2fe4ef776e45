"""Messages of a reply that Slack streams: begun, appended to while that can be, and handed over to edits.

A stream's last word is an edit of its message, so a reply ends alike however it was shown. Until then only what
is settled is appended. Where Slack refuses, where an answer got lost, where what was appended is not how the text
goes on, and before Slack seals the stream, its message goes on by edits, which replace all of it.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from bot.domain.errors import SlackBusy, SlackRejected
from bot.slack import reply_mark
from bot.slack.card_imitation import imitates
from bot.slack.limiter import Limiter
from bot.slack.reply_blocks import COMPLETE, Growing, Part, Task
from bot.slack.stream_calls import APPEND, START, StreamCalls

log = logging.getLogger(__name__)

#: Seconds after which a stream is ended: Slack seals it at about 300, traffic or not
#: (https://github.com/slackapi/python-slack-sdk/issues/1859).
LONGEST: Final = 240.0
#: Slack has no streams here, whoever asks: https://docs.slack.dev/reference/methods/chat.startStream#errors.
_NOT_OFFERED: Final = frozenset(
    {"unknown_method", "feature_not_enabled", "method_deprecated", "missing_scope", "access_denied"}
)
#: What leads somewhere: of a stream Slack cannot be told not to look there.
_LEADS: Final = re.compile(r"://|\]\(|www\.|mailto:|\w\.[a-z]{2,}/", re.IGNORECASE)

_imitates: Final = lru_cache(maxsize=16)(imitates)


@dataclass(slots=True)
class Offer:
    """Whether Slack's streams are used: not any more once Slack said it has none, if `gives_up`."""

    gives_up: bool = True
    is_open: bool = True
    #: Whether status lines are shown as tasks: not where Slack takes streams of text alone.
    with_tasks: bool = True

    def refused(self, code: str) -> bool:
        """Note why a stream was not begun; tells whether it is because there are none."""
        if code not in _NOT_OFFERED:
            return False
        self.is_open = not self.gives_up
        log.warning("no streams at slack, replies are edited", extra={"code": code})
        return True


@dataclass(slots=True)
class _Stream:
    begun: float
    with_tasks: bool
    text: str = ""
    tasks: dict[str, Task] = field(default_factory=dict[str, Task])


class NativeStreams:
    """Those of one reply, to a `recipient`: a person and their workspace."""

    def __init__(
        self,
        calls: StreamCalls,
        limiter: Limiter,
        offer: Offer,
        *,
        place: tuple[str, str],
        recipient: tuple[str, str],
    ) -> None:
        self._calls = calls
        self._limiter = limiter
        self._offer = offer
        self._channel, self._thread_ts = place
        self._recipient = recipient
        self._open: dict[str, _Stream] = {}

    async def begin(self, part: Part, event_id: str, index: int) -> str | None:
        """Begin the message at `index` as a stream; None where it is to be posted instead.

        Raises `SlackUnavailable`, after which it may be there.
        """
        if part.growing is None or not self._offer.is_open or is_for_edits(part):
            return None
        if not await self._limiter.has_room(START, ""):
            return None
        for with_tasks in dict.fromkeys((self._offer.with_tasks, False)):
            stream = _Stream(self._limiter.clock(), with_tasks)
            try:
                ts = await self._start(stream, part, reply_mark.stop_block(event_id, index))
            except SlackBusy:
                break
            except SlackRejected as refusal:
                if self._offer.refused(refusal.code):
                    break
            else:
                self._offer.with_tasks = with_tasks
                _appended(stream, part)
                self._open[ts] = stream
                return ts
        return None

    async def _start(self, stream: _Stream, part: Part, below: dict[str, Any]) -> str:
        return await self._calls.start(
            self._channel,
            self._thread_ts,
            recipient=self._recipient,
            chunks=[{"type": "blocks", "blocks": [below]}, *_more(stream, part)],
            reply_to=self._recipient[0],
        )

    def goes_on(self, ts: str, part: Part) -> bool:
        """Whether a message is brought up to date by appending."""
        stream = self._open.get(ts)
        if stream is None or part.growing is None or is_for_edits(part):
            return False
        is_young = self._limiter.clock() - stream.begun < LONGEST
        return is_young and part.shown_text.startswith(stream.text)

    def lags(self, ts: str, part: Part) -> bool:
        """Whether there is anything to append."""
        return bool(_more(self._open[ts], part))

    async def turn(self, ts: str, not_before: float) -> None:
        """Wait until something may be appended."""
        await self._limiter.live(APPEND, message=f"{self._channel}:{ts}", not_before=not_before)

    async def append(self, ts: str, part: Part) -> None:
        """Append what is new. Where that fails, but for being too often, the message is edited from then on.

        Raises `SlackUnavailable`, after which it may be there.
        """
        if not (chunks := _more(self._open[ts], part)):
            return
        # Gone until it is known what is shown: else another append could say it twice.
        stream = self._open.pop(ts)
        try:
            await self._calls.append(self._channel, ts, chunks)
        except SlackBusy:
            self._open[ts] = stream
            raise
        except SlackRejected as refusal:
            log.info("stream goes on by edits", extra={"code": refusal.code})
        else:
            _appended(stream, part)
            self._open[ts] = stream

    def is_open(self, ts: str) -> bool:
        """Whether a message is one that streams still, as far as is known."""
        return ts in self._open

    async def end(self, ts: str) -> None:
        """End the stream of a message, if it is one begun here. Raises `SlackUnavailable`."""
        if ts not in self._open:
            return
        try:
            await self._calls.stop(self._channel, ts)
        except SlackRejected as refusal:
            log.warning("stream not ended", extra={"code": refusal.code})
        del self._open[ts]


def is_for_edits(part: Part) -> bool:
    """Whether a text is never streamed: of a stream Slack may fetch links, and nothing stands above what is there."""
    tasks = part.growing.tasks if part.growing else ()
    told = any(_LEADS.search(task.title) for task in tasks)
    return told or leads_somewhere(part) or _imitates(part.shown_text)


def leads_somewhere(part: Part) -> bool:
    """Whether a text holds a link, or what Slack could take for one: posts alone can be told to fetch none."""
    return _LEADS.search(part.shown_text) is not None


def _more(stream: _Stream, part: Part) -> list[dict[str, Any]]:
    growing = part.growing
    if growing is None:
        return []
    changed = [task for task in _tasks(stream, growing) if stream.tasks.get(task.id) != task]
    chunks: list[dict[str, Any]] = [
        {"type": "task_update", "id": task.id, "title": task.title, "status": task.status}
        for task in changed
        if stream.with_tasks
    ]
    if more := growing.text[len(stream.text) :]:
        chunks.append({"type": "markdown_text", "text": more})
    return chunks


def _tasks(stream: _Stream, growing: Growing) -> list[Task]:
    """The tasks there are, and those that are no more: a stream cannot take one back, and shows it as done."""
    there = {task.id for task in growing.tasks}
    gone = [replace(task, status=COMPLETE) for task in stream.tasks.values() if task.id not in there]
    return [*gone, *growing.tasks]


def _appended(stream: _Stream, part: Part) -> None:
    if part.growing is not None:
        stream.tasks |= {task.id: task for task in _tasks(stream, part.growing)}
        stream.text += part.growing.text[len(stream.text) :]
