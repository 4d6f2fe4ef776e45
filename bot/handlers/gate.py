"""The gate before every listener: what comes from another workspace is turned away here, once for all."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain import click_answers
from bot.handlers.approvals import VERDICTS
from bot.handlers.clicks import card_of, click_of, submitted, whisper
from bot.handlers.intake import Intake
from bot.slack import actions, forms
from bot.slack.click import Click
from bot.telemetry import tracing

log = logging.getLogger(__name__)

#: The buttons of a card.
CARD: Final = frozenset(
    {
        *VERDICTS,
        actions.REJECT,
        actions.EDIT,
        actions.DETAILS,
        actions.WITHDRAW,
        actions.WITHDRAW_SAID,
        actions.REMIND,
    }
)
#: The forms that are about a card.
FORMS: Final = frozenset({actions.REJECT_FORM, actions.EDIT_FORM, actions.APPROVE_FORM})


def register(app: AsyncApp, intake: Intake) -> None:
    """Stand before every listener; nothing that is registered can be reached around it. Messages pass it on their own way."""
    app.use(Gate(intake))


class Gate(AsyncMiddleware):
    """Sees all that Slack delivers. A function would do as well, but Bolt looks up thirty arguments for each call of one."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Let it in, or turn it away."""
        return await from_elsewhere(req, self._intake) or await next()


async def from_elsewhere(req: AsyncBoltRequest, intake: Intake) -> BoltResponse | None:
    """Turn away what comes from another workspace; None where it comes from the bot's own."""
    body = req.body
    workspace = intake.foreign(body)
    tracing.begin_envelope()
    if workspace is None:
        return None
    log.warning("from another workspace", extra={"kind": body.get("type"), "workspace": workspace})
    return await turned_away(req.context.ack, body, req.context.client, intake, workspace)


async def turned_away(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, intake: Intake, workspace: str
) -> BoltResponse:
    """Ack what nobody is to act on; tell who clicked, and put it on record where a card was clicked."""
    match body.get("type"):
        case "event_callback":
            await intake.strangers.spoke(body)
            return await ack()
        case "block_actions":
            await _click_turned_away(body, client, intake, workspace)
            return await ack()
        case "view_submission":
            return await _form_turned_away(ack, body["view"], body, intake, workspace)
        case "message_action":
            await whisper(client, _used_on(body), click_answers.ANOTHER_WORKSPACE)
            return await ack()
        case None:  # a slash command
            return await ack(click_answers.ANOTHER_WORKSPACE)
        case _:
            return await ack()


async def _click_turned_away(
    body: dict[str, Any], client: AsyncWebClient, intake: Intake, workspace: str
) -> None:
    click, action = click_of(body), str(body["actions"][0]["action_id"])
    card = card_of(body)[0] if action in CARD else ""
    if not card or not await intake.turn_away(card, click, action, workspace=workspace):
        await whisper(client, click, click_answers.ANOTHER_WORKSPACE)


async def _form_turned_away(
    ack: AsyncAck, view: dict[str, Any], body: dict[str, Any], intake: Intake, workspace: str
) -> BoltResponse:
    if view["callback_id"] in FORMS:
        about = forms.read_submission(view)
        click = submitted(body, about.where, intake.now_ts())
        await intake.turn_away(about.approval_id, click, view["callback_id"], workspace=workspace)
    if not view["state"]["values"]:
        return await ack()
    return await ack(response_action="errors", errors=forms.everywhere(view, click_answers.ANOTHER_WORKSPACE))


def _used_on(body: dict[str, Any]) -> Click:
    """The message that a shortcut was used on, as the place of a click."""
    message: dict[str, Any] = body["message"]
    thread_ts = message.get("thread_ts") or message["ts"]
    return Click(body["user"]["id"], body["channel"]["id"], thread_ts, body["action_ts"], message["ts"])
