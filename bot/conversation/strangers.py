"""People of other workspaces, who share a channel with the bot and may not ask it anything."""

from __future__ import annotations

from bot.conversation.delivery import Delivery
from bot.conversation.handling import Handling
from bot.domain import sentences
from bot.domain.stranger import StrangerSpoke
from bot.domain.thread import ThreadRef


class Strangers:
    """Tells them so, where nobody else can read it."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    async def tell(self, h: Handling, event: StrangerSpoke) -> None:
        """Say why there is no answer; best effort."""
        where = ThreadRef(h.thread.team, event.channel, event.thread_ts)
        await self._delivery.whisper(where, event.user, sentences.STRANGER)
