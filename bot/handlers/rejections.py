"""Reject, and the form that asks why.

A form must open within three seconds of its click (trigger_id), so whether the person may decide
is asked of Slack when it comes back. What is known without asking is said at once.
"""

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

    @app.action(actions.REJECT)
    async def on_reject(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        click, (approval_id, digest) = click_of(body), card_of(body)
        approval = await intake.find_approval(approval_id)
        if approval is not None and approval.bars(click.user):
            await intake.decide(approval_id, click, Verdict.REJECT, digest=digest)
        await ack()
        if approval is None:
            await unknown(client, intake, approval_id, body)
        elif not approval.bars(click.user):
            view = forms.reject_view(approval, clicked_at(click))
            await intake.forms.open(client, body, view)

    @app.view(actions.REJECT_FORM)
    async def on_reject_form(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        about = forms.read_submission(view)
        click = submitted(body, about.where, intake.now_ts())
        reason = forms.read_reason(view)
        await intake.decide(about.approval_id, click, Verdict.REJECT, digest=about.fingerprint, reason=reason)
        await ack()
