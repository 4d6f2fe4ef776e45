"""Continue below an answer that was cut: a click is the message "continue" of whoever clicked."""

from __future__ import annotations

from bot.domain.events import MessageReceived
from bot.domain.model_ends import CONTINUE
from bot.handlers.places import Places
from bot.slack.click import Click
from bot.store.inbox import Inbox


class ContinueIntake:
    """Stores the wish; whether the answer is still the last one is seen when it is its turn."""

    def __init__(self, inbox: Inbox, places: Places) -> None:
        self._inbox = inbox
        self._places = places

    async def clicked(self, click: Click, *, event_id: str) -> None:
        """Store it once for each answer, whoever clicks and however often."""
        thread = self._places.of_click(click)
        message = MessageReceived(click.action_ts, click.user, CONTINUE, continues=event_id)
        await self._inbox.append(
            thread,
            message,
            event_ids=(f"continue:{click.channel}:{click.message_ts}",),
            order=click.action_ts,
            participant=click.user,
        )
