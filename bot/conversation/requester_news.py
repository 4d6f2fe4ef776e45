"""Who asked for a call is told in their thread what became of it, and who had agreed that it is another now.

One message for each change, also after crashes.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation.approval_cards import ApprovalCards
from bot.conversation.handling import Handling
from bot.domain.approvals.approval import Approval, Question
from bot.domain.events import Click, EditMade
from bot.slack import below_cards
from bot.slack import requester_news as news
from bot.store.threads import ThreadStore


class RequesterNews:
    """Says what no answer of the run will say: that goes on once all of its calls are decided."""

    def __init__(self, threads: ThreadStore, approval_cards: ApprovalCards) -> None:
        self._threads = threads
        self._approval_cards = approval_cards

    async def of_click(self, h: Handling, approval: Approval, click: Click) -> None:
        """Tell of a click that counted, be it that it did before a crash."""
        if approval.question is not Question.GO_AHEAD:
            return
        await self._of_void(h, approval, click)
        if approval.is_final:
            await self.of_end(h, approval)
        elif isinstance(click, EditMade):
            kind = f"edited {len(approval.edits)}"
            await self._approval_cards.tell_requester(
                h, approval, kind, news.edited(approval, approval.edits[-1])
            )
        elif approval.decisions:
            kind = f"agreed {approval.shown[:12]} {len(approval.decisions)}"
            await self._approval_cards.tell_requester(h, approval, kind, news.half_approved(approval))

    async def _of_void(self, h: Handling, approval: Approval, click: Click) -> None:
        """Tell whoever had agreed to what is not so any more: nobody reads a card again that they have decided."""
        seen = approval.seen_anew_by(click.user, click.at)
        change = approval.edits[-1] if isinstance(click, EditMade) and approval.edits else seen
        if change is None or not change.void:
            return

        def say(roles: Sequence[str]) -> str:
            return below_cards.agreed_before(approval, change.void)

        await self._approval_cards.notify(h, approval, f"void {approval.shown[:12]}", say)
        if seen and not self._approval_cards.is_noticed_in_thread(h, approval):
            kind = f"void {approval.shown[:12]}"
            await self._approval_cards.tell_requester(h, approval, kind, news.asked_anew(approval))

    async def of_end(self, h: Handling, approval: Approval) -> None:
        """Tell that it is closed, where its run still waits for others."""
        others = await self._threads.readable(h.state.approvals)
        text = news.closed(approval)
        if text and approval.question is Question.GO_AHEAD and any(not one.is_final for one in others):
            await self._approval_cards.tell_requester(h, approval, "closed", text)
