"""Those who have not decided yet are reminded: when it is time, and once because who asked wants it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.approval_cards import ApprovalCards
from bot.conversation.delivery import Delivery
from bot.conversation.handling import Handling
from bot.conversation.requests import set_reminder
from bot.domain import click_answers
from bot.domain.approvals.approval import Approval
from bot.domain.approvals.deadlines import awaited, was_nudged_of_late
from bot.domain.approvals.transitions import nudge
from bot.domain.audit import Deed
from bot.domain.errors import DecisionRefused
from bot.domain.requester_events import ReminderAsked
from bot.slack import below_cards, requester_news
from bot.slack.approvers import Approvers
from bot.store.threads import ThreadStore
from bot.store.writes import Writes


class Reminders:
    """Each is counted first and said then, so that after a crash it is looked for and not said twice."""

    def __init__(
        self,
        threads: ThreadStore,
        approval_cards: ApprovalCards,
        approvers: Approvers,
        delivery: Delivery,
        now: Callable[[], datetime],
    ) -> None:
        self._threads = threads
        self._approval_cards = approval_cards
        self.approvers = approvers
        self._delivery = delivery
        self._now = now

    async def remind(self, h: Handling, approval: Approval) -> None:
        """Remind because it is time, unless who asked has just had them reminded."""
        if approval.is_final:
            return
        if not h.resumed:  # counted first, so that a second attempt looks for what the first one posted
            approval = replace(approval, reminders=approval.reminders + 1, reminded_at=self._now())
            writes = Writes()
            set_reminder(approval, writes, self._now())
            h.note(Deed.REMINDED, approval, number=str(approval.reminders))
            await h.save(approval, writes=writes)
        if not was_nudged_of_late(approval, approval.reminded_at or self._now()):
            await self._tell_deciders(h, approval, f"reminder {approval.reminders}")

    async def nudged(self, h: Handling, click: ReminderAsked) -> None:
        """Remind them because who asked wants it: once, and not right after they were asked or reminded."""
        approval = await self._threads.approval(click.approval_id)
        if approval is None:
            await self._delivery.tell(click, click_answers.UNKNOWN_CARD)
            return
        if (approval.requester, approval.nudged_at) != (click.user, click.at):  # else before a crash
            try:
                approval = nudge(approval, click.user, at=click.at)
            except DecisionRefused as refusal:
                await self._delivery.tell(click, below_cards.not_nudged(approval, refusal))
                return
            h.note(Deed.REMINDED, approval, person=click.user, number="asked for")
            h.retire([approval])
            await h.save(approval)
        await self._tell_deciders(h, approval, "nudge")

    async def _tell_deciders(self, h: Handling, approval: Approval, kind: str) -> None:
        """Remind below the cards, and let who asked know where they do not read that."""
        still = awaited(approval)

        def say(roles: Sequence[str]) -> str:
            asked = [role for role in roles if role in still]
            return below_cards.reminder(approval, self._asked(approval, asked), self._now()) if asked else ""

        await self._approval_cards.notify(h, approval, kind, say)
        if not self._approval_cards.is_noticed_in_thread(h, approval):
            text = requester_news.reminded(approval, still, self._now())
            await self._approval_cards.tell_requester(h, approval, kind, text)

    def _asked(self, approval: Approval, roles: Sequence[str]) -> list[str]:
        """Whom of these roles to remind: those the settings name, but not who has decided or may not."""
        done = {approval.requester, *approval.authors, *(d.by for d in approval.decisions)}
        names = (name for role in roles for name in self.approvers.members_of(role))
        return [name for name in dict.fromkeys(names) if name not in done]
