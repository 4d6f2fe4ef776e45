"""Messages on their way through Bolt: stored, then acked, and nothing but messages."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.connection.socket import bolt_app, who_am_i
from bot.handlers import fallback, gate
from bot.handlers.intake import Intake
from bot.store import client
from bot.store.follow_ups import FollowUps
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from tests.factories import ANA, NOON, TEAM

BOT = "U0COUNTER1"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncGenerator[AsyncApp]:
    """Bolt as the receiver has it, with a Redis that is not there."""
    keys, sealer = Keys("t", 4), Sealer([Fernet.generate_key().decode()])
    data = {"team_id": TEAM, "user_id": BOT, "bot_id": "B0COUNTER1", "url": "https://acme.example/"}
    slack = AsyncWebClient(token="xoxb-1")
    told = AsyncSlackResponse(
        client=slack, http_verb="POST", api_url="", req_args={}, data=data, headers={}, status_code=200
    )
    async with client.connect_for_acks(f"unix://{tmp_path}/nobody") as redis:
        inbox = Inbox(redis, keys, sealer, dedupe_ttl=timedelta(hours=25), lease=timedelta(seconds=30))
        threads = ThreadStore(redis, keys, sealer)
        intake = Intake(inbox, threads, who_am_i(told), {}, lambda: NOON, FollowUps(redis, keys))
        app = bolt_app(slack, told, intake)
        gate.register(app, intake)
        fallback.register(app)
        yield app


def event(**what: str) -> AsyncBoltRequest:
    """One that Slack delivers of Ana's."""
    told = {"user": ANA, "channel": "C0SUPPORT1", "ts": "1795435200.000001", "team": TEAM} | what
    body: dict[str, Any] = {"type": "event_callback", "event_id": "Ev1", "team_id": TEAM, "event": told}
    return AsyncBoltRequest(mode="socket_mode", body=body)


@pytest.mark.parametrize("kind", ["app_mention", "message"])
async def test_a_message_that_is_not_stored_is_not_acked(
    app: AsyncApp, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await app.async_dispatch(event(type=kind, text=f"<@{BOT}> hi"))

    assert answer.status == 500
    assert [record.message for record in caplog.records] == ["listener failed"]


async def test_a_message_that_is_not_for_the_bot_is_acked(app: AsyncApp) -> None:
    answer = await app.async_dispatch(event(type="message", text="not to the bot", bot_id="B0OTHER"))

    assert answer.status == 200


async def test_any_other_event_goes_on_to_its_listener(app: AsyncApp) -> None:
    answer = await app.async_dispatch(event(type="reaction_added", text=f"<@{BOT}> hi"))

    assert answer.status == 200


async def of_nobody(*_: object, **__: object) -> None:
    pytest.fail("it was taken in")


@pytest.mark.parametrize("own", [{"user": BOT}, {"bot_id": "B0COUNTER1", "user": ""}], ids=["user", "app"])
async def test_what_the_bot_wrote_itself_is_left_to_bolt(
    app: AsyncApp, own: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Intake, "message", of_nobody)
    answer = await app.async_dispatch(event(type="message", text=f"<@{BOT}> hi", **own))

    assert answer.status == 200


async def test_a_message_of_another_workspace_is_acked_and_not_taken_in(
    app: AsyncApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Intake, "message", of_nobody)
    answer = await app.async_dispatch(event(type="message", text=f"<@{BOT}> hi", team="T0OTHER0001"))

    assert answer.status == 200


async def test_the_app_has_a_name_which_bolt_need_not_look_for_through_every_module(app: AsyncApp) -> None:
    assert app.name == "countersign"
