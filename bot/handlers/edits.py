"""Edit: the form made of a tool's schema, and what comes back from it."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.handlers.clicks import card_of, click_of, clicked_at, submitted, unknown
from bot.handlers.intake import Intake
from bot.slack import actions, forms


def register(app: AsyncApp, intake: Intake) -> None:
    """Listen to the button and to the form's submission."""

    @app.action(actions.EDIT)
    async def on_edit(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        click, (approval_id, digest) = click_of(body), card_of(body)
        approval = await intake.find_approval(approval_id)
        form = intake.form(approval)
        if approval is not None and approval.bars(click.user):
            await intake.edit(approval, click, approval.arguments, digest=digest)
        await ack()
        if approval is None or form is None:
            await unknown(client, intake, approval_id, body)
        elif not approval.bars(click.user):
            view = forms.edit_view(approval, form, clicked_at(click))
            await intake.forms.open(client, body, view)

    @app.view(actions.EDIT_FORM)
    async def on_edit_form(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        about = forms.read_submission(view)
        click = submitted(body, about.where, intake.now_ts())
        problems = await intake.edited(view, about, click)
        await (ack(response_action="errors", errors=problems) if problems else ack())
