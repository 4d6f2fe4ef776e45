"""The bot's answer to one event: posted once, edited while it grows, finished whole."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from bot.errors import LeaseLost, SlackRejected, SlackUnavailable
from bot.slack import actions, limits, markdown
from bot.slack.client import Slack
from bot.slack.limiter import Limiter
from bot.slack.parts import Below, Part, Steps, draw
from bot.slack.reply_mark import ReplyMark, answered, mark_of

log = logging.getLogger(__name__)

THINKING: Final = "Thinking …"
NOTHING_SAID: Final = "_(The answer was empty.)_"

NEVER: Final = float("-inf")

#: Slack will not let this message be edited any more; the text has to go into another.
_GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
#: The text is too long by a count of Slack's own; smaller parts may do.
_TOO_LONG: Final = frozenset({"msg_too_long", "msg_blocks_too_long", "invalid_blocks", "no_text"})

#: Characters of a text that is cut beside the event loop: the worst of so many take some milliseconds.
LONG: Final = 2_000

OnMessage = Callable[[tuple[str, ...]], Awaitable[None]]


class ReplyStream:
    """One reply, in as many messages as it needs.

    `start`, `finish`, `adopt` and `abandon` are awaited by whoever holds the thread; `show` and
    `note` only say what should be seen, and a task of the stream's own brings it to Slack at the
    limiter's pace, newest text first. What is awaited waits in line, if it is known whom it answers (`reply_to`), and
    else overtakes. `on_message` is called with every `ts` of the reply, always
    from within an awaited method. Messages posted by the task in between are found again by
    `adopt`, through the metadata that names their event.
    """

    def __init__(  # noqa: PLR0913 - one for each thing that makes a reply
        self,
        slack: Slack,
        limiter: Limiter,
        *,
        channel: str,
        thread_ts: str,
        event_id: str,
        messages: Sequence[str] = (),
        on_message: OnMessage | None = None,
        reply_to: str | None = None,
    ) -> None:
        self._slack = slack
        self._limiter = limiter
        self._channel = channel
        self._thread_ts = thread_ts
        self._event_id = event_id
        self._messages = list(messages)
        self._told = tuple(messages)
        self._on_message = on_message
        self._reply_to = reply_to
        self._drawn: dict[str, Part] = {}
        self._edited_at: dict[str, float] = {}
        self._text = ""
        self._cut: tuple[str, list[str]] = ("", [])
        self._status = THINKING
        self._steps = Steps()
        self._started = self._ended = self._calling = self._lost_track = self._finishing = False
        self._task: asyncio.Task[None] | None = None
        #: Whether Slack showed the whole of it when it was adopted.
        self.is_answered = False

    @property
    def messages(self) -> tuple[str, ...]:
        """The `ts` of the reply's messages so far, in order."""
        return tuple(self._messages)

    async def adopt(self) -> None:
        """Find messages of this reply that were posted but not noted, as by a worker that died."""
        await self._search()
        await self._tell()

    async def _search(self) -> None:
        own = [one async for one in self._slack.own(self._channel, self._thread_ts)]
        self.is_answered = self._event_id in answered(own)
        for message in own:
            mark = mark_of(message)
            if mark and mark.event_id == self._event_id and message["ts"] not in self._messages:
                self._messages.append(str(message["ts"]))
        self._messages.sort(key=float)
        self._lost_track = False

    async def start(self, status: str = THINKING) -> None:
        """Show that work has begun, with a Stop button. Further calls do nothing.

        Raises `SlackUnavailable` or `SlackRejected` when the first message cannot be posted.
        """
        if self._started:
            return
        self._started = True
        self._status = status
        if self._messages:
            self._wake()
            return
        await self._put(0, self._draw_running()[0])
        await self._tell()

    def show(self, text: str) -> None:
        """Show the whole text so far. Never waits: texts that come too fast are skipped."""
        self._text = text
        self._wake()

    def note(self, line: str, *, key: str = "") -> None:
        """Show a status line, such as one for each tool call; the same key replaces its line."""
        self._steps.note(line, key=key)
        self._wake()

    async def finish(self, text: str, *, own: str = "", retry: bool = False) -> None:
        """Show the final text, whole, and delete messages beyond it; may be called again.

        `text` is a model's: it is shown as it is, but for what `markdown.parts` takes the harm out
        of. `own` is the bot's, in Slack's markup with working mentions, and stands below it.
        Raises `SlackUnavailable` to be called again later, and `SlackRejected` for good.
        """
        self._finishing = True
        await self.abandon()
        for limit in (limits.REPLY_PART, limits.REPLY_PART // 2, limits.REPLY_PART // 4):
            texts = await cut(text, limit)
            parts = draw(
                texts if texts or own else [NOTHING_SAID],
                self._steps,
                below=Below(own, actions.button(actions.RETRY, "Retry", self._event_id) if retry else None),
            )
            try:
                await self._bring(parts)
            except SlackRejected as refusal:
                if refusal.code not in _TOO_LONG or limit == limits.REPLY_PART // 4:
                    raise
                log.warning("reply cut smaller", extra={"code": refusal.code})
            else:
                break
        await self._delete_from(len(parts))
        await self._tell()

    async def pause(self, words: str) -> None:
        """End the live edits, and say in the bot's own words that another worker goes on.

        Best effort, at once, and only while no final text has been begun.
        """
        await self.abandon()
        if self._finishing or not self._messages:
            return
        below = Below(words)
        index = min(len(self._messages), len(self._draw_running(below))) - 1
        with contextlib.suppress(SlackUnavailable, SlackRejected, LeaseLost):
            await self._put(index, self._draw_running(below)[index], live=True)

    async def abandon(self) -> None:
        """End the live edits. No edit of this stream reaches Slack after this returns.

        A call under way is waited for and not cut off: Slack might carry it out later, over
        whatever was said in between.
        """
        self._ended = True
        task, self._task = self._task, None
        if task is None:
            return
        if not self._calling:
            task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("live edits failed", extra={"error": type(error).__name__})

    async def _bring(self, parts: Sequence[Part]) -> None:
        """Make the messages show the parts, in order, each in the message after the last."""
        for index, part in enumerate(parts):
            if index < len(self._messages) and not await self._edit(index, part):
                # Someone deleted or locked it; the later messages would stand before its text.
                await self._delete_from(index + 1)
                del self._messages[index]
            if index == len(self._messages):
                await self._put(index, part)
                await self._tell()

    async def _edit(self, index: int, part: Part) -> bool:
        """Edit a message, a second after its last edit at the soonest; False if it is gone."""
        ts = self._messages[index]
        if self._drawn.get(ts) == part:
            return True
        await self._limiter.until(self._edited_at.get(ts, NEVER) + self._limiter.interval)
        try:
            await self._put(index, part)
        except SlackRejected as refusal:
            if refusal.code not in _GONE:
                raise
            return False
        return True

    async def _put(self, index: int, part: Part, *, live: bool = False) -> None:
        """Edit the message at `index`, or post it where there is none yet."""
        metadata = ReplyMark(self._event_id, index, self._finishing).metadata()
        if index == len(self._messages) and self._lost_track:
            await self._search()
        if index == len(self._messages):
            ts = await self._post(part, metadata)
            self._messages.append(ts)
        else:
            ts = self._messages[index]
            self._drawn.pop(ts, None)  # a failed edit may have been made all the same
            try:
                await self._slack.update(
                    self._channel,
                    ts,
                    text=part.text,
                    blocks=part.blocks,
                    metadata=metadata,
                    live=live,
                    reply_to=self._reply_to,
                )
            finally:
                self._edited_at[ts] = self._limiter.clock()
        self._drawn[ts] = part

    async def _post(self, part: Part, metadata: dict[str, Any]) -> str:
        try:
            return await self._slack.post(
                self._channel,
                thread_ts=self._thread_ts,
                text=part.text,
                blocks=part.blocks,
                metadata=metadata,
                reply_to=self._reply_to,
            )
        except SlackUnavailable:
            self._lost_track = True  # the answer was lost, but perhaps not the message
            raise

    async def _delete_from(self, index: int) -> None:
        for ts in self._messages[index:]:
            try:
                await self._slack.delete(self._channel, ts)
            except SlackRejected as refusal:
                log.warning("surplus message not deleted", extra={"code": refusal.code})
        del self._messages[index:]

    async def _tell(self) -> None:
        if self._on_message is not None and self._told != self.messages:
            self._told = self.messages
            await self._on_message(self._told)

    def _wake(self) -> None:
        if self._started and not self._ended and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._keep_up())

    async def _keep_up(self) -> None:
        """Bring Slack up to the newest text, one call a turn, until there is nothing to change."""
        while True:
            await self._catch_up()
            if (index := self._behind()) is None:
                if self._cut[0] == self._text:
                    return
                continue
            ts = self._messages[index] if index < len(self._messages) else ""
            last = self._edited_at.get(ts, NEVER)
            await self._limiter.live(not_before=last + self._limiter.interval)
            await self._catch_up()
            self._calling = True
            try:
                await self._put(index, self._draw_running()[index], live=True)
            except LeaseLost:
                self._ended = True  # whoever holds the thread now says the rest
            except SlackUnavailable as error:
                log.info("live edit put off", extra={"seconds": error.retry_after})
            except SlackRejected as refusal:
                # The final text finds its way around this; a preview need not.
                log.warning("live edits ended", extra={"code": refusal.code})
                self._ended = True
            finally:
                self._calling = False
            if self._ended:
                return

    async def _catch_up(self) -> None:
        """Cut the newest text, if it is not cut yet; the text may go on meanwhile."""
        if self._cut[0] != (text := self._text):
            self._cut = (text, await cut(text, limits.REPLY_PART))

    def _behind(self) -> int | None:
        """Find the first message that does not show what it should."""
        for index, part in enumerate(self._draw_running()):
            if index == len(self._messages) or self._drawn.get(self._messages[index]) != part:
                return index
        return None

    def _draw_running(self, below: Below | None = None) -> list[Part]:
        return draw(
            self._cut[1],
            self._steps,
            below=below or Below(button=actions.button(actions.STOP, "Stop", self._event_id)),
            status=self._status,
            at_least=len(self._messages),
        )


async def cut(text: str, limit: int) -> list[str]:
    """Make a text safe and cut it, beside the event loop where that may take long."""
    if len(text) <= LONG:
        return markdown.parts(text, limit)
    return await asyncio.to_thread(markdown.parts, text, limit)
