"""What an outcome looks like in Slack: the reply's last edit, and private answers to clicks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot import words
from bot.approval import THREAD, Approval
from bot.errors import SlackRejected, SlackUnauthorized, SlackUnavailable
from bot.events import Click, ClickTurnedAway, MessageReceived
from bot.handling import Handling
from bot.noticeboard import Noticeboard
from bot.repairs import schedule_repair
from bot.run import Blocked, Completed, Failed, Interrupted, Notice, Outcome, Stopped, Unsure
from bot.slack import limits
from bot.slack.client import Slack
from bot.slack.limiter import Limiter
from bot.slack.markdown import escape
from bot.slack.reply import ReplyStream
from bot.store.threads import ThreadStore
from bot.thread import ThreadRef

log = logging.getLogger(__name__)


class Delivery:
    """Says things in Slack, so that saying them again after a crash adds nothing."""

    def __init__(
        self,
        slack: Slack,
        limiter: Limiter,
        threads: ThreadStore,
        noticeboard: Noticeboard,
        *,
        approvals_channel: str,
        now: Callable[[], datetime],
    ) -> None:
        self._slack = slack
        self._limiter = limiter
        self._threads = threads
        self._noticeboard = noticeboard
        self._approvals_channel = approvals_channel
        self._now = now

    async def open(self, h: Handling) -> ReplyStream:
        """Open the reply to the event, adopting messages an earlier attempt had posted."""
        if h.stream is None:

            async def remember(messages: tuple[str, ...]) -> None:
                await h.save(reply=replace(h.reply, messages=messages))

            h.stream = ReplyStream(
                self._slack,
                self._limiter,
                channel=h.thread.channel,
                thread_ts=h.thread.thread_ts,
                event_id=h.claim.event_id,
                messages=h.reply.messages,
                on_message=remember,
                # Answers to clicks, resets and timers wait in no line.
                reply_to=h.claim.asker if isinstance(h.claim.event, MessageReceived) else None,
            )
            if h.attempted:
                await h.stream.adopt()
        return h.stream

    async def is_answered(self, h: Handling) -> bool:
        """Tell whether Slack shows the whole answer to the event; notes nothing."""
        reply = ReplyStream(
            self._slack,
            self._limiter,
            channel=h.thread.channel,
            thread_ts=h.thread.thread_ts,
            event_id=h.claim.event_id,
        )
        await reply.adopt()
        return reply.is_answered

    async def deliver(self, h: Handling, outcome: Outcome) -> None:
        """Bring the thread to where it shows the outcome; raises `SlackUnavailable` to try later.

        A thread that is closed to the bot for good hears nothing; cards are posted all the same.
        """
        is_closed = False
        try:
            await self._say(h, await self.open(h), outcome)
        except SlackRejected as refusal:
            if not refusal.is_closed:
                raise
            is_closed = True
            log.error("thread is closed to the bot", extra={"code": refusal.code})
        if isinstance(outcome, Interrupted | Unsure):
            await self._noticeboard.post(h)
        if isinstance(outcome, Interrupted) and not is_closed and h.stream is not None:
            await h.stream.finish(
                outcome.text, own=_below(h, await self._asked(h))
            )  # now it is known who was asked

    async def _say(self, h: Handling, stream: ReplyStream, outcome: Outcome) -> None:
        match outcome:
            case Completed() | Notice():
                await stream.finish(outcome.text, own=_below(h))
            case Interrupted():
                await stream.finish(outcome.text, own=_below(h, self._ask(h)))
            case Unsure():
                await stream.finish("", own=_below(h, words.UNSURE))
            case Blocked():
                await stream.finish(words.BLOCKED, own=_below(h))
            case Stopped():
                await stream.finish(f"{outcome.text}\n\n{words.STOPPED}".strip(), own=_below(h))
            case Failed():
                await stream.finish(words.failed(outcome), retry=True, own=_below(h))

    async def retire(self, h: Handling) -> None:
        """Let every delivered card show how its approval stands; raises `SlackUnavailable`."""
        for approval in await self._threads.readable(tuple(dict.fromkeys(h.reply.closed))):
            refused = await self._noticeboard.show(h, approval)
            schedule_repair(h, approval, refused, attempt=0, now=self._now())
        for approval, ref in h.outdated:
            await self._noticeboard.show(h, approval, [ref])

    async def tell(self, click: Click | ClickTurnedAway, text: str) -> None:
        """Answer a click privately; best effort, since the click has changed nothing.

        Raises `SlackUnauthorized`, as everything does that the bot says.
        """
        try:
            if click.channel:
                await self._slack.ephemeral(click.channel, click.user, text=text, thread_ts=click.thread_ts)
            else:  # clicked in Home, where nothing private can be said
                await self._slack.post(click.user, thread_ts=None, text=text)
        except SlackUnauthorized:
            raise
        except (SlackRejected, SlackUnavailable) as error:
            log.warning("private answer not delivered", extra={"error": type(error).__name__})

    async def whisper(self, thread: ThreadRef, user: str, text: str) -> None:
        """Tell one person something in the thread; best effort."""
        try:
            await self._slack.ephemeral(thread.channel, user, text=text, thread_ts=thread.thread_ts)
        except SlackUnauthorized:
            raise
        except (SlackRejected, SlackUnavailable) as error:
            log.warning("private answer not delivered", extra={"error": type(error).__name__})

    async def name_of(self, user: str) -> str:
        """Name a person for the model's ears; never fails."""
        return await self._slack.name_of(user) or "another person"

    async def decided_by(self, approval: Approval) -> str:
        """Name the last person who decided, for the model's ears; never fails."""
        if not approval.decisions:
            return "an approver"
        return await self._slack.name_of(approval.decisions[-1].by) or "an approver"

    async def _asked(self, h: Handling) -> str:
        """Say where people were asked, which may be elsewhere than was meant."""
        approvals = await self._threads.readable(h.state.approvals)
        places = {ref.place for approval in approvals for ref in approval.cards} - {THREAD}
        if not places or self._approvals_channel in places:
            return self._ask(h)
        return words.ASKED_DIRECTLY

    def _ask(self, h: Handling) -> str:
        if self._approvals_channel in {"", h.thread.channel}:
            return words.ASKED_DIRECTLY if h.thread.is_direct else words.NEEDS_APPROVAL
        return words.asked_in(self._approvals_channel)


def _below(h: Handling, own: str = "") -> str:
    """What stands below an answer: words of the bot's own, then what is to be said of files."""
    remarks = escape("\n".join(h.reply.remarks))
    return f"{own}\n{remarks}".strip()[: limits.SECTION]
