"""What the block_actions payloads have in common."""

from __future__ import annotations

import contextlib
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain import click_answers
from bot.handlers.intake import Intake
from bot.slack import actions
from bot.slack.click import Click
from bot.slack.forms import ClickedAt
from bot.slack.lost_card import lost_card

#: What Slack raises where it does not take a private answer; the click counts all the same.
NOT_TOLD: Final = (SlackApiError, aiohttp.ClientError, TimeoutError)


def click_of(body: dict[str, Any]) -> Click:
    """Read who clicked, where and when; Slack attests the user, everything else is only a place.

    A message that starts its thread has no `thread_ts` of its own; a click in Home has no message.
    """
    message: dict[str, Any] = body.get("message") or {}
    container: dict[str, Any] = body.get("container") or {}
    place: dict[str, Any] = body.get("channel") or {}
    return Click(
        user=body["user"]["id"],
        channel=place.get("id") or container.get("channel_id") or "",
        thread_ts=message.get("thread_ts") or container.get("thread_ts") or message.get("ts") or "",
        action_ts=body["actions"][0]["action_ts"],
        message_ts=message.get("ts") or container.get("message_ts") or "",
        is_private=bool(container.get("is_ephemeral")),
    )


def card_of(body: dict[str, Any]) -> tuple[str, str]:
    """Read which approval a button is of, and the fingerprint of what its card showed."""
    return actions.unpack_approval(actions.unpack(body["actions"][0]) or "")


def clicked_at(click: Click) -> ClickedAt:
    """Where the click was, to be handed through a form."""
    return ClickedAt(click.channel, click.thread_ts, click.message_ts)


def submitted(body: dict[str, Any], where: ClickedAt, now_ts: str) -> Click:
    """Take a form's submission for a click where the form was opened; it has no time of its own.

    The view's id and hash tell a submission that Slack delivers twice.
    """
    view = body["view"]
    return Click(
        body["user"]["id"],
        where.channel,
        where.thread_ts,
        now_ts,
        where.message_ts,
        form=f"{view['id']}:{view.get('hash', '')}",
    )


async def unknown(client: AsyncWebClient, intake: Intake, approval_id: str, body: dict[str, Any]) -> None:
    """Say privately that a card is not known any more, and take its buttons away where that is for good."""
    click = click_of(body)
    await whisper(client, click, click_answers.UNKNOWN_CARD)
    message: dict[str, Any] = body.get("message") or {}
    if approval_id and message and await intake.has_lost(approval_id):
        card = lost_card(message.get("blocks") or [], None)
        with contextlib.suppress(*NOT_TOLD):
            await client.chat_update(
                channel=click.channel, ts=click.message_ts, text=card.text, blocks=card.blocks
            )


async def whisper(client: AsyncWebClient, click: Click, text: str) -> None:
    """Answer a click privately where it was made, in its thread if it has one; best effort."""
    if click.channel:
        with contextlib.suppress(*NOT_TOLD):
            await client.chat_postEphemeral(
                channel=click.channel, user=click.user, text=text, thread_ts=click.answer_in
            )
