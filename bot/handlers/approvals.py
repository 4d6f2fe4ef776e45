"""Approve and Reject: the buttons of a card and the form that asks for a reason."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.approval import Verdict
from bot.handlers.clicks import click_of, moment
from bot.intake import Click, Intake
from bot.slack import actions, cards

UNKNOWN_CARD = "I no longer know this card, so your click did nothing."


def register(app: AsyncApp, intake: Intake) -> None:
    """Listen to the card's two buttons and to the reason form's submission."""

    @app.action(actions.APPROVE)
    async def on_approve(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        click = click_of(body)
        known = await intake.decide(_approval_id(body), click, Verdict.APPROVE, at=moment(click.action_ts))
        await ack()
        if not known:
            await _unknown(client, click)

    @app.action(actions.REJECT)
    async def on_reject(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        # The form must open within three seconds of the click (trigger_id), so who may decide is
        # checked when the form comes back, as for Approve.
        click = click_of(body)
        approval = await intake.find_approval(_approval_id(body))
        await ack()
        if approval is None:
            await _unknown(client, click)
        else:
            where = cards.ClickedAt(click.channel, click.thread_ts)
            await client.views_open(trigger_id=body["trigger_id"], view=cards.reject_view(approval, where))

    @app.view(actions.REJECT_FORM)
    async def on_reject_form(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form = cards.read_reject_form(view)
        # A submission carries no time of its own.
        click = Click(body["user"]["id"], form.channel, form.thread_ts, intake.now_ts())
        await intake.decide(
            form.approval_id, click, Verdict.REJECT, at=moment(click.action_ts), reason=form.reason
        )
        await ack()


def _approval_id(body: dict[str, Any]) -> str:
    return actions.unpack(body["actions"][0]) or ""


async def _unknown(client: AsyncWebClient, click: Click) -> None:
    await client.chat_postEphemeral(channel=click.channel, user=click.user, text=UNKNOWN_CARD)
