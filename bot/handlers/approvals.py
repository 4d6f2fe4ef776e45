"""The buttons of a card whose click is the whole answer, in a channel or in Home."""

from __future__ import annotations

from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.approvals.approval import Verdict
from bot.handlers.clicks import card_of, click_of, unknown
from bot.handlers.intake import Intake
from bot.slack import actions

VERDICTS: Final = {
    actions.APPROVE: Verdict.APPROVE,
    actions.APPROVE_REST: Verdict.APPROVE_REST,
    actions.HAPPENED: Verdict.HAPPENED,
    actions.NOT_HAPPENED: Verdict.NOT_HAPPENED,
    actions.TRY_AGAIN: Verdict.RETRY,
}


def register(app: AsyncApp, intake: Intake) -> None:
    """Listen to each of them."""

    async def on_verdict(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        click, (approval_id, digest) = click_of(body), card_of(body)
        verdict = VERDICTS[body["actions"][0]["action_id"]]
        known = await intake.decide(approval_id, click, verdict, digest=digest)
        await ack()
        if not known:
            await unknown(client, intake, approval_id, body)

    for action_id in VERDICTS:
        app.action(action_id)(on_verdict)
