"""Looks once more at what a call would do, right before a click counts, and says so where that is something else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.conversation.delivery import Delivery
from bot.conversation.handling import Handling
from bot.conversation.previews import Previews
from bot.domain import sentences
from bot.domain.approvals.approval import APPROVING, Approval
from bot.domain.approvals.preview import Look, PreviewChange, compared
from bot.domain.approvals.same_target import OnTarget
from bot.domain.approvals.transitions import seen_anew
from bot.domain.errors import CannotBeDone, NotLookedUp
from bot.domain.events import Click, DecisionMade
from bot.domain.run import Notice
from bot.slack import preview_blocks
from bot.slack.card_words import what_of

#: Says what else there is by now on what an approval acts on.
OthersOnTarget = Callable[[Handling, Approval], Awaitable[OnTarget | None]]


class SecondLook:
    """Nobody approves what is not so any more: the card shows it first, and asks anew."""

    def __init__(self, previews: Previews, others: OthersOnTarget, delivery: Delivery) -> None:
        self._previews = previews
        self._others = others
        self._delivery = delivery

    async def at(self, h: Handling, approval: Approval, decided: Approval, click: DecisionMade) -> Approval:
        """What a click makes of an approval: `decided`, or where its preview is another now, that one shown.

        Raises `NotLookedUp` where nobody says so any more, and `CannotBeDone` for the problem that stands on the card.
        """
        shown = approval.preview
        if click.verdict not in APPROVING or shown is None:
            return decided
        now = await self._previews.of(approval)
        look = compared(shown, now)
        if now is None or look is Look.SAME:
            return decided
        if look is Look.SILENT:
            raise NotLookedUp
        if now == shown:
            raise CannotBeDone(now.problem)
        anew = seen_anew(approval, PreviewChange(click.user, click.at, shown, now))
        return replace(anew, on_target=await self._others(h, anew))

    async def behind(self, h: Handling, edited: Approval) -> Approval:
        """An approval with other arguments, and what its call would do with these; raises `CannotBeDone`."""
        preview = await self._previews.of(edited)
        if preview is not None and preview.problem:
            raise CannotBeDone(preview.problem)
        return replace(edited, preview=preview, on_target=await self._others(h, edited))

    async def tell(self, h: Handling, approval: Approval, click: Click) -> None:
        """Tell who clicked where they had read something else, and who asked where it cannot be done any more."""
        if (change := approval.seen_anew_by(click.user, click.at)) is None:
            return
        await self._delivery.tell(click, preview_blocks.click_again(change))
        if change.after.problem and not change.before.problem:
            may_edit = bool(approval.offers.editable)
            said = sentences.cannot_be_done(what_of(approval), change.after.problem, editable=may_edit)
            await h.settle(Notice(said))
