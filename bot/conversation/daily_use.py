"""What a person uses in a day: counted, and said where it is used up."""

from __future__ import annotations

from bot.conversation.delivery import Delivery
from bot.conversation.handling import Handling
from bot.domain import sentences
from bot.domain.events import MessageReceived
from bot.domain.run import Notice
from bot.store.allowances import Allowances, Limit


class DailyUse:
    """Counts messages when they come, and tokens when a run ends or waits."""

    def __init__(self, allowances: Allowances, delivery: Delivery) -> None:
        self._allowances = allowances
        self._delivery = delivery

    async def admits(self, h: Handling, message: MessageReceived) -> bool:
        """Count a message on its person's day. Where that is used up, say so: the first time in the thread."""
        admission = await self._allowances.admit(h.thread.team, message.user, h.claim.event_id)
        if admission.used_up is Limit.NONE:
            return True
        of_messages = admission.used_up is Limit.MESSAGES
        most = self._allowances.limits.messages
        told = sentences.messages_used_up(most) if of_messages else sentences.TOKENS_USED_UP
        if admission.is_first or h.claim.told:  # what says that it waits becomes the answer
            await h.settle(Notice(told))
        else:
            await self._delivery.whisper(h.thread, message.user, told)
        return False

    async def allows(self, h: Handling, message: MessageReceived, event_id: str) -> bool:
        """Count a message that joins a run, once; False where the day is used up, which is said when it is its turn."""
        admission = await self._allowances.admit(h.thread.team, message.user, event_id)
        return admission.used_up is Limit.NONE

    async def count(self, h: Handling, tokens: int, *, of: str = "") -> None:
        """Put what the run has used on the day of who asked for it; or what something `of` it has."""
        run = f"{h.state.run_id or h.claim.event_id}{f':{of}' if of else ''}"
        await self._allowances.spend(h.thread.team, h.state.authors[0], run, tokens)
