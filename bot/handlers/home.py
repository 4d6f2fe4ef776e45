"""The Home tab: opened, and its buttons that are not of a card."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.handlers.clicks import click_of, submitted
from bot.handlers.intake import Intake
from bot.slack import actions, home
from bot.slack.forms import ClickedAt


def register(app: AsyncApp, intake: Intake) -> None:
    """Listen to `app_home_opened`, to the stand-in buttons and to their form."""

    @app.event("app_home_opened")
    async def on_opened(event: dict[str, Any], body: dict[str, Any]) -> None:
        if event.get("tab") == "home":
            await intake.home(event["user"], delivery_id=body["event_id"])

    @app.action(actions.STAND_IN)
    async def on_stand_in(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await intake.forms.open(client, body, home.stand_in_view(click_of(body).at))

    @app.action(actions.RETURN)
    async def on_return(ack: AsyncAck, body: dict[str, Any]) -> None:
        await intake.stand_in(click_of(body), "", None)
        await ack()

    @app.view(actions.STAND_IN_FORM)
    async def on_stand_in_form(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        to, until = home.read_stand_in(view)
        click = submitted(body, ClickedAt("", ""), intake.now_ts())
        problem = await intake.stand_in(click, to, until)
        errors = home.stand_in_problem(problem)
        await (ack(response_action="errors", errors=errors) if problem else ack())
