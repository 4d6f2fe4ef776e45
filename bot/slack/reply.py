"""The bot's answer to one event: shown while it grows, as its newest text, and finished whole."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from bot.domain.errors import LeaseLost, SlackRejected, SlackUnavailable
from bot.slack import actions, limits
from bot.slack.cutting import Answer, cut
from bot.slack.limiter import Limiter
from bot.slack.reply_blocks import Below, Part, Steps, draw
from bot.slack.reply_messages import ReplyMessages
from bot.slack.settled import settled

log = logging.getLogger(__name__)

THINKING: Final = "Thinking …"
NOTHING_SAID: Final = "_(The answer was empty.)_"

#: The text is too long by a count of Slack's own; smaller parts may do.
_TOO_LONG: Final = frozenset({"msg_too_long", "msg_blocks_too_long", "invalid_blocks", "no_text"})

#: Characters of a text that is cut beside the event loop: the worst of so many take some milliseconds.
LONG: Final = 2_000


class ReplyStream:
    """One reply, in as many messages as it needs.

    `start`, `finish`, `adopt` and `abandon` are awaited by whoever holds the thread; `show` and
    `note` only say what should be seen, and a task of the stream's own brings it to Slack at the
    limiter's pace, newest text first. Messages posted by that task are found again by `adopt`.
    `on_text` is called once, when its first words are in Slack.
    """

    def __init__(
        self, messages: ReplyMessages, limiter: Limiter, on_text: Callable[[], None] | None = None
    ) -> None:
        self._on_text = on_text
        self._messages = messages
        self._limiter = limiter
        self._newest: Callable[[], str] = str
        self._cut = Answer(limits.REPLY_PART)
        #: So much of the text in the last message as is there for good.
        self._settled = ""
        self._status = THINKING
        self._steps = Steps()
        self._started = self._ended = self._calling = False
        self._task: asyncio.Task[None] | None = None

    @property
    def messages(self) -> tuple[str, ...]:
        """The `ts` of the reply's messages so far, in order."""
        return self._messages.ts

    @property
    def last(self) -> tuple[str, Part] | None:
        """The last message as it was shown, with its `ts`."""
        return self._messages.last

    @property
    def event_id(self) -> str:
        """The event that it answers."""
        return self._messages.event_id

    @property
    def is_under_way(self) -> bool:
        """Whether Slack showed it as under way when it was adopted."""
        return self._messages.was_under_way

    @property
    def is_answered(self) -> bool:
        """Whether Slack showed the whole answer to its event when it was adopted, be it by another reply."""
        return self._messages.was_answered

    @property
    def is_read_by_another(self) -> bool:
        """Whether another reply said then that it answers this one's event as well."""
        return self._messages.was_read_by_another

    @property
    def is_left_waiting(self) -> bool:
        """Whether it said then that people were asked, and nothing followed it in its thread."""
        return self._messages.was_left_waiting

    async def adopt(self) -> None:
        """Find messages of this reply that were posted but not noted, as by a worker that died."""
        await self._messages.find()
        await self._messages.tell()

    async def take_over(self, ts: str) -> None:
        """Fill a message of this reply that was posted before, to say that it takes long."""
        self._messages.include(ts)
        await self._messages.tell()

    async def announce(self, words: str) -> None:
        """Say in the bot's own words that the answer takes long; its message is filled later. For once a reply.

        Raises `SlackUnavailable`, after which it may be there, or `SlackRejected`.
        """
        await self._messages.put(0, draw([], self._steps, below=Below(words))[0])

    async def start(self, status: str = THINKING) -> None:
        """Show that work has begun, with a Stop button. Further calls do nothing.

        Raises `SlackUnavailable` or `SlackRejected` when the first message cannot be posted.
        """
        if self._started:
            return
        self._status = status
        if not self.messages:
            # Until it is there nothing else is brought: two that post the first message leave a second one.
            await self._messages.put(0, self._draw_running()[0])
            await self._messages.tell()
        self._started = True
        self._wake()

    def show(self, text: str | Callable[[], str]) -> None:
        """Show the whole text so far, or what it is said to be when it is brought. Never waits: texts that come too fast are skipped."""
        self._newest = (lambda: text) if isinstance(text, str) else text
        self._wake()

    def note(self, line: str, *, key: str = "") -> None:
        """Show a status line, such as one for each tool call; the same key replaces its line."""
        self._steps.note(line, key=key)
        self._wake()

    def answers_also(self, event_ids: tuple[str, ...]) -> None:
        """Let the messages say that these events are answered by them as well."""
        self._messages.also = event_ids

    def keeps_marks(self) -> None:
        """Let the messages go on saying what they said of themselves when they were adopted."""
        self._messages.also = self._messages.named

    def hint(self, line: str, *, key: str) -> None:
        """Show a line only until the final text; an empty one goes."""
        if not self._ended:
            self._steps.hint(line, key=key)
            self._wake()

    async def finish(
        self,
        text: str,
        *,
        own: str = "",
        retry: bool = False,
        go_on: bool = False,
        waits: bool = False,
        more: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Show the final text, whole, and delete messages beyond it; may be called again.

        `text` is a model's: it is shown as it is, but for what `cutting` says. `own` is the bot's, in
        Slack's markup with working mentions, and stands below it. `waits`: it says that people were
        asked. `go_on` is for an answer that was cut. `more` are blocks of the bot's own at the end.
        Raises `SlackUnavailable` to be called again later, and `SlackRejected` for good.
        """
        self._messages.is_final, self._messages.waits = True, waits
        await self.abandon()
        self._steps.drop_hints()
        for limit in (limits.REPLY_PART, limits.REPLY_PART // 2, limits.REPLY_PART // 4):
            answer = await cut_aside(text, limit, self._cut)
            parts = draw(
                answer.parts if answer.parts or own else [NOTHING_SAID],
                self._steps,
                below=Below(own, self._button(retry=retry, go_on=go_on), more),
            )
            try:
                await self._messages.bring(parts)
            except SlackRejected as refusal:
                if refusal.code not in _TOO_LONG or limit == limits.REPLY_PART // 4:
                    raise
                log.warning("reply cut smaller", extra={"code": refusal.code})
            else:
                break
        self._has_words(text or own)
        await self._messages.delete_from(len(parts))
        await self._messages.tell()

    async def take_back(self) -> None:
        """Delete its messages, as far as Slack lets them go."""
        await self.abandon()
        await self._messages.delete_from(0)
        await self._messages.tell()

    async def pause(self, words: str) -> None:
        """End the live edits, and say in the bot's own words that another worker goes on.

        Best effort, at once, and only while no final text has been begun.
        """
        await self.abandon()
        if self._messages.is_final or not self.messages:
            return
        below = Below(words)
        index = min(len(self.messages), len(self._draw_running(below))) - 1
        with contextlib.suppress(SlackUnavailable, SlackRejected, LeaseLost):
            await self._messages.put(index, self._draw_running(below)[index], live=True)

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

    def _button(self, *, retry: bool, go_on: bool) -> dict[str, Any] | None:
        if retry:
            return actions.button(actions.RETRY, "Retry", self.event_id)
        return actions.button(actions.CONTINUE, "Continue", self.event_id) if go_on else None

    def _wake(self) -> None:
        if self._started and not self._ended and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._keep_up())

    async def _keep_up(self) -> None:
        """Bring Slack up to the newest text, one call a turn, until there is nothing to change."""
        while True:
            await self._catch_up()
            if (index := self._messages.behind(self._draw_running())) is None:
                if self._cut.text == self._newest():
                    return
                continue
            await self._messages.live_turn(index, self._draw_running()[index])
            await self._catch_up()
            self._calling = True
            try:
                shown = self._settled if self._messages.can_stream else self._cut.text
                await self._messages.put(index, self._draw_running()[index], live=True)
                self._has_words(shown)
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

    def _has_words(self, words: str) -> None:
        """Tell, once, that there are words in Slack."""
        if words and self._on_text is not None:
            tell, self._on_text = self._on_text, None
            tell()

    async def _catch_up(self) -> None:
        """Cut the newest text, if it is not cut yet; the text may go on meanwhile."""
        if self._cut.text != (text := self._newest()):
            self._cut = await cut_aside(text, limits.REPLY_PART, self._cut, whole=False)
            if self._messages.can_stream:
                self._settled = await asyncio.to_thread(settled, self._cut)

    def _draw_running(self, below: Below | None = None) -> list[Part]:
        return draw(
            self._cut.parts,
            self._steps,
            below=below or Below(button=actions.button(actions.STOP, "Stop", self._messages.event_id)),
            status=self._status,
            at_least=len(self.messages),
            settled=None if below else self._settled,
        )


async def cut_aside(text: str, limit: int, before: Answer, *, whole: bool = True) -> Answer:
    """Cut a text that has grown since `before`, beside the event loop where that may take long."""
    if len(text) - before.begun <= LONG:
        return cut(text, limit, before, whole=whole)
    return await asyncio.to_thread(cut, text, limit, before, whole=whole)
