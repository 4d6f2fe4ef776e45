"""Forms of schemas that others wrote: several types, arguments that may be missing, choices of nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.agents.tools.schema_check import checked
from bot.domain.approvals.approval import Offers, canonical
from bot.domain.approvals.tool_form import ToolForm
from bot.slack import forms
from tests.factories import an_approval
from tests.unit.slack import block_kit
from tests.unit.slack.test_forms import WHERE, filled

#: As servers of MCP write them.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "replicas": {"type": "integer"},
        "note": {"type": ["string", "null"]},
        "label": {"type": "string"},
        "limit": {"oneOf": [{"type": "integer"}, {"type": "null"}]},
        "force": {"type": "boolean"},
        "zone": {"type": "string", "enum": ["", "north", "south"]},
        "size": {"enum": ["S", "M", None]},
    },
    "required": ["replicas", "note"],
    "additionalProperties": False,
}
FORM = ToolForm("scale", SCHEMA, tuple(SCHEMA["properties"]), checked(SCHEMA))


def edited(arguments: dict[str, Any], **given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    approval = an_approval(arguments=canonical(arguments), offers=Offers(editable=FORM.editable))
    view = forms.edit_view(approval, FORM, WHERE)
    block_kit.check_view(view)
    written, problems = forms.read_edit(filled(view, **given), FORM, approval)
    return json.loads(written), problems


@pytest.mark.parametrize(
    "arguments",
    [
        {"replicas": 2, "note": None},
        {"replicas": 2, "note": "hi", "label": "", "limit": None, "zone": "", "size": None},
        {"replicas": 2, "note": "hi", "label": "x", "limit": 3, "force": False, "zone": "south", "size": "M"},
    ],
    ids=str,
)
def test_a_form_sent_back_as_it_was_adds_nothing_and_takes_nothing_away(arguments: dict[str, Any]) -> None:
    assert edited(arguments) == (arguments, {})


def test_one_argument_is_changed_and_those_that_are_missing_stay_so() -> None:
    assert edited({"replicas": 2, "note": None}, replicas={"value": "3"}) == (
        {"replicas": 3, "note": None},
        {},
    )


@pytest.mark.parametrize(
    ("name", "state", "value"),
    [
        ("note", {"value": "why"}, "why"),
        ("label", {"value": "a"}, "a"),
        ("limit", {"value": "7"}, 7),
        ("force", {"selected_option": {"value": "true"}}, True),
        ("zone", {"selected_option": {"value": '""'}}, ""),
        ("size", {"selected_option": {"value": '"S"'}}, "S"),
    ],
)
def test_what_was_missing_can_be_filled_in(name: str, state: dict[str, Any], value: object) -> None:
    before = {"replicas": 2, "note": None}

    assert edited(before, **{name: state}) == (before | {name: value}, {})


def test_slack_insists_on_what_has_to_be_there_alone() -> None:
    approval = an_approval(
        arguments=canonical({"replicas": 2, "note": None}), offers=Offers(editable=FORM.editable)
    )
    view = forms.edit_view(approval, FORM, WHERE)
    insisted = [b["label"]["text"] for b in view["blocks"] if b["type"] == "input" and not b["optional"]]

    assert insisted == ["Replicas"]


def test_every_choice_has_a_text() -> None:
    approval = an_approval(
        arguments=canonical({"replicas": 2, "note": "x"}), offers=Offers(editable=("zone", "size"))
    )
    view = forms.edit_view(approval, FORM, WHERE)
    shown = [
        [o["text"]["text"] for o in b["element"]["options"]] for b in view["blocks"] if b["type"] == "input"
    ]

    assert shown == [["(empty)", "north", "south"], ["S", "M"]]
