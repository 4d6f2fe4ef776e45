from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.approval import ApprovalStatus, Requirement, Verdict, canonical
from bot.slack import actions, cards, limits
from bot.slack.cards import Card, ClickedAt, RejectForm
from tests.factories import MEI, NOON, OMAR, a_decision, an_approval
from tests.unit.slack import block_kit

HOSTILE = '<!channel> <@U0OMAR0001> <https://evil.test|Approve> *bold* `x` \u202e\u200b\x00 [approval resolved]\n"amount": 1'


def of_kind(card: Card, *kinds: str) -> str:
    found = [text for kind, text in block_kit.typed_texts(card.blocks) if kind in kinds]
    return "\n".join(found)


def arguments_of(card: Card) -> str:
    return of_kind(card, "rich_text_preformatted")


def buttons_of(card: Card) -> dict[str, str | None]:
    elements = [element for block in card.blocks for element in block.get("elements", ())]
    return {e["action_id"]: actions.unpack(e) for e in elements if e["type"] == "button"}


def test_a_pending_card_says_everything_that_is_needed_to_decide() -> None:
    approval = an_approval()
    card = cards.pending_card(approval)
    shown = "\n".join(block_kit.texts(card.blocks))

    block_kit.check(card.blocks)
    assert "Approval needed: issue_refund" in shown
    assert "<@U0ANA00001>" in shown
    assert "one of finance" in shown
    assert "Refunds over 20.00 need one of finance." in shown
    assert f"<!date^{int(approval.expires_at.timestamp())}^" in shown
    assert "2026-11-24 12:00 UTC>" in shown
    assert approval.digest[:12] in shown
    assert buttons_of(card) == {"approve": approval.id, "reject": approval.id}
    assert card.text == "Approval needed: issue_refund, requested by <@U0ANA00001>"


def test_arguments_are_listed_one_a_line() -> None:
    arguments = canonical({"amount": "29.00", "n": 1, "yes": True, "who": {"name": "Ana", "tags": ["a"]}})

    assert arguments_of(cards.pending_card(an_approval(arguments=arguments))) == (
        'amount: "29.00"\nn: 1\nwho: {\n  "name": "Ana",\n  "tags": [\n    "a"\n  ]\n}\nyes: true'
    )


def test_a_call_without_arguments_says_so() -> None:
    card = cards.pending_card(an_approval(arguments="{}"))

    block_kit.check(card.blocks)
    assert arguments_of(card) == "(no arguments)"


@pytest.mark.parametrize("arguments", ["[1, 2]", "not JSON", '"text"', "null"])
def test_arguments_of_another_shape_are_shown_all_the_same(arguments: str) -> None:
    card = cards.pending_card(an_approval(arguments=arguments))

    block_kit.check(card.blocks)
    assert arguments_of(card)


def test_one_argument_cannot_pass_for_another() -> None:
    card = cards.pending_card(an_approval(arguments=canonical({"a\nb: 2": 1, "reason": 'x"\namount: 1.00'})))

    assert arguments_of(card) == '"a\\nb: 2": 1\nreason: "x\\"\\namount: 1.00"'


def test_characters_that_mislead_the_eye_are_shown_as_escapes() -> None:
    card = cards.pending_card(
        an_approval(arguments=canonical({"to": "a\u202eb\u200bc\u00a0d\x07e\U000e0041"}))
    )

    assert arguments_of(card) == 'to: "a\\u202eb\\u200bc\\u00a0d\\u0007e\\U000e0041"'


@pytest.mark.parametrize("status", list(ApprovalStatus))
def test_nothing_a_model_or_a_person_wrote_is_read_as_markup(status: ApprovalStatus) -> None:
    approval = an_approval(
        tool=HOSTILE,
        arguments=canonical({HOSTILE: HOSTILE}),
        requester=HOSTILE,
        requirement=Requirement(role=HOSTILE, why=HOSTILE),
        status=status,
        decisions=(a_decision(by=HOSTILE, verdict=Verdict.REJECT, reason=HOSTILE),),
        closed_at=NOON,
    )
    pending = status is ApprovalStatus.PENDING
    card = cards.pending_card(approval) if pending else cards.closed_card(approval)

    block_kit.check(card.blocks)
    for live in (of_kind(card, "mrkdwn"), card.text):
        assert re.findall(r"<(?!!date\^)", live) == []
        assert "\u202e" not in live
    assert "\u202e" not in "".join(block_kit.texts(card.blocks))


@given(
    st.dictionaries(
        st.text(max_size=40),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=4000),
            lambda inner: (
                st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
            ),
            max_leaves=8,
        ),
        max_size=12,
    )
)
def test_whatever_the_arguments_slack_takes_the_card(arguments: dict[str, Any]) -> None:
    card = cards.pending_card(an_approval(arguments=canonical(arguments)))

    block_kit.check(card.blocks)
    assert len(arguments_of(card)) <= limits.ARGUMENTS + 100


def test_a_long_value_is_shown_whole_over_several_elements() -> None:
    body = "".join(f"{number:05d} " for number in range(1000))
    card = cards.pending_card(an_approval(arguments=canonical({"body": body, "to": "ana"})))
    elements = [text for kind, text in block_kit.typed_texts(card.blocks) if kind == "rich_text_preformatted"]

    assert len(elements) > 1
    assert all(len(element) <= limits.ARGUMENTS_ELEMENT for element in elements)
    assert "".join(elements).replace("↪ ", "") == f'body: "{body}"\nto: "ana"'
    assert all(element.startswith("↪ ") for element in elements[1:])
    assert "not shown" not in of_kind(card, "mrkdwn")


def test_what_is_too_long_for_a_card_is_counted_and_never_hides_a_short_argument() -> None:
    approval = an_approval(arguments=canonical({"a_note": "x" * 20_000, "amount": "29.00"}))
    card = cards.pending_card(approval)
    shown = arguments_of(card)

    block_kit.check(card.blocks)
    assert 'amount: "29.00"' in shown
    omitted = 20_000 - shown.count("x") + 1  # and the closing quote
    assert f"{omitted:,} characters of the arguments are not shown here." in of_kind(card, "mrkdwn")
    assert approval.digest in of_kind(card, "mrkdwn")


def test_too_many_arguments_are_counted_too() -> None:
    arguments = {f"key_{number:04d}": "v" * 90 for number in range(500)}
    card = cards.pending_card(an_approval(arguments=canonical(arguments)))

    block_kit.check(card.blocks)
    assert "characters of the arguments are not shown here" in of_kind(card, "mrkdwn")


def test_a_card_that_waits_for_a_second_person_shows_the_first() -> None:
    requirement = Requirement(role="finance", why="over 10,000.00", quorum=2)
    card = cards.pending_card(an_approval(requirement=requirement, decisions=(a_decision(),)))

    assert "two of finance" in of_kind(card, "mrkdwn")
    assert f"*Approved* by <@{OMAR}>" in of_kind(card, "mrkdwn")
    assert set(buttons_of(card)) == {"approve", "reject"}


def test_a_closed_card_says_who_decided_and_when_and_has_no_buttons() -> None:
    approval = an_approval(status=ApprovalStatus.APPROVED, decisions=(a_decision(),), closed_at=NOON)
    card = cards.closed_card(approval)

    block_kit.check(card.blocks)
    assert card.text.startswith("Approved: issue_refund")
    assert f"*Approved* by <@{OMAR}> <!date^1795438800^" in of_kind(card, "mrkdwn")
    assert "2026-11-23 13:00 UTC>" in of_kind(card, "mrkdwn")
    assert 'amount: "29.00"' in arguments_of(card)
    assert buttons_of(card) == {}


def test_a_closed_card_gives_the_reason_of_a_rejection() -> None:
    decision = a_decision(by=MEI, verdict=Verdict.REJECT, reason="not <!here> *twice*")
    approval = an_approval(status=ApprovalStatus.REJECTED, decisions=(decision,), closed_at=NOON)
    card = cards.closed_card(approval)

    block_kit.check(card.blocks)
    assert f"*Rejected* by <@{MEI}>" in of_kind(card, "mrkdwn")
    assert "Reason: not <!here> *twice*" in of_kind(card, "plain_text")


@pytest.mark.parametrize(
    ("status", "words"),
    [(ApprovalStatus.EXPIRED, "nobody decided in time"), (ApprovalStatus.WITHDRAWN, "the thread was reset")],
)
def test_a_card_nobody_decided_says_why_it_is_closed(status: ApprovalStatus, words: str) -> None:
    card = cards.closed_card(an_approval(status=status, closed_at=NOON))

    block_kit.check(card.blocks)
    assert words in of_kind(card, "mrkdwn")
    assert buttons_of(card) == {}


def test_a_card_is_found_again_by_its_approval() -> None:
    assert cards.marker(an_approval()) == {
        "event_type": "countersign_card",
        "event_payload": {"approval_id": "03-k7Qm2x"},
    }


def submitted(view: dict[str, Any], reason: str | None) -> dict[str, Any]:
    block = next(block for block in view["blocks"] if block["type"] == "input")
    value = {"type": "plain_text_input", "value": reason}
    return view | {"state": {"values": {block["block_id"]: {block["element"]["action_id"]: value}}}}


@pytest.mark.parametrize(
    ("given_reason", "read"), [("  twice  ", "twice"), (None, ""), ("x" * 5000, "x" * 1000)]
)
def test_the_form_behind_reject_brings_back_where_it_was_opened(given_reason: str | None, read: str) -> None:
    view = cards.reject_view(an_approval(tool=HOSTILE), ClickedAt("C0FINANCE1", "1795435200.000100"))

    block_kit.check(view["blocks"])
    assert view["callback_id"] == actions.REJECT_FORM
    assert len(view["title"]["text"]) <= limits.VIEW_TITLE
    assert len(view["private_metadata"]) <= limits.PRIVATE_METADATA
    assert cards.read_reject_form(submitted(view, given_reason)) == RejectForm(
        "03-k7Qm2x", "C0FINANCE1", "1795435200.000100", read
    )


def test_a_form_that_would_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        cards.reject_view(an_approval(id="x" * 3000), ClickedAt("C", "1.0"))


def test_the_picker_lists_threads_with_a_button_each() -> None:
    value = "T0ACME0001/C0SUPPORT1/1795435200.000100"
    picker = cards.reset_picker(
        [
            (
                value,
                "refund <!channel> *now*",
                "https://acme.slack.com/archives/C0SUPPORT1/p1795435200000100",
            ),
            ("T/C/2.0", "", "https://acme.slack.com/a|b>"),
        ]
    )

    block_kit.check(picker.blocks)
    assert actions.unpack(picker.blocks[1]["accessory"]) == value
    assert "refund <!channel> *now*" in of_kind(picker, "plain_text")
    assert "Untitled thread" in of_kind(picker, "plain_text")
    assert of_kind(picker, "mrkdwn") == (
        "<https://acme.slack.com/archives/C0SUPPORT1/p1795435200000100|Open>\n"
        "<https://acme.slack.com/a%7Cb&gt;|Open>"
    )


def test_the_picker_never_lists_more_than_a_message_holds() -> None:
    picker = cards.reset_picker([(f"T/C/{n}.0", "title", "https://acme.test") for n in range(80)])

    block_kit.check(picker.blocks)
