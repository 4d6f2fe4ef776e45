"""The thumbs below an answer: anyone in the thread may press them."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.handlers.clicks import click_of
from bot.handlers.intake import Intake
from bot.slack import actions, thumbs


def register(app: AsyncApp, intake: Intake) -> None:
    """Listen to them, of either kind."""

    async def on_thumb(ack: AsyncAck, body: dict[str, Any]) -> None:
        said = thumbs.read(actions.unpack(body["actions"][0]) or "")
        if said is not None:
            await intake.votes.cast(click_of(body), *said)
        await ack()

    for action_id in (actions.THUMBS, actions.THUMB_UP, actions.THUMB_DOWN):
        app.action(action_id)(on_thumb)
