"""What else there is on what a call acts on, looked up anew for a card that people are asked to read once more."""

from __future__ import annotations

from dataclasses import dataclass

from bot.conversation.handling import Handling
from bot.conversation.judging import Judging
from bot.conversation.same_target import waiting_on
from bot.domain.approvals.approval import Approval
from bot.domain.approvals.same_target import OnTarget
from bot.store.waiting import Waiting


@dataclass(frozen=True, slots=True)
class OtherCalls:
    """Asks what was made, and what waits."""

    judging: Judging
    waiting: Waiting

    async def on_target(self, h: Handling, approval: Approval) -> OnTarget | None:
        """What there is by now; None where the call acts on nothing that its tool names."""
        about = await self.judging.on_target(h, approval)
        if about is None:
            return None
        return about.plus(await waiting_on(self.waiting, approval, about.target))
