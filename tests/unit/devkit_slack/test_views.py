"""Views in the stand-in: the Home, stacked forms, what their elements send, and what Slack refuses."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from devkit.slack import workspace as seed
from devkit.slack.server import SlackStandIn
from tests.unit.devkit_slack.conftest import MANIFEST
from tests.unit.devkit_slack.pieces import (
    HEADER,
    ROW,
    TEXT,
    WHY,
    Json,
    button,
    error_of,
    field,
    home,
    modal,
    option,
    plain,
)

SUPPORT = "C0SUPPORT1"


def manifest(*, enabled: bool = True) -> Json:
    changed = copy.deepcopy(MANIFEST)
    changed["features"]["app_home"]["home_tab_enabled"] = enabled
    subscribed = changed["settings"]["event_subscriptions"]["bot_events"]
    subscribed += [name for name in ("app_home_opened",) if name not in subscribed]
    return changed


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    stand_in = SlackStandIn(manifest(), strict_pace=False)
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


def hear(app: AsyncApp, *actions: str) -> list[Json]:
    """Acknowledge these actions; returns the list that their bodies are put into."""
    heard: list[Json] = []

    async def take(ack: Any, body: Json) -> None:
        heard.append(body)
        await ack()

    for action in actions:
        app.action(action)(take)
    return heard


def answer(app: AsyncApp, **what: Any) -> list[Json]:
    """Answer submissions of the form like this; returns the list that the views are put into."""
    submitted: list[Json] = []

    async def take(ack: Any, view: Json) -> None:
        submitted.append(view)
        await ack(**what)

    app.view("form")(take)
    return submitted


async def show(slack: SlackStandIn, app: AsyncApp, view: Json) -> str:
    """Let a person open a form; returns its id."""

    async def open_it(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    app.shortcut("reset_thread")(open_it)
    ts = await slack.says(seed.ANA, SUPPORT, "hello")
    await slack.shortcut(seed.ANA, "reset_thread", SUPPORT, ts)
    await slack.until(lambda: slack.views)
    return next(iter(slack.views))


async def test_a_home_is_published_and_each_later_opening_carries_it(
    slack: SlackStandIn, app: AsyncApp, client: AsyncWebClient
) -> None:
    events: list[Json] = []

    async def opened(event: Json) -> None:
        events.append(event)

    app.event("app_home_opened")(opened)
    await slack.opens_home(seed.ANA)
    await slack.until(lambda: len(events) == 1)
    published: Any = await client.views_publish(user_id=seed.ANA, view=home(HEADER, ROW))
    await slack.opens_home(seed.ANA)
    await slack.until(lambda: len(events) == 2)

    assert slack.home_text(seed.ANA).splitlines() == ["Waiting for you", "A refund", "Go"]
    assert slack.home_text(seed.OMAR) == ""
    assert (events[0]["tab"], events[0]["channel"], "view" in events[0]) == ("home", "D0ANA00001", False)
    assert events[1]["view"]["hash"] == published["view"]["hash"] == slack.homes[seed.ANA]["hash"]


async def test_publishing_wakes_whoever_waits(slack: SlackStandIn, client: AsyncWebClient) -> None:
    waiting = asyncio.create_task(slack.until(lambda: "Waiting" in slack.home_text(seed.ANA)))
    await client.views_publish(user_id=seed.ANA, view=home(HEADER))

    await waiting


async def test_a_home_keeps_its_id_and_refuses_an_old_hash(
    slack: SlackStandIn, client: AsyncWebClient
) -> None:
    first: Any = await client.views_publish(user_id=seed.ANA, view=home(HEADER))
    old = first["view"]["hash"]
    second: Any = await client.views_publish(user_id=seed.ANA, view=home(ROW), hash=old)
    again = client.views_publish(user_id=seed.ANA, view=home(), hash=old)
    never = client.views_publish(user_id=seed.OMAR, view=home(), hash=old)

    assert first["view"]["id"] == second["view"]["id"]
    assert await error_of(again) == "hash_conflict"
    assert await error_of(never) == "hash_conflict"
    assert "A refund" in slack.home_text(seed.ANA)


async def test_a_home_needs_a_person_and_a_manifest_with_a_home(client: AsyncWebClient) -> None:
    bare = SlackStandIn(manifest(enabled=False))
    await bare.start()
    other = AsyncWebClient(token=bare.bot_token, base_url=bare.api_url)

    assert await error_of(client.views_publish(user_id="U0NOBODY", view=home())) == "user_not_found"
    assert await error_of(other.views_publish(user_id=seed.ANA, view=home())) == "not_enabled"
    with pytest.raises(LookupError, match="not enabled"):
        await bare.opens_home(seed.ANA)
    await bare.stop()


async def test_a_button_of_a_home_says_which_home_and_no_message(
    slack: SlackStandIn, app: AsyncApp, client: AsyncWebClient
) -> None:
    heard = hear(app, "open")
    picker = {"type": "users_select", "action_id": "who", "initial_user": seed.MEI}
    row = {"type": "actions", "block_id": "row", "elements": [button("open", "1"), picker]}
    await client.views_publish(user_id=seed.ANA, view=home(row, ROW | {"accessory": button("open", "2")}))

    assert await slack.clicks_home(seed.ANA, "open", value="2")
    with pytest.raises(LookupError, match="no live button"):
        await slack.clicks_home(seed.ANA, "open", value="3")
    with pytest.raises(LookupError, match="no Home"):
        await slack.clicks_home(seed.OMAR, "open")

    body = heard[0]
    assert body["actions"][0]["value"] == "2"
    assert body["container"] == {"type": "view", "view_id": slack.homes[seed.ANA]["id"]}
    state = {"row": {"who": {"type": "users_select", "selected_user": seed.MEI}}}
    assert body["view"]["state"]["values"] == state
    assert {"message", "channel"} & set(body) == set()


FORM = modal(
    field("text", TEXT | {"initial_value": "hi", "multiline": True}),
    field("number", {"type": "number_input", "action_id": "a", "is_decimal_allowed": True, "max_value": "9"}),
    field("one", {"type": "static_select", "action_id": "a", "options": [option("x"), option("y")]}),
    field(
        "radio",
        {"type": "radio_buttons", "action_id": "a", "options": [option("x")], "initial_option": option("x")},
    ),
    field(
        "many", {"type": "checkboxes", "action_id": "also", "options": [option("x")]}, dispatch_action=True
    ),
    field("who", {"type": "users_select", "action_id": "a", "initial_user": seed.MEI}),
    field("day", {"type": "datepicker", "action_id": "a", "initial_date": "2026-10-01"}),
    field("time", {"type": "timepicker", "action_id": "a", "initial_time": "09:30"}),
    field("at", {"type": "datetimepicker", "action_id": "a", "initial_date_time": 1790000000}),
)


async def test_a_form_is_submitted_with_what_was_given_and_what_was_there(
    slack: SlackStandIn, app: AsyncApp
) -> None:
    submitted = answer(app)
    heard = hear(app, "also")
    view_id = await show(slack, app, FORM)

    assert await slack.clicks_view(
        seed.ANA, view_id, "also", value=["x"], values={"text": {"a": {"value": "ho"}}}
    )
    await slack.submits(seed.ANA, view_id, {"number": {"a": {"value": "2.5"}}})

    assert heard[0]["actions"][0]["selected_options"] == [option("x")]
    assert heard[0]["view"]["state"]["values"]["text"]["a"]["value"] == "ho"
    held = submitted[0]["state"]["values"]
    assert {block: state for block, states in held.items() for state in states.values()} == {
        "text": {"type": "plain_text_input", "value": "ho"},
        "number": {"type": "number_input", "value": "2.5"},
        "one": {"type": "static_select", "selected_option": None},
        "radio": {"type": "radio_buttons", "selected_option": option("x")},
        "many": {"type": "checkboxes", "selected_options": [option("x")]},
        "who": {"type": "users_select", "selected_user": seed.MEI},
        "day": {"type": "datepicker", "selected_date": "2026-10-01"},
        "time": {"type": "timepicker", "selected_time": "09:30"},
        "at": {"type": "datetimepicker", "selected_date_time": 1790000000},
    }


async def test_an_input_without_dispatch_says_nothing_before_the_form_is_sent(
    slack: SlackStandIn, app: AsyncApp
) -> None:
    view_id = await show(slack, app, modal(WHY))

    with pytest.raises(LookupError, match="when the form is submitted"):
        await slack.clicks_view(seed.ANA, view_id, "a", value="x")
    with pytest.raises(LookupError, match="no input"):
        await slack.submits(seed.ANA, view_id, {"what": {"a": {"value": "x"}}})
    with pytest.raises(LookupError, match="no form"):
        await slack.clicks_view(seed.OMAR, view_id, "a")


async def test_an_update_keeps_what_was_typed_and_checks_hash_and_id(
    slack: SlackStandIn, app: AsyncApp, client: AsyncWebClient
) -> None:
    hear(app, "more")
    submitted = answer(app)
    more = {"type": "actions", "elements": [button("more", "1")]}
    view_id = await show(slack, app, modal(WHY, more, external_id="mine"))
    old = slack.views[view_id].body["hash"]
    await slack.clicks_view(seed.ANA, view_id, "more", values={"why": {"a": {"value": "so"}}})

    longer = modal(WHY, field("what", TEXT), external_id="mine")
    await client.views_update(external_id="mine", view=longer, hash=old)
    late = client.views_update(view_id=view_id, view=longer, hash=old)
    unknown = client.views_update(view_id="V0", view=longer)

    assert await error_of(late) == "hash_conflict"
    assert await error_of(unknown) == "not_found"
    await slack.submits(seed.ANA, view_id, {})
    values = submitted[0]["state"]["values"]
    assert (values["why"]["a"]["value"], values["what"]["a"]["value"]) == ("so", None)


async def test_errors_keep_a_form_open_and_must_name_its_inputs(slack: SlackStandIn, app: AsyncApp) -> None:
    answers = [{"why": "Say more"}, {"what": "There is no such input"}]
    frames: list[Json] = []

    async def take(ack: Any) -> None:
        await ack(response_action="errors", errors=answers.pop(0))

    app.view("form")(take)
    view_id = await show(slack, app, modal(WHY))
    slack.workspace.watch(lambda frame, _: frames.append(frame))
    result = await slack.submits(seed.ANA, view_id, {"why": {"a": {"value": "x"}}})

    assert result["errors"] == {"why": "Say more"}
    assert "notice" not in {frame["type"] for frame in frames}
    await slack.submits(seed.ANA, view_id, {})
    assert "We had some trouble" in next(frame["text"] for frame in frames if frame["type"] == "notice")
    assert list(slack.views) == [view_id]


async def test_an_answer_replaces_stacks_and_clears_forms(slack: SlackStandIn, app: AsyncApp) -> None:
    answers: list[Json] = [
        {"response_action": "update", "view": modal(WHY, title=plain("Second"))},
        {"response_action": "push", "view": modal(WHY, title=plain("Third"))},
        {"response_action": "push", "view": modal(WHY, title=plain("Fourth"))},
        {"response_action": "push", "view": modal(WHY, title=plain("One too many"))},
        {"response_action": "clear"},
    ]

    async def take(ack: Any) -> None:
        await ack(**answers.pop(0))

    app.view("form")(take)
    await show(slack, app, modal(WHY))
    seen: list[list[str]] = []
    while slack.views:
        await slack.submits(seed.ANA, list(slack.views)[-1], {"why": {"a": {"value": "x"}}})
        seen.append([view.body["title"]["text"] for view in slack.views.values()])

    stack = ["Second", "Third", "Fourth"]
    assert seen == [stack[:1], stack[:2], stack, stack, []]


async def test_a_pushed_form_gives_way_to_the_one_below_and_closing_is_told(
    slack: SlackStandIn, app: AsyncApp
) -> None:
    closed: list[Json] = []

    async def push(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_push(trigger_id=body["trigger_id"], view=modal(WHY, notify_on_close=True))

    async def take(ack: Any, body: Json) -> None:
        closed.append(body)
        await ack()

    app.action("more")(push)
    app.view_closed("form")(take)
    view_id = await show(slack, app, modal({"type": "actions", "elements": [button("more", "1")]}))
    await slack.clicks_view(seed.ANA, view_id, "more")
    await slack.until(lambda: len(slack.views) == 2)
    top = slack.views[list(slack.views)[-1]]
    await slack.closes(seed.ANA, top.id)

    assert top.body["previous_view_id"] == top.body["root_view_id"] == view_id
    assert list(slack.views) == [view_id]
    assert closed[0]["is_cleared"] is False


async def test_a_trigger_opens_one_form_and_no_two(slack: SlackStandIn, app: AsyncApp) -> None:
    await show(slack, app, modal(WHY))
    used = next(one for one in slack.deliveries if one.kind == "interactive").payload["trigger_id"]

    assert await error_of(app.client.views_open(trigger_id=used, view=modal(WHY))) == "exchanged_trigger_id"
    assert await error_of(app.client.views_open(trigger_id="x", view=modal(WHY))) == "invalid_trigger_id"


async def test_the_page_uses_views_as_a_person_does(slack: SlackStandIn, app: AsyncApp) -> None:
    heard = hear(app, "open")
    async with (
        aiohttp.ClientSession(slack.url) as http,
        http.ws_connect(f"/page/events?as={seed.ANA}") as ws,
    ):
        await app.client.views_publish(user_id=seed.ANA, view=home(ROW | {"block_id": "row"}))
        frame = await asyncio.wait_for(ws.receive_json(), 5)
        while frame["type"] != "home":
            frame = await asyncio.wait_for(ws.receive_json(), 5)
        deed = {"as": seed.ANA, "view_id": frame["view"]["id"], "block_id": "row", "action_id": "open"}
        async with http.post("/page/view_action", json=deed | {"value": "1", "values": {}}) as response:
            assert (await response.json()) == {"ok": True}
        async with http.post("/page/view_action", json=deed | {"as": seed.OMAR}) as response:
            assert "not there any more" in (await response.json())["error"]
        async with http.get(f"/page/state?as={seed.ANA}") as response:
            state = await response.json()

    assert heard[0]["container"]["view_id"] == state["home"]["view"]["id"]
    assert state["home"]["enabled"] is True
