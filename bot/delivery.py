"""What an outcome looks like in Slack: the reply's last edit, the cards, private answers."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot import words
from bot.approval import Approval, CardRef
from bot.errors import SlackRejected, SlackUnavailable
from bot.events import DecisionMade
from bot.handling import Handling
from bot.run import Blocked, Completed, Failed, Interrupted, Notice, Outcome, Stopped
from bot.slack import cards
from bot.slack.client import Slack
from bot.slack.limiter import Limiter
from bot.slack.reply import ReplyStream
from bot.store.threads import ThreadStore

log = logging.getLogger(__name__)


class Delivery:
    """Says things in Slack, so that saying them again after a crash adds nothing."""

    def __init__(
        self, slack: Slack, limiter: Limiter, threads: ThreadStore, *, approvals_channel: str
    ) -> None:
        self._slack = slack
        self._limiter = limiter
        self._threads = threads
        self._approvals_channel = approvals_channel

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
            )
            if h.attempted:
                await h.stream.adopt()
        return h.stream

    async def deliver(self, h: Handling, outcome: Outcome) -> None:
        """Bring the thread to where it shows the outcome; raises `SlackUnavailable` to try later."""
        stream = await self.open(h)
        match outcome:
            case Completed() | Notice():
                await stream.finish(outcome.text)
            case Interrupted():
                await stream.finish("\n\n".join(filter(None, (outcome.text, self._ask(h)))))
                await self._post_cards(h)
            case Blocked():
                await stream.finish(words.BLOCKED)
            case Stopped():
                await stream.finish(f"{outcome.text}\n\n{words.STOPPED}".strip())
            case Failed():
                await stream.finish(words.failed(outcome), retry=True)

    async def retire(self, h: Handling) -> None:
        """Let every delivered card show what became of its approval."""
        for approval in await self._threads.approvals(h.reply.closed):
            await self.show(approval)

    async def show(self, approval: Approval) -> None:
        """Update the approval's cards; raises `SlackUnavailable` to try later."""
        card = cards.closed_card(approval) if approval.is_final else cards.pending_card(approval)
        for ref in approval.cards:
            try:
                await self._slack.update(ref.channel, ref.ts, text=card.text, blocks=card.blocks)
            except SlackRejected as refusal:
                # The message is gone or locked: nothing left there that could be clicked twice.
                log.warning("card not updated", extra={"approval": approval.id, "code": refusal.code})

    async def tell(self, click: DecisionMade, text: str) -> None:
        """Answer a click privately; best effort, since the click has changed nothing."""
        try:
            await self._slack.ephemeral(click.channel, click.user, text=text, thread_ts=click.thread_ts)
        except (SlackRejected, SlackUnavailable) as error:
            log.warning("private answer not delivered", extra={"error": type(error).__name__})

    async def decided_by(self, approval: Approval) -> str:
        """Name the last person who decided, for the model's ears; never fails."""
        if not approval.decisions:
            return "an approver"
        return await self._slack.name_of(approval.decisions[-1].by) or "an approver"

    async def _post_cards(self, h: Handling) -> None:
        for approval in await self._threads.approvals(h.state.approvals):
            if not approval.cards and not approval.is_final:
                ref = await self._post_card(h, approval)
                await h.save(replace(approval, cards=(ref,)))

    async def _post_card(self, h: Handling, approval: Approval) -> CardRef:
        channel, thread_ts = self._place(h)
        marker = cards.marker(approval)
        if h.attempted:
            found = await self._slack.find(channel, thread_ts, marker)
            if found is not None:  # posted by a worker that died before it could note where
                return CardRef(channel, found)
        card = cards.pending_card(approval)
        ts = await self._slack.post(
            channel, thread_ts=thread_ts, text=card.text, blocks=card.blocks, metadata=marker
        )
        return CardRef(channel, ts)

    def _place(self, h: Handling) -> tuple[str, str | None]:
        """Choose where a card goes: its thread, but for a DM where approvers can see it."""
        if h.thread.is_direct and self._approvals_channel:
            return self._approvals_channel, None
        return h.thread.channel, h.thread.thread_ts

    def _ask(self, h: Handling) -> str:
        if not h.thread.is_direct:
            return words.NEEDS_APPROVAL
        if self._approvals_channel:
            return words.ASKED_ELSEWHERE
        return words.NO_APPROVERS_HERE
