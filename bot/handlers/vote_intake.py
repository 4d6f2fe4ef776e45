"""A thumb below an answer, stored as an event of its thread: it waits for nothing, and nothing waits for it."""

from __future__ import annotations

from bot.domain.feedback import VoteCast
from bot.handlers.places import Places
from bot.slack.click import Click
from bot.store.inbox import Inbox


class VoteIntake:
    """Stores votes."""

    def __init__(self, inbox: Inbox, places: Places) -> None:
        self._inbox = inbox
        self._places = places

    async def cast(self, click: Click, is_up: bool, answer: str, agent: str) -> None:
        """Store what a person thinks of an answer; the last click of a person counts."""
        vote = VoteCast(
            click.user, answer, agent, is_up, click.at, click.message_ts, click.channel, click.answer_in
        )
        await self._inbox.append(
            self._places.of_click(click),
            vote,
            event_ids=(f"vote:{click.channel}:{click.message_ts}:{click.user}:{click.action_ts}",),
            order=click.action_ts,
        )
