"""The buttons of who asked for a call: on the card in their thread, and below the question whether to withdraw."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.handlers.clicks import card_of, click_of, unknown
from bot.handlers.intake import Intake
from bot.slack import actions


def register(app: AsyncApp, intake: Intake) -> None:
    """Listen to them; they are there for everybody, and whose they are is told later."""

    async def on_withdraw(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        approval_id, _ = card_of(body)
        asked_back = body["actions"][0]["action_id"] == actions.WITHDRAW_SAID
        known = await intake.requester.withdraw(approval_id, click_of(body), asked_back=asked_back)
        await ack()
        if not known:
            await unknown(client, intake, approval_id, body)

    @app.action(actions.REMIND)
    async def on_remind(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        approval_id, _ = card_of(body)
        known = await intake.requester.remind(approval_id, click_of(body))
        await ack()
        if not known:
            await unknown(client, intake, approval_id, body)

    app.action(actions.WITHDRAW)(on_withdraw)
    app.action(actions.WITHDRAW_SAID)(on_withdraw)
