"""`/usage`, and `/usage <link>`: what was used, for whoever asks alone."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.handlers.usage_intake import UsageIntake

COMMAND = "/usage"


def register(app: AsyncApp, intake: UsageIntake) -> None:
    """Listen to the slash command."""

    @app.command(COMMAND)
    async def on_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        link = str(body.get("text") or "").strip()
        answer = await intake.answer(link, body["channel_id"], body["user_id"])
        await ack(text=answer.text, blocks=answer.blocks)
