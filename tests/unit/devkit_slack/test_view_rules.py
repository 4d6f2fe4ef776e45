"""Which views the stand-in refuses, as Slack does."""

from __future__ import annotations

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from devkit.slack import workspace as seed
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


@pytest.mark.parametrize(
    "view",
    [
        modal(),
        home(title=plain("Home")),
        home(*[{"type": "divider"}] * 101),
        home({"type": "markdown", "text": "hello"}),
        home(ROW, block_id="x"),
        home(HEADER | {"text": plain("x" * 151)}),
        home(private_metadata="x" * 3001),
        {"type": "home"},
    ],
)
async def test_a_home_that_slack_refuses_is_refused(client: AsyncWebClient, view: Json) -> None:
    assert await error_of(client.views_publish(user_id=seed.ANA, view=view)) == "invalid_arguments"


CONFIRM = {"title": plain("Sure?"), "text": plain("Really?"), "confirm": plain("Yes"), "deny": plain("No")}


@pytest.mark.parametrize(
    "element",
    [
        {"type": "slider", "action_id": "a"},
        TEXT | {"colour": "red"},
        TEXT | {"min_length": 5, "max_length": 4},
        {"type": "number_input", "action_id": "a"},
        {"type": "number_input", "is_decimal_allowed": False, "initial_value": "1.5"},
        {"type": "number_input", "is_decimal_allowed": True, "max_value": "1", "initial_value": "2"},
        {"type": "static_select", "options": []},
        {"type": "static_select", "options": [option("x")], "initial_option": option("y")},
        {"type": "radio_buttons", "options": [option(f"x{n}") for n in range(11)]},
        {"type": "checkboxes", "options": [option("x")], "initial_options": []},
        {"type": "datepicker", "initial_date": "01.10.2026"},
        {"type": "timepicker", "initial_time": "9:30"},
        {"type": "datetimepicker", "initial_date_time": "tomorrow"},
        {"type": "users_select", "initial_user": "ana"},
        button("a", "1"),
    ],
)
async def test_an_input_that_slack_refuses_is_refused(client: AsyncWebClient, element: Json) -> None:
    call = client.views_open(trigger_id="any", view=modal(field("why", element)))

    assert await error_of(call) == "invalid_arguments"


@pytest.mark.parametrize(
    "view",
    [
        modal(WHY, submit=None),
        modal(WHY, title=plain("x" * 25)),
        modal(WHY, WHY),
        modal({"type": "input", "element": TEXT}),
        modal({"type": "input", "label": plain("Label")}),
        modal({"type": "actions", "elements": []}),
        modal({"type": "actions", "elements": [TEXT]}),
        modal(
            {"type": "actions", "elements": [button("a", "1", confirm=CONFIRM | {"title": plain("x" * 101)})]}
        ),
        modal(
            {"type": "actions", "elements": [button("a", "1", confirm=CONFIRM | {"text": plain("x" * 301)})]}
        ),
        modal(
            {"type": "actions", "elements": [button("a", "1", confirm=CONFIRM | {"deny": plain("x" * 31)})]}
        ),
        modal(ROW | {"fields": [plain("x" * 2001)]}),
    ],
)
async def test_a_form_that_slack_refuses_is_refused(client: AsyncWebClient, view: Json) -> None:
    assert await error_of(client.views_open(trigger_id="any", view=view)) == "invalid_arguments"
