"""What a person thinks of an answer: kept at once, and acknowledged to them alone."""

from __future__ import annotations

from bot.conversation.delivery import Delivery
from bot.conversation.escalations import Escalations
from bot.conversation.handling import Handling
from bot.domain import click_answers
from bot.domain.feedback import Vote, VoteCast
from bot.store.feedback import kept
from bot.store.writes import Writes


class Votes:
    """Keeps votes. No model hears of them, and nobody who votes becomes an author of anything."""

    def __init__(self, delivery: Delivery, escalations: Escalations) -> None:
        self._delivery = delivery
        self._escalations = escalations

    async def keep(self, h: Handling, cast: VoteCast) -> None:
        """Put a vote in the place of the person's former one on the same answer."""
        thread = h.thread
        vote = Vote(thread.team, cast.user, str(thread), cast.answer, cast.agent, cast.is_up, cast.at)
        # Written with the end of this event.
        more = "" if cast.is_up else self._escalations.told_down(h, cast.agent)
        await h.save_beside(Writes().what(kept(vote, cast.message_ts)))
        told = click_answers.HELPED if cast.is_up else click_answers.DID_NOT_HELP
        await self._delivery.tell(cast, f"{told} {more}".strip())
