"""The stand-in against the real bolt: what it lets through, and what it refuses as Slack does."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from devkit.slack import workspace as seed
from devkit.slack.server import SlackStandIn

SUPPORT = "C0SUPPORT1"
BUTTON = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, "value": "7"}
CARD = [{"type": "actions", "elements": [BUTTON]}]
MODAL = {
    "type": "modal",
    "callback_id": "why",
    "title": {"type": "plain_text", "text": "Why?"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


TEXT = {"type": "text", "text": "x"}


def rich(kind: str, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": [*parts], **more}]}


def accept_messages(app: AsyncApp) -> list[dict[str, Any]]:
    """Acknowledge every event; returns the list that the bodies are put into."""
    seen: list[dict[str, Any]] = []

    async def take(body: dict[str, Any]) -> None:
        seen.append(body)

    app.event("message")(take)
    app.event("app_mention")(take)
    return seen


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as raised:
        await call
    response = cast(Any, raised.value).response
    return str(response["error"])


async def test_a_mention_is_two_events_of_one_message(slack: SlackStandIn, app: AsyncApp) -> None:
    seen = accept_messages(app)

    ts = await slack.says(seed.ANA, SUPPORT, f"<@{seed.BOT_USER}> hello")
    await slack.until(lambda: sum(one.is_acked for one in slack.deliveries) == 2)

    assert {body["event"]["type"] for body in seen} == {"app_mention", "message"}
    assert {body["event"]["ts"] for body in seen} == {ts}
    assert len({body["event_id"] for body in seen}) == 2


async def test_a_message_in_is_answered_in_its_thread(
    slack: SlackStandIn, app: AsyncApp, client: AsyncWebClient
) -> None:
    async def answer(event: dict[str, Any]) -> None:
        await client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="Hi <!here>")

    app.event("message")(answer)

    ts = await slack.says(seed.ANA, "D0ANA00001", "hello")
    await slack.until(lambda: len(slack.thread("D0ANA00001", ts)) == 2)

    reply = slack.thread("D0ANA00001", ts)[1]
    assert reply.text == "Hi <!here>"
    assert reply.pings == ["<!here>"]


async def test_a_button_is_acknowledged_and_gone_after_the_card_is_closed(
    slack: SlackStandIn, app: AsyncApp, client: AsyncWebClient
) -> None:
    clicked: list[dict[str, Any]] = []

    async def go(ack: Any, body: dict[str, Any]) -> None:
        clicked.append(body)
        await ack()
        await client.chat_update(channel=SUPPORT, ts=body["container"]["message_ts"], text="done")

    app.action("go")(go)
    posted: Any = await client.chat_postMessage(channel=SUPPORT, text="a card", blocks=CARD)

    assert await slack.clicks(seed.OMAR, SUPPORT, posted["ts"], "go")
    await slack.until(lambda: slack.thread(SUPPORT, posted["ts"])[0].text == "done")

    assert clicked[0]["user"]["id"] == seed.OMAR
    assert clicked[0]["actions"][0]["value"] == "7"
    with pytest.raises(LookupError, match="no live button"):
        await slack.clicks(seed.OMAR, SUPPORT, posted["ts"], "go")


async def test_a_modal_opens_shows_errors_and_closes(slack: SlackStandIn, app: AsyncApp) -> None:
    async def open_it(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        reason = view["state"]["values"]["reason"]["text"]["value"]
        await (ack() if reason else ack(response_action="errors", errors={"reason": "Say why"}))

    app.shortcut("reset_thread")(open_it)
    app.view("why")(submitted)
    ts = await slack.says(seed.ANA, SUPPORT, "hello")

    await slack.shortcut(seed.ANA, "reset_thread", SUPPORT, ts)
    await slack.until(lambda: len(slack.views) == 1)
    view_id = next(iter(slack.views))
    errors = await slack.submits(seed.ANA, view_id, {"reason": {"text": {"value": ""}}})

    assert errors["errors"] == {"reason": "Say why"}
    await slack.submits(seed.ANA, view_id, {"reason": {"text": {"value": "late"}}})
    assert slack.views == {}


async def test_a_trigger_lapses_after_three_seconds(slack: SlackStandIn, app: AsyncApp) -> None:
    triggers: list[str] = []

    async def remember(ack: Any, body: dict[str, Any]) -> None:
        triggers.append(body["trigger_id"])
        await ack()

    app.shortcut("reset_thread")(remember)
    ts = await slack.says(seed.ANA, SUPPORT, "hello")
    await slack.shortcut(seed.ANA, "reset_thread", SUPPORT, ts)
    slack.clock.advance(4)

    assert await error_of(app.client.views_open(trigger_id=triggers[0], view=MODAL)) == "expired_trigger_id"


async def test_a_slash_command_is_answered_privately(slack: SlackStandIn, app: AsyncApp) -> None:
    async def reset(ack: Any, command: dict[str, Any]) -> None:
        await ack(f"forgot {command['text']}")

    app.command("/reset")(reset)

    result = await slack.command(seed.ANA, SUPPORT, "/reset", "it")

    assert result == {"text": "forgot it"}
    assert [one.text for one in slack.ephemerals(seed.ANA)] == ["forgot it"]
    assert await slack.command(seed.ANA, SUPPORT, "/unknown") is None


async def test_a_duplicate_has_the_same_event_id(slack: SlackStandIn, app: AsyncApp) -> None:
    seen = accept_messages(app)
    slack.duplicate_next(1)

    ts = await slack.says(seed.ANA, SUPPORT, "hello")
    await slack.until(lambda: len(seen) == 2)
    await slack.deliver_again(ts)
    await slack.until(lambda: len(seen) == 3)

    assert len({body["event_id"] for body in seen}) == 1


async def test_after_a_disconnect_the_app_is_back_and_gets_events(slack: SlackStandIn, app: AsyncApp) -> None:
    seen = accept_messages(app)

    connections = len([call for call in slack.calls if call.method == "apps.connections.open"])
    await slack.disconnect()
    await slack.until(
        lambda: len([c for c in slack.calls if c.method == "apps.connections.open"]) > connections
    )
    await slack.until(lambda: slack.sockets == 1)
    await slack.says(seed.ANA, SUPPORT, "hello")

    await slack.until(lambda: len(seen) == 1)


async def test_too_many_posts_are_refused_until_time_has_passed(
    slack: SlackStandIn, client: AsyncWebClient
) -> None:
    for _ in range(80):
        await client.chat_postMessage(channel=SUPPORT, text="again")
    with pytest.raises(SlackApiError) as raised:
        await client.chat_postMessage(channel=SUPPORT, text="again")

    refused = cast(Any, raised.value).response
    assert refused.status_code == 429
    slack.clock.advance(int(refused.headers["Retry-After"]))
    await client.chat_postMessage(channel=SUPPORT, text="once more")


@pytest.mark.parametrize(
    "blocks",
    [
        [{"type": "section", "text": {"type": "mrkdwn", "text": ""}}],
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}],
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x"}, "colour": "red"}],
        [{"type": "banner"}],
        [{"type": "actions", "elements": [BUTTON | {"value": "x" * 2001}]}],
        [{"type": "divider"}] * 51,
        [{"type": "divider", "block_id": "x" * 256}],
        [{"type": "markdown", "text": "x" * 6001}] * 2,
        [{"type": "header", "text": {"type": "plain_text", "text": "x", "emoji": "no"}}],
        [{"type": "rich_text", "elements": []}],
        [{"type": "rich_text", "elements": [{"type": "rich_text_table", "elements": [TEXT]}]}],
        [rich("rich_text_section")],
        [rich("rich_text_section", {"type": "text", "text": ""})],
        [rich("rich_text_section", {"type": "text", "text": "x", "colour": "red"})],
        [rich("rich_text_section", {"type": "text", "text": "x", "style": {"loud": True}})],
        [rich("rich_text_section", {"type": "user"})],
        [rich("rich_text_preformatted", {"type": "user", "user_id": seed.ANA})],
        [rich("rich_text_list", TEXT, style="bullet")],
        [rich("rich_text_list", {"type": "rich_text_section", "elements": [TEXT]}, style="roman")],
        [rich("rich_text_list", {"type": "rich_text_section", "elements": [TEXT]}, style="bullet", indent=9)],
        [rich("rich_text_quote", TEXT, style="bullet")],
    ],
)
async def test_blocks_that_slack_refuses_are_refused(
    client: AsyncWebClient, blocks: list[dict[str, Any]]
) -> None:
    assert (
        await error_of(client.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks)) == "invalid_blocks"
    )


async def test_scopes_tokens_and_methods_are_checked(slack: SlackStandIn, client: AsyncWebClient) -> None:
    stranger = AsyncWebClient(token="xoxb-wrong", base_url=slack.api_url)
    swapped = AsyncWebClient(token=slack.app_token, base_url=slack.api_url)

    assert (
        await error_of(client.reactions_add(channel=SUPPORT, name="eyes", timestamp="1.1")) == "missing_scope"
    )
    assert await error_of(stranger.auth_test()) == "invalid_auth"
    assert await error_of(swapped.auth_test()) == "not_allowed_token_type"
    assert await error_of(client.api_call("chat.teleport")) == "unknown_method"
    assert "chat:write" in (await client.auth_test()).headers["x-oauth-scopes"]


async def test_the_bot_changes_its_own_messages_alone_and_metadata_stays(
    slack: SlackStandIn, client: AsyncWebClient
) -> None:
    theirs = await slack.says(seed.ANA, SUPPORT, "hello")
    metadata = {"event_type": "reply", "event_payload": {"part": 1}}
    mine: Any = await client.chat_postMessage(channel=SUPPORT, thread_ts=theirs, text="a", metadata=metadata)

    await client.chat_update(channel=SUPPORT, ts=mine["ts"], text="b")
    replies: Any = await client.conversations_replies(channel=SUPPORT, ts=theirs, include_all_metadata=True)

    assert replies["messages"][1]["text"] == "b"
    assert replies["messages"][1]["metadata"] == metadata
    assert await error_of(client.chat_update(channel=SUPPORT, ts=theirs, text="b")) == "cant_update_message"
    long = client.chat_update(channel=SUPPORT, ts=mine["ts"], text="x" * 4001)
    assert await error_of(long) == "msg_too_long"


async def test_a_fault_is_answered_once(slack: SlackStandIn, client: AsyncWebClient) -> None:
    slack.fault("auth.test", error="fatal_error")

    assert await error_of(client.auth_test()) == "fatal_error"
    assert (await client.auth_test())["ok"]


async def test_the_page_posts_sees_its_state_and_hears_of_changes(slack: SlackStandIn) -> None:
    async with (
        aiohttp.ClientSession(slack.url) as http,
        http.ws_connect(f"/page/events?as={seed.THEO}") as ws,
    ):
        async with http.post(
            "/page/post", json={"as": seed.ANA, "channel": SUPPORT, "text": "hi"}
        ) as response:
            assert (await response.json())["ok"]
        frame = await asyncio.wait_for(ws.receive_json(), 5)
        async with http.get(f"/page/state?as={seed.THEO}") as response:
            state = await response.json()
        refused = {"as": seed.ANA, "channel": SUPPORT, "thread_ts": "1", "command": "/reset", "text": ""}
        async with http.post("/page/command", json=refused) as response:
            assert response.status == 200

    assert frame["message"]["text"] == "hi"
    assert [one["text"] for one in state["messages"][SUPPORT]] == ["hi"]
    assert "slash_commands" not in [one.kind for one in slack.deliveries]


async def test_an_event_that_found_no_socket_comes_when_one_opens(
    slack: SlackStandIn, client: AsyncWebClient
) -> None:
    await slack.says(seed.ANA, SUPPORT, "hello")
    bolt = AsyncApp(client=client, process_before_response=True)
    seen = accept_messages(bolt)
    handler = AsyncSocketModeHandler(bolt, slack.app_token)

    await handler.connect_async()
    await slack.until(lambda: slack.deliveries[0].is_acked)
    await handler.close_async()

    assert slack.deliveries[0].history == [False, True]
    assert len(seen) == 1


async def test_the_page_changes_and_deletes_ones_own_messages_and_no_others(slack: SlackStandIn) -> None:
    ts = await slack.says(seed.ANA, SUPPORT, "hi")
    message = slack.thread(SUPPORT, ts)[0]
    said: list[bool] = []
    async with aiohttp.ClientSession(slack.url) as http:
        for user in (seed.OMAR, seed.ANA):
            for deed in ({"deed": "edit", "text": "hello"}, {"deed": "delete"}):
                body = {"as": user, "channel": SUPPORT, "ts": ts} | deed
                async with http.post(f"/page/{deed['deed']}", json=body) as response:
                    said.append((await response.json())["ok"])

    assert said == [False, False, True, True]
    assert message.text == "hello"
    assert slack.thread(SUPPORT, ts) == []
