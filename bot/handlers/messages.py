"""Messages: mentions, direct messages, and follow-ups in threads the bot is in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.handlers import gate
from bot.handlers.intake import Intake

EVENTS: Final = frozenset({"app_mention", "message"})


class Messages(AsyncMiddleware):
    """Takes in `app_mention` and every kind of `message`, which the parser sorts out, before Bolt authorizes and looks for
    a listener: that would cost as much again as reading and sealing a message, and nearly all that comes is one.

    `own` are the ids of the bot's user and of its app: what it wrote itself is left to Bolt, which ignores it.
    """

    def __init__(self, intake: Intake, own: frozenset[str | None]) -> None:
        self._intake = intake
        self._own = own - {None}

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Ack a message once it is stored; leave anything else to the listeners."""
        body = req.body
        if body.get("type") != "event_callback" or body["event"]["type"] not in EVENTS:
            return await next()
        if req.context.user_id in self._own or body["event"].get("bot_id") in self._own:
            return await next()
        if (answer := await gate.from_elsewhere(req, self._intake)) is not None:
            return answer
        await self._intake.message(body["event"], delivery_id=body["event_id"])
        return await req.context.ack()
