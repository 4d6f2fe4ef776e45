"""Forms built from a tool's schema, and what they bring back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approvals.approval import ApprovalStatus, Edit, Offers, canonical
from bot.domain.approvals.preview import Preview
from bot.domain.approvals.tool_form import ToolForm
from bot.slack import actions, forms, limits
from bot.slack.changes import changes
from bot.slack.edit_fields import block_id
from bot.slack.forms import ClickedAt
from tests.factories import NOON, OMAR, an_approval
from tests.unit.slack import block_kit
from tests.unit.slack.test_cards import HOSTILE

WHERE = ClickedAt("C0FINANCE1", "1795435200.000100", "1795435200.000200")
SCHEMA = {
    "properties": {
        "amount": {"type": "string", "description": "A decimal with two places."},
        "count": {"type": "integer"},
        "rate": {"type": "number"},
        "currency": {"enum": ["USD", "EUR"], "type": "string"},
        "size": {"$ref": "#/$defs/Size"},
        "urgent": {"type": "boolean"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "lines": {"type": "array", "items": {"type": "string"}},
    },
    "$defs": {"Size": {"enum": ["S", "M"], "type": "string"}},
}
ARGUMENTS: dict[str, Any] = {
    "amount": "29.00",
    "count": 2,
    "rate": 0.5,
    "currency": "USD",
    "size": "M",
    "urgent": True,
    "note": None,
    "lines": ["a", "b"],
}


def a_form(problems: Mapping[str, str] | None = None) -> ToolForm:
    return ToolForm("issue_refund", SCHEMA, tuple(ARGUMENTS), lambda arguments: problems or {})


APPROVAL = an_approval(arguments=canonical(ARGUMENTS), offers=Offers(editable=tuple(ARGUMENTS)))


def filled(view: dict[str, Any], **given: dict[str, Any]) -> dict[str, Any]:
    """The form as it comes back: what stood in it at first, and what was given."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            state: dict[str, Any] = {"value": element.get("initial_value")}
            if element["type"] == "static_select":
                state = {"selected_option": element.get("initial_option")}
            values[block["block_id"]] = {"value": given.get(block["block_id"].removeprefix("edit:"), state)}
    return view | {"state": {"values": values}}


def test_every_kind_of_argument_has_a_field_that_suits_it() -> None:
    view = forms.edit_view(APPROVAL, a_form(), WHERE)
    kinds = {b["label"]["text"]: b["element"]["type"] for b in view["blocks"] if b["type"] == "input"}

    block_kit.check_view(view)
    assert kinds == {
        "Amount": "plain_text_input",
        "Count": "number_input",
        "Rate": "number_input",
        "Currency": "static_select",
        "Size": "static_select",
        "Urgent": "static_select",
        "Note": "plain_text_input",
        "Lines": "plain_text_input",
    }


def test_a_form_sent_back_as_it_was_changes_nothing() -> None:
    view = forms.edit_view(APPROVAL, a_form(), WHERE)

    assert forms.read_edit(filled(view), a_form(), APPROVAL) == (APPROVAL.arguments, {})


@pytest.mark.parametrize(
    ("name", "state", "value"),
    [
        ("amount", {"value": "25.00"}, "25.00"),
        ("amount", {"value": None}, ""),
        ("note", {"value": None}, None),
        ("note", {"value": "hi"}, "hi"),
        ("count", {"value": "7"}, 7),
        ("rate", {"value": "0.25"}, 0.25),
        ("currency", {"selected_option": {"value": '"EUR"'}}, "EUR"),
        ("urgent", {"selected_option": {"value": "false"}}, False),
        ("lines", {"value": '["c"]'}, ["c"]),
    ],
)
def test_a_changed_field_comes_back_as_what_it_is(name: str, state: dict[str, Any], value: object) -> None:
    view = filled(forms.edit_view(APPROVAL, a_form(), WHERE), **{name: state})
    arguments, problems = forms.read_edit(view, a_form(), APPROVAL)

    assert problems == {}
    assert json.loads(arguments) == ARGUMENTS | {name: value}


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("count", {"value": "many"}, "A number, please."),
        ("rate", {"value": "NaN"}, "A number, please."),
        ("rate", {"value": "1e999"}, "A number, please."),
        ("lines", {"value": "[" * 3_000}, "This is not valid JSON."),
        ("lines", {"value": "[1,"}, "This is not valid JSON."),
    ],
)
def test_what_cannot_be_read_is_said_below_its_field(name: str, state: dict[str, Any], words: str) -> None:
    view = filled(forms.edit_view(APPROVAL, a_form(), WHERE), **{name: state})

    assert forms.read_edit(view, a_form(), APPROVAL)[1] == {block_id(name): words}


def test_what_the_tool_refuses_is_said_below_its_field_or_the_first() -> None:
    view = filled(forms.edit_view(APPROVAL, a_form(), WHERE))

    refused = forms.read_edit(view, a_form({"amount": "too short"}), APPROVAL)[1]
    assert refused == {"edit:amount": "too short"}
    hidden = forms.read_edit(view, a_form({"elsewhere": "x"}), APPROVAL)[1]
    assert hidden == {"edit:amount": "This cannot be done with these values."}


def test_only_what_the_policy_allows_can_be_edited() -> None:
    approval = an_approval(arguments=canonical(ARGUMENTS), offers=Offers(editable=("amount",)))
    view = forms.edit_view(approval, a_form(), WHERE)
    forged = filled(view)
    forged["state"]["values"]["edit:count"] = {"value": {"value": "9"}}

    assert [b["label"]["text"] for b in view["blocks"] if b["type"] == "input"] == ["Amount"]
    assert json.loads(forms.read_edit(forged, a_form(), approval)[0])["count"] == 2


@given(st.text(max_size=4000))
def test_whatever_is_written_in_an_argument_the_form_is_one_that_slack_takes(text: str) -> None:
    approval = an_approval(
        arguments=canonical(ARGUMENTS | {"amount": text, "other": text}), offers=APPROVAL.offers
    )
    view = forms.edit_view(approval, a_form(), WHERE)

    block_kit.check_view(view)


def test_a_submission_says_what_it_is_about_and_where_it_was_opened() -> None:
    for view in (forms.edit_view(APPROVAL, a_form(), WHERE), forms.reject_view(APPROVAL, WHERE)):
        about = forms.read_submission(view)
        assert (about.approval_id, about.where) == (APPROVAL.id, WHERE)
        assert APPROVAL.digest.startswith(about.fingerprint)
        assert len(view["private_metadata"]) <= limits.PRIVATE_METADATA
        assert len(view["title"]["text"]) <= limits.VIEW_TITLE


@pytest.mark.parametrize(
    ("written", "read"),
    [("  twice  ", "twice"), (None, ""), ("x" * 5000, "x" * 1000)],
    ids=["blanks", "none", "long"],
)
def test_the_form_behind_reject_brings_the_reason_back(written: str | None, read: str) -> None:
    view = forms.reject_view(an_approval(tool=HOSTILE), WHERE)
    view["state"] = {"values": {"reason": {"reason_text": {"value": written}}}}

    block_kit.check_view(view)
    assert view["callback_id"] == actions.REJECT_FORM
    assert forms.read_reason(view) == read


def test_a_form_that_would_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        forms.reject_view(an_approval(id="x" * 3000), WHERE)


def test_everything_is_shown_to_the_last_character() -> None:
    body = "".join(f"{number:06d} " for number in range(15_000))
    change = Edit(OMAR, NOON, canonical({"body": "x"}), canonical({"body": body}))
    view = forms.details_view(an_approval(arguments=change.after, edits=(change,)))
    texts = [text for kind, text in block_kit.typed_texts(view["blocks"]) if kind == "rich_text_preformatted"]

    assert f'body: "{body}"' in "".join(texts).replace("↪ ", "")
    block_kit.check_view(view)


def test_what_is_too_long_even_for_a_form_is_said() -> None:
    approval = an_approval(arguments=canonical({"body": "x" * 400_000}))
    view = forms.details_view(approval, forms.ClickedAt("C0FINANCE1", "1795435200.000100"))

    assert "characters are not shown" in str(view["blocks"])
    assert "submit" not in view, "nobody approves what not even the form shows"
    block_kit.check_view(view)


@pytest.mark.parametrize(
    "arguments",
    [{f"line_{n:03d}": "x" * 1300 for n in range(100)}, {"body": "漢" * 60_000}],
    ids=["many lines", "wide characters"],
)
def test_whatever_does_not_fit_into_the_form_is_counted(arguments: dict[str, str]) -> None:
    approval = an_approval(arguments=canonical(arguments), offers=APPROVAL.offers)
    view = forms.details_view(approval)
    texts = [text for kind, text in block_kit.typed_texts(view["blocks"]) if kind == "rich_text_preformatted"]
    whole = sum(len(value) for value in arguments.values())

    block_kit.check_view(view)
    assert sum(len(text) for text in texts) >= whole or "characters are not shown" in str(view["blocks"])


def test_no_change_hides_behind_a_long_one() -> None:
    before, after = {"body": "a" * 3000, "recipient": "good"}, {"body": "b" * 3000, "recipient": "evil"}

    assert "Recipient: good → evil" in changes(canonical(before), canonical(after), limit=limits.NOTE)


def test_a_change_cannot_pass_for_two() -> None:
    before, after = {"invoice": "1", "invoice_id": "2"}, {"invoice": "1 → 2", "invoice_id": "4"}

    assert changes(canonical(before), canonical(after), limit=limits.NOTE) == (
        'invoice: 1 → "1 → 2"\ninvoice_id: 2 → 4'
    )


def test_what_no_card_shows_whole_is_approved_below_all_of_it() -> None:
    whole = an_approval(arguments=canonical({"note": "x" * 20_000}))
    view = forms.details_view(whole, WHERE)

    block_kit.check_view(view)
    assert view["submit"]["text"] == "Approve"
    assert view["blocks"][-1]["element"]["type"] == "checkboxes"
    assert forms.read_submission(view).fingerprint == whole.digest
    for shown in (an_approval(), replace(whole, status=ApprovalStatus.REJECTED)):
        assert "submit" not in forms.details_view(shown, WHERE)
    assert "submit" not in forms.details_view(whole)


def test_what_cannot_be_done_is_not_approved_below_all_of_it_either() -> None:
    long = an_approval(arguments=canonical({"note": "x" * 20_000}), preview=Preview("Pay", problem="No."))

    assert "submit" not in forms.details_view(long, WHERE)
