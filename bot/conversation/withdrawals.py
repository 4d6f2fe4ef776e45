"""Calls that nobody wants any more: taken back by who asked for them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence

from bot.conversation.delivery import Delivery
from bot.conversation.handling import Handling
from bot.conversation.requests import cancel_timers
from bot.domain import click_answers, sentences
from bot.domain.approvals.approval import Approval
from bot.domain.approvals.transitions import take_back
from bot.domain.audit import Deed
from bot.domain.errors import AlreadyDecided, DecisionRefused, SlackRejected, SlackUnavailable
from bot.domain.requester_events import WithdrawalAsked
from bot.slack.blocks import mrkdwn, section
from bot.slack.client import Slack
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

log = logging.getLogger(__name__)


class Withdrawals:
    """Closes what who asked takes back; the run then goes on and is told so."""

    def __init__(self, slack: Slack, threads: ThreadStore, delivery: Delivery) -> None:
        self._slack = slack
        self._threads = threads
        self._delivery = delivery

    async def clicked(self, h: Handling, click: WithdrawalAsked) -> bool:
        """Withdraw a call, or say privately why not; True when that (now, or before a crash) closed it."""
        approval = await self._threads.approval(click.approval_id)
        if approval is None:
            await self._delivery.tell(click, click_answers.UNKNOWN_CARD)
            return False
        goes_on = h.concerns(approval)
        if (approval.closed_by, approval.closed_at) != (click.user, click.at):
            try:
                closed = take_back(approval, click.user, at=click.at, why=sentences.TAKEN_BACK)
            except DecisionRefused as refusal:
                await self._refuse(h, approval, click, refusal)
                return False
            await self.record(h, [closed], person=click.user)
        if click.asked_back:
            await self._answer(click)
        return goes_on

    async def record(self, h: Handling, closed: Sequence[Approval], *, person: str = "") -> None:
        """Write down what was withdrawn. The very same calls are not asked about again in their run."""
        writes = Writes()
        rejected: set[str] = set()
        for one in closed:
            cancel_timers(one, writes)
            h.note(Deed.WITHDRAWN, one, person=person, why=one.closed_why)
            rejected |= one.calls if h.concerns(one) else frozenset()
        h.retire(closed)
        await h.save(*closed, writes=writes, rejected=(*h.state.rejected, *sorted(rejected)))
        log.info("withdrawn", extra={"approvals": [one.id for one in closed]})

    async def _refuse(
        self, h: Handling, approval: Approval, click: WithdrawalAsked, why: DecisionRefused
    ) -> None:
        h.note(Deed.CLICK_REFUSED, approval, person=click.user, why=type(why).__name__, verdict=click.kind)
        closed = isinstance(why, AlreadyDecided)
        await self._delivery.tell(
            click, click_answers.already_closed(approval) if closed else why.user_message
        )
        if closed and click.asked_back:
            await self._answer(click, click_answers.ALREADY_CLOSED)
        h.outdated += [
            (approval, c) for c in approval.cards if (c.channel, c.ts) == (click.channel, click.card_ts)
        ]

    async def _answer(self, click: WithdrawalAsked, text: str = sentences.WITHDRAWN_AS_ASKED) -> None:
        """Take the button away below the question that was answered; best effort, a second click says the same."""
        with contextlib.suppress(SlackRejected, SlackUnavailable):
            await self._slack.update(click.channel, click.card_ts, text=text, blocks=[section(mrkdwn(text))])
