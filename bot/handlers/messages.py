"""Messages: mentions, direct messages, and follow-ups in threads the bot is in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.handlers.intake import Intake

EVENTS: Final = frozenset({"app_mention", "message"})


def register(app: AsyncApp, intake: Intake) -> None:
    """Take in `app_mention` and every kind of `message`; the parser sorts them out."""
    app.use(Messages(intake))


class Messages(AsyncMiddleware):
    """Takes them in before Bolt looks for a listener, as its own `AsyncAssistant` does: that would cost as much again
    as reading and sealing a message, and nearly all that comes is one."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Ack a message once it is stored; leave anything else to the listeners."""
        body = req.body
        if body.get("type") != "event_callback" or body["event"]["type"] not in EVENTS:
            return await next()
        await self._intake.message(body["event"], delivery_id=body["event_id"])
        return await req.context.ack()
