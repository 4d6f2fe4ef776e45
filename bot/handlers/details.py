""" "Show everything": all of a call in a form, which approves what no card can show whole."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.approvals.approval import Verdict
from bot.handlers.clicks import card_of, click_of, clicked_at, submitted, unknown
from bot.handlers.intake import Intake
from bot.slack import actions, forms


def register(app: AsyncApp, intake: Intake) -> None:
    """Listen to the button and to the form's submission."""

    @app.action(actions.DETAILS)
    async def on_details(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        click, (approval_id, _) = click_of(body), card_of(body)
        approval = await intake.find_approval(approval_id)
        await ack()
        if approval is None:
            await unknown(client, intake, approval_id, body)
            return
        where = None if approval.bars(click.user) else clicked_at(click)
        await intake.forms.open(client, body, forms.details_view(approval, where))

    @app.view(actions.APPROVE_FORM)
    async def on_approve_form(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        about = forms.read_submission(view)
        click = submitted(body, about.where, intake.now_ts())
        await intake.decide(about.approval_id, click, Verdict.APPROVE, digest=about.fingerprint)
        await ack()
