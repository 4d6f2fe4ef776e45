"""Who writes to the bot from another workspace: one durable append."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.stranger import StrangerSpoke
from bot.domain.thread import ThreadRef
from bot.slack.incoming import called_by_stranger
from bot.slack.me import Me
from bot.slack.origin import Standing, of_delivery
from bot.store.inbox import Inbox


class StrangerIntake:
    """Stores that they are to be told, once for each of them while the door remembers (`DEDUPE_HOURS`)."""

    def __init__(self, inbox: Inbox, me: Me) -> None:
        self._inbox = inbox
        self._me = me

    async def spoke(self, body: Mapping[str, Any]) -> None:
        """Store it where an event of this installation is a message to the bot from outside; nothing of any other."""
        if of_delivery(body).standing(self._me.installation) is not Standing.STRANGER:
            return
        found = called_by_stranger(body["event"], bot_user=self._me.user)
        if found is None:
            return
        channel, thread_ts, user = found
        home = ThreadRef.home(self._me.team, user)
        await self._inbox.append(
            home, StrangerSpoke(user, channel, thread_ts), event_ids=(f"stranger:{user}",)
        )
