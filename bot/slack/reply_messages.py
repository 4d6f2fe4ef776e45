"""The Slack messages of one reply: posted and edited in order, found again, deleted where there are too many."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from bot.domain.errors import SlackRejected, SlackUnavailable
from bot.domain.events import origin
from bot.slack.client import Slack, edited
from bot.slack.limiter import Limiter
from bot.slack.native_streams import NativeStreams, leads_somewhere
from bot.slack.reply_blocks import Part
from bot.slack.reply_mark import (
    ReplyMark,
    answered,
    begun,
    is_read_by_another,
    left_waiting,
    mark_of,
    taken_in,
)
from bot.slack.stream_calls import STREAMING

log = logging.getLogger(__name__)

NEVER: Final = float("-inf")

#: Slack will not let this message be edited any more; the text has to go into another.
_GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})

OnMessage = Callable[[tuple[str, ...]], Awaitable[None]]


class ReplyMessages:
    """Knows the `ts` of every message, and what each shows.

    A message carries the mark of the event that the reply answers, by which `find` recognises it. Calls wait
    in line if it is known whom the reply answers (`reply_to`), and else overtake. `on_message` is called by
    `tell` with every `ts`, where one has come or gone. With `streams`, messages of a reply under way are begun as such.
    """

    def __init__(  # noqa: PLR0913 - one for each thing that makes a reply
        self,
        slack: Slack,
        limiter: Limiter,
        *,
        channel: str,
        thread_ts: str | None,
        event_id: str,
        messages: Sequence[str] = (),
        on_message: OnMessage | None = None,
        reply_to: str | None = None,
        streams: NativeStreams | None = None,
    ) -> None:
        self._streams = streams
        self._slack = slack
        self._limiter = limiter
        self._channel = channel
        self._thread_ts = thread_ts
        #: The event that the reply answers.
        self.event_id = event_id
        self._ts = list(messages)
        self._told = tuple(messages)
        self._on_message = on_message
        self._reply_to = reply_to
        self._shown: dict[str, Part] = {}
        #: Those that were begun as streams, by whomever.
        self._streamed: set[str] = set()
        self._edited_at: dict[str, float] = {}
        #: How often each has been changed.
        self._changes: Counter[str] = Counter()
        self._lost_track = False
        #: Whether what is put from now on is the final text; and whether that says that people were asked.
        self.is_final = self.waits = False
        #: Events of other messages that the reply answers as well: they were taken in on the way.
        self.also: tuple[str, ...] = ()
        #: Whether Slack showed the whole reply when its messages were looked for.
        self.was_answered = False
        #: Events that it answered as well, by what its messages said of themselves then; and those that they named,
        #: answered or not.
        self.taken_in: frozenset[str] = frozenset()
        self.named: tuple[str, ...] = ()
        #: Whether it was shown as under way then, and whether another reply said that it reads what this one answers.
        self.was_under_way = self.was_read_by_another = False
        #: Whether it said then that people were asked, and nothing followed it in its thread.
        self.was_left_waiting = False

    @property
    def ts(self) -> tuple[str, ...]:
        """The `ts` of each message so far, in order."""
        return tuple(self._ts)

    @property
    def last(self) -> tuple[str, Part] | None:
        """The last message as it was shown, with its `ts`."""
        ts = self._ts[-1] if self._ts else ""
        return (ts, self._shown[ts]) if ts in self._shown else None

    @property
    def can_stream(self) -> bool:
        """Whether its messages may be begun as streams."""
        return self._streams is not None

    async def find(self) -> None:
        """Find messages of this reply that were posted but not noted, as by a worker that died."""
        own = [one async for one in self._slack.history.own(self._channel, self._thread_ts)]
        self.was_answered = origin(self.event_id) in answered(own)
        self.taken_in = taken_in(own, origin(self.event_id))
        self.was_left_waiting = self.event_id in left_waiting(own)
        self.was_under_way = self.event_id in begun(own)
        self.was_read_by_another = is_read_by_another(own, origin(self.event_id))
        for message in own:
            mark = mark_of(message)
            if mark and mark.origin == origin(self.event_id):
                self.include(str(message["ts"]))
                self.named = tuple(dict.fromkeys((*self.named, *mark.also)))
                self._streamed |= {str(message["ts"])} if mark.streamed else set()
        self._lost_track = False

    def include(self, ts: str) -> None:
        """Count a message that is there already among those of the reply."""
        if ts not in self._ts:
            self._ts.append(ts)
            self._ts.sort(key=float)

    async def tell(self) -> None:
        """Say which messages there are, if they are others than were told last."""
        if self._on_message is not None and self._told != self.ts:
            self._told = self.ts
            await self._on_message(self._told)

    async def bring(self, parts: Sequence[Part]) -> None:
        """Make the messages show the parts, in order, each in the message after the last."""
        for index, part in enumerate(parts):
            if index < len(self._ts) and not await self._edit(index, part):
                # Someone deleted or locked it; the later messages would stand before its text.
                await self.delete_from(index + 1)
                del self._ts[index]
            if index == len(self._ts):
                await self.put(index, part)
                await self.tell()

    async def put(self, index: int, part: Part, *, live: bool = False) -> None:
        """Bring the message at `index` to show a part, or post it where there is none yet; `live` is as in `Slack.update`.

        A message that streams is appended to while that can be, and edited once its stream has ended.
        """
        if index == len(self._ts) and self._lost_track:
            await self.find()
        if index < len(self._ts) and await self._is_replaced(index, part):
            await self.tell()
        if index == len(self._ts):
            await self._begin(index, part)
        elif live and self._streams is not None and self._streams.goes_on(self._ts[index], part):
            await self._append(self._streams, self._ts[index], part)
        else:
            await self._change(index, part, live=live)

    async def _begin(self, index: int, part: Part) -> None:
        ts: str | None = None
        try:
            if self._streams is not None:
                ts = await self._streams.begin(part, self.event_id, index)
            if ts is not None:
                self._streamed.add(ts)
            else:
                ts = await self._post(part, self._mark(index))
                self._shown[ts] = part
        except SlackUnavailable:
            self._lost_track = True  # the answer was lost, but perhaps not the message
            raise
        self._ts.append(ts)

    async def _append(self, streams: NativeStreams, ts: str, part: Part) -> None:
        try:
            await streams.append(ts, part)
        finally:
            self._note_change(ts)

    async def _change(self, index: int, part: Part, *, live: bool) -> None:
        ts = self._ts[index]
        self._shown.pop(ts, None)  # a failed edit may have been made all the same
        if self._streams is not None:
            await self._streams.end(ts)
        try:
            await self._update(index, part, live=live)
        except SlackRejected as refusal:
            if refusal.code != STREAMING:
                raise
            # Another worker began its stream, or it is not known here how it ended.
            await self._slack.streams.stop(self._channel, ts)
            await self._update(index, part, live=live)
        finally:
            self._note_change(ts)
        self._shown[ts] = part

    def _note_change(self, ts: str) -> None:
        self._edited_at[ts] = self._limiter.clock()
        self._changes[ts] += 1

    def _is_short(self, index: int) -> bool:
        """Whether the message at `index` ends before it has been changed twice: then nobody waits for its end.

        Slack counts the edits of a minute; two of one message within its interval are none too many, once.
        """
        return self.is_final and self._changes[self._ts[index]] <= 1

    async def _update(self, index: int, part: Part, *, live: bool) -> None:
        await self._slack.update(
            self._channel,
            self._ts[index],
            text=part.text,
            blocks=part.blocks,
            metadata=self._mark(index),
            live=live,
            reply_to=self._reply_to,
            at_once=self._is_short(index),
        )

    async def _is_replaced(self, index: int, part: Part) -> bool:
        """Delete the message at `index`, and all behind it, if it streamed and is to show a link."""
        ts = self._ts[index]
        if ts not in self._streamed or not leads_somewhere(part):
            return False
        if self._streams is not None and self._streams.is_open(ts):
            await self._streams.end(ts)
        else:  # another worker's may go on still
            with contextlib.suppress(SlackRejected):
                await self._slack.streams.stop(self._channel, ts)
        await self.delete_from(index)
        return True

    def _mark(self, index: int) -> dict[str, Any]:
        streamed = index < len(self._ts) and self._ts[index] in self._streamed
        mark = ReplyMark(self.event_id, index, self.is_final, self.waits, also=self.also, streamed=streamed)
        return mark.metadata()

    async def delete_from(self, index: int) -> None:
        """Delete the message at `index` and all behind it, as far as Slack lets them go."""
        for ts in self._ts[index:]:
            try:
                await self._slack.delete(self._channel, ts)
            except SlackRejected as refusal:
                log.warning("surplus message not deleted", extra={"code": refusal.code})
        del self._ts[index:]

    def behind(self, parts: Sequence[Part]) -> int | None:
        """Find the first of the parts that its message does not show."""
        for index, part in enumerate(parts):
            if index == len(self._ts) or self._is_behind(self._ts[index], part):
                return index
        return None

    def _is_behind(self, ts: str, part: Part) -> bool:
        if self._streams is not None and self._streams.goes_on(ts, part):
            return self._streams.lags(ts, part)
        return self._shown.get(ts) != part

    async def live_turn(self, index: int, part: Part) -> None:
        """Wait until the message at `index` may be changed, or posted, while the answer grows."""
        ts = self._ts[index] if index < len(self._ts) else ""
        if ts and self._streams is not None and self._streams.goes_on(ts, part):
            await self._streams.turn(ts, self.not_before(index))
            return
        message = edited(self._channel, ts) if ts else ""
        await self._limiter.live(message=message, not_before=self.not_before(index))

    def not_before(self, index: int) -> float:
        """When the message at `index` may be edited again, by the limiter's clock."""
        ts = self._ts[index] if index < len(self._ts) else ""
        return self._edited_at.get(ts, NEVER) + self._limiter.interval

    async def _edit(self, index: int, part: Part) -> bool:
        """Edit a message, a second after its last edit at the soonest unless it is short; False if it is gone."""
        if self._shown.get(self._ts[index]) == part:
            return True
        if not self._is_short(index):
            await self._limiter.until(self.not_before(index))
        try:
            await self.put(index, part)
        except SlackRejected as refusal:
            if refusal.code not in _GONE:
                raise
            return False
        return True

    async def _post(self, part: Part, metadata: dict[str, Any]) -> str:
        return await self._slack.post(
            self._channel,
            thread_ts=self._thread_ts,
            text=part.text,
            blocks=part.blocks,
            metadata=metadata,
            reply_to=self._reply_to,
        )
