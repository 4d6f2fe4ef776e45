"""Messages: mentions, direct messages, and follow-ups in threads the bot is in."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.handlers.intake import Intake


def register(app: AsyncApp, intake: Intake) -> None:
    """Listen to `app_mention` and to every kind of `message`; the parser sorts them out."""

    @app.event("app_mention")
    async def on_mention(event: dict[str, Any], body: dict[str, Any]) -> None:
        await intake.message(event, delivery_id=body["event_id"])

    @app.event("message")
    async def on_message(event: dict[str, Any], body: dict[str, Any]) -> None:
        await intake.message(event, delivery_id=body["event_id"])
