"""The buttons below a reply: Stop while it runs, Retry when it failed, Continue when it was cut."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.handlers.clicks import click_of
from bot.handlers.intake import Intake
from bot.slack import actions


def register(app: AsyncApp, intake: Intake) -> None:
    """Listen to Stop, Retry and Continue; anyone in the thread may press them."""

    @app.action(actions.STOP)
    async def on_stop(ack: AsyncAck, body: dict[str, Any]) -> None:
        await intake.stop(click_of(body))
        await ack()

    @app.action(actions.RETRY)
    async def on_retry(ack: AsyncAck, body: dict[str, Any]) -> None:
        event_id = actions.unpack(body["actions"][0])
        if event_id is not None:
            await intake.retry(click_of(body), event_id=event_id)
        await ack()

    @app.action(actions.CONTINUE)
    async def on_continue(ack: AsyncAck, body: dict[str, Any]) -> None:
        event_id = actions.unpack(body["actions"][0])
        if event_id is not None:
            await intake.continuing.clicked(click_of(body), event_id=event_id)
        await ack()
