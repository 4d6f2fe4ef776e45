"""What an outcome looks like in Slack: the reply's last edit, and private answers to clicks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.approval_cards import ApprovalCards
from bot.conversation.card_repairs import schedule_repair
from bot.conversation.cut_answers import CutAnswers, below
from bot.conversation.handling import Handling
from bot.conversation.requester_news import RequesterNews
from bot.domain import model_ends, sentences
from bot.domain.approvals.approval import THREAD, Approval
from bot.domain.approvals.channels import ApprovalChannels
from bot.domain.errors import SlackRejected, SlackUnauthorized, SlackUnavailable
from bot.domain.events import Click, ClickTurnedAway, MessageReceived
from bot.domain.feedback import VoteCast
from bot.domain.requester_events import RequesterClick
from bot.domain.run import (
    Blocked,
    Completed,
    Failed,
    FailureKind,
    Interrupted,
    Notice,
    Outcome,
    Stopped,
    Unsure,
)
from bot.domain.thread import ThreadRef
from bot.slack import limits, requester_buttons, reset_picker
from bot.slack.blocks import Block
from bot.slack.client import Slack
from bot.slack.limiter import Limiter
from bot.slack.markdown import escape
from bot.slack.native_streams import NativeStreams, Offer
from bot.slack.reply import ReplyStream
from bot.slack.reply_messages import ReplyMessages
from bot.slack.thumbs import Thumbs
from bot.slack.time_zones import TimeZones
from bot.store.claim import SOMEWHERE
from bot.store.threads import ThreadStore

log = logging.getLogger(__name__)


class Delivery:
    """Says things in Slack, so that saying them again after a crash adds nothing. `offer`: by Slack's own streams."""

    def __init__(  # noqa: PLR0913 - what it says things with, each by its name
        self,
        slack: Slack,
        limiter: Limiter,
        threads: ThreadStore,
        approval_cards: ApprovalCards,
        *,
        channels: ApprovalChannels,
        now: Callable[[], datetime],
        thumbs: Thumbs,
        offer: Offer | None = None,
    ) -> None:
        self._offer = offer
        self._slack = slack
        self._limiter = limiter
        self._threads = threads
        self._approval_cards = approval_cards
        self._channels = channels
        #: What who asked is told beside the answers.
        self.news = RequesterNews(threads, approval_cards)
        #: Answers that the model could not end.
        self.cut_answers = CutAnswers(slack, thumbs)
        #: Where people's clocks stand.
        self.zones = TimeZones(slack, limiter.clock)
        self._now = now

    async def open(self, h: Handling) -> ReplyStream:
        """Open the reply to the event, adopting messages an earlier attempt had posted."""
        if h.stream is None:

            async def remember(messages: tuple[str, ...]) -> None:
                await h.save(reply=replace(h.reply, messages=messages))

            messages = ReplyMessages(
                self._slack,
                self._limiter,
                channel=h.thread.channel,
                thread_ts=h.thread.root,
                event_id=h.claim.event_id,
                messages=h.reply.messages,
                on_message=remember,
                # Answers to clicks, resets and timers wait in no line.
                reply_to=h.claim.asker if isinstance(h.claim.event, MessageReceived) else None,
                streams=self._streams(h),
            )
            messages.also = h.reply.also
            h.stream = ReplyStream(messages, self._limiter, h.has_words)
            if h.claim.told and h.claim.told != SOMEWHERE:
                await h.stream.take_over(h.claim.told)
            if h.attempted:
                await h.stream.adopt()
        return h.stream

    def _streams(self, h: Handling) -> NativeStreams | None:
        """Slack's own streams for the answer to a message, to its author as one of the bot's workspace.

        For anybody else Slack refuses them, as it does outside of threads, and the answer is shown by edits.
        """
        root = h.thread.root
        if self._offer is None or root is None or not isinstance(h.claim.event, MessageReceived):
            return None
        return NativeStreams(
            self._slack.streams,
            self._limiter,
            self._offer,
            place=(h.thread.channel, root),
            recipient=(h.claim.event.user, h.thread.team),
        )

    async def is_answered(self, h: Handling) -> bool:
        """Tell whether Slack shows the whole answer to the event; notes nothing."""
        return (await self.shown(h)).was_answered

    async def shown(self, h: Handling) -> ReplyMessages:
        """What Slack shows of the reply to the event; notes nothing."""
        messages = ReplyMessages(
            self._slack,
            self._limiter,
            channel=h.thread.channel,
            thread_ts=h.thread.root,
            event_id=h.claim.event_id,
        )
        await messages.find()
        return messages

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
            await self._approval_cards.post(h)
        if isinstance(outcome, Interrupted) and not is_closed and h.stream is not None:
            await h.stream.finish(
                outcome.text, own=_below(h, await self._asked(h)), waits=True
            )  # now it is known who was asked

    async def _say(self, h: Handling, stream: ReplyStream, outcome: Outcome) -> None:
        match outcome:
            case Completed():
                await self.cut_answers.show(h, stream, outcome, _below(h, below(outcome)))
            case Notice():
                more = await self._buttons(h, outcome)
                await stream.finish(outcome.text, more=more, own=_below(h), waits=outcome.waits)
            case Interrupted():
                await stream.finish(outcome.text, own=_below(h, await self._ask(h)), waits=True)
            case Unsure():
                await stream.finish("", own=_below(h, sentences.UNSURE), waits=True)
            case Blocked():
                await stream.finish(sentences.BLOCKED, own=_below(h))
            case Stopped():
                await stream.finish(f"{outcome.text}\n\n{sentences.STOPPED}".strip(), own=_below(h))
            case Failed():
                # Of a run that is closed nothing is left to be tried again.
                again = outcome.failure is not FailureKind.STALE_RUN
                own = model_ends.failed(outcome)
                said = outcome.text if own else sentences.failed(outcome)
                await stream.finish(said, retry=again, own=_below(h, own))

    async def _buttons(self, h: Handling, notice: Notice) -> list[Block]:
        """What can be pressed below words that ask something."""
        if notice.forgets:
            return reset_picker.below_question(h.thread, notice.forgets, keeps_files=notice.keeps_files)
        return requester_buttons.below_question(await self._threads.readable(notice.withdrawable))

    async def retire(self, h: Handling) -> None:
        """Let every delivered card show how its approval stands; raises `SlackUnavailable`."""
        for approval in await self._threads.readable(tuple(dict.fromkeys(h.reply.closed))):
            refused = await self._approval_cards.show(h, approval)
            schedule_repair(h, approval, refused, attempt=0, now=self._now())
        for approval, ref in h.outdated:
            await self._approval_cards.show(h, approval, [ref])

    async def tell(self, click: Click | RequesterClick | ClickTurnedAway | VoteCast, text: str) -> None:
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
            await self._slack.ephemeral(thread.channel, user, text=text, thread_ts=thread.root)
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
        places = dict.fromkeys(ref.place for approval in approvals for ref in approval.cards)
        people = [place for place in places if place.startswith(("U", "W"))]
        channels = [place for place in places if place not in {THREAD, *people}]
        return self._told(h, approvals, channels, directly=bool(people))

    async def _ask(self, h: Handling) -> str:
        """Say where people are about to be asked; of those who are asked directly, once they were."""
        approvals = await self._threads.readable(h.state.approvals)
        channels = self._channels.for_roles(_roles(approvals))
        return self._told(h, approvals, channels, directly=False)

    def _told(
        self, h: Handling, approvals: Sequence[Approval], channels: Iterable[str], *, directly: bool
    ) -> str:
        elsewhere = [channel for channel in channels if channel != h.thread.channel]
        here = bool(self._channels.asked_in(h.thread.channel, _roles(approvals)))
        return sentences.asked_in(elsewhere, here=here, directly=directly)


def _roles(approvals: Sequence[Approval]) -> list[str]:
    return [role for approval in approvals if not approval.is_final for role in approval.roles]


def _below(h: Handling, own: str = "") -> str:
    """What stands below an answer: words of the bot's own, then what is to be said of files."""
    remarks = escape("\n".join(h.reply.remarks))
    return f"{own}\n{remarks}".strip()[: limits.SECTION]
