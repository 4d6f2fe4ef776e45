from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approvals.approval import (
    ApprovalStatus,
    Edit,
    Ending,
    Execution,
    Offers,
    Question,
    Verdict,
    canonical,
)
from bot.domain.approvals.bound import Bound
from bot.domain.approvals.preview import Preview
from bot.domain.approvals.requirement import Requirement, Severity
from bot.domain.approvals.transitions import decide
from bot.slack import actions, card_mark, cards, limits
from bot.slack.cards import Card
from tests.factories import MEI, NOON, OMAR, THEO, a_decision, an_approval, seated
from tests.unit.slack import block_kit

LINK = "https://acme.slack.com/archives/C0SUPPORT1/p1795435200000100"
HOSTILE = '<!channel> <@U0OMAR0001> <https://evil.test|Approve> *bold* `x` \u202e\u200b\x00 [approval resolved]\n"amount": 1'


def of_kind(card: Card, *kinds: str) -> str:
    found = [text for kind, text in block_kit.typed_texts(card.blocks) if kind in kinds]
    return "\n".join(found)


def arguments_of(card: Card) -> str:
    """What the card lists of the call, a line for each argument that stands on one, and what was changed."""
    parts = [part for block in card.blocks if block["type"] == "rich_text" for part in block["elements"]]
    listed = [part for part in parts if part["type"] != "rich_text_quote"]
    return "\n".join("".join(text["text"] for text in part["elements"]) for part in listed)


def buttons_of(card: Card) -> dict[str, str | None]:
    elements = [element for block in card.blocks for element in block.get("elements", ())]
    return {e["action_id"]: actions.unpack(e) for e in elements if e["type"] == "button"}


def test_a_pending_card_says_everything_that_is_needed_to_decide() -> None:
    approval = an_approval()
    card = cards.card(approval)
    shown = "\n".join(block_kit.texts(card.blocks))

    block_kit.check(card.blocks)
    assert "Approval needed: Issue refund · 29.00 USD" in shown
    assert "<@U0ANA00001>" in shown
    assert "one of finance" in shown
    assert "Refunds over 20.00 need one of finance." in shown
    assert f"<!date^{int(approval.expires_at.timestamp())}^" in shown
    assert "2026-11-24 12:00 UTC>" in shown
    assert approval.digest[:12] in shown
    value = f"{approval.id}:{approval.digest}"
    assert buttons_of(card) == {"approve": value, "reject": value, "details": approval.id}
    assert card.text == (
        "Approval needed: Issue refund · 29.00 USD, requested by <@U0ANA00001>. Refunds over 20.00 need one of "
        "finance. Decide by <!date^1795521600^{date_short_pretty} at {time}|2026-11-24 12:00 UTC>."
    )


def test_arguments_are_listed_with_labels_in_plain_words() -> None:
    arguments = {"amount": "1029.00", "currency": "EUR", "first_day": "2026-12-21", "invoice_id": "INV-1003"}
    arguments |= {"n": 1, "paid": True, "until": None, "who": {"name": "Ana", "tags": ["a"]}}

    assert arguments_of(cards.card(an_approval(arguments=canonical(arguments)))) == (
        "Amount: 1,029.00 EUR\nFirst day: Monday, 21 December 2026\nInvoice: INV-1003\nN: 1\nPaid: yes\n"
        'Until: nothing\nWho:\n{\n  "name": "Ana",\n  "tags": [\n    "a"\n  ]\n}'
    )


@pytest.mark.parametrize(
    ("given", "listed"),
    [
        ({"invoice": "a", "invoice_id": "b"}, "invoice: a\ninvoice_id: b"),
        ({"daysOff": 3, "userID": "U1"}, "Days off: 3\nUser: U1"),
        (
            {"cmd": "ls", "workdir": "/workspace", "timeout_seconds": 120},
            "Command: ls\nTime limit in seconds: 120\nFolder: /workspace",
        ),
        ({"note": ""}, "Note: empty"),
        ({"note": "empty"}, 'Note: "empty"'),
        ({"amount": "29.00"}, "Amount: 29.00"),
        ({"amount": "1e3", "currency": "USD"}, "Amount: 1e3\nCurrency: USD"),
        ({"a": "yes", "b": "", "c": " x", "d": "2026-02-30"}, 'A: "yes"\nB: empty\nC: " x"\nD: 2026-02-30'),
        ({"note": "one\ntwo"}, "Note:\none\ntwo"),
        ({"note": "x" + " " * 60 + "Amount: 1.00"}, "Note:\nx" + " " * 60 + "Amount: 1.00"),
    ],
)
def test_what_could_be_taken_for_something_else_is_not_put_into_words(
    given: dict[str, Any], listed: str
) -> None:
    assert arguments_of(cards.card(an_approval(arguments=canonical(given)))) == listed


def test_the_words_of_who_asked_stand_on_the_card_as_a_quotation() -> None:
    card = cards.card(an_approval(words="refund *it* to <@U0OMAR0001>\nApproved by Mei\u202e"))

    block_kit.check(card.blocks)
    assert of_kind(card, "rich_text_quote") == "“refund *it* to <@U0OMAR0001> Approved by Mei\\u202e”"


def test_some_of_those_behind_a_role_are_named() -> None:
    card = cards.card(an_approval(), people={"finance": ["Omar <Haddad>", "Mei Lin", "and up to 3 more"]})

    assert "one of finance (Omar &lt;Haddad&gt;, Mei Lin, and up to 3 more), but not" in of_kind(
        card, "mrkdwn"
    )


def test_a_call_without_arguments_says_so() -> None:
    card = cards.card(an_approval(arguments="{}"))

    block_kit.check(card.blocks)
    assert arguments_of(card) == "Arguments: none"


@pytest.mark.parametrize("arguments", ["[1, 2]", "not JSON", '"text"', "null"])
def test_arguments_of_another_shape_are_shown_all_the_same(arguments: str) -> None:
    card = cards.card(an_approval(arguments=arguments))

    block_kit.check(card.blocks)
    assert arguments_of(card)


def test_one_argument_cannot_pass_for_another() -> None:
    card = cards.card(an_approval(arguments=canonical({"a\nb: 2": 1, "reason": 'x"\namount: 1.00'})))

    assert arguments_of(card) == '"a\\nb: 2": 1\nReason:\nx"\namount: 1.00'
    boxed = [text for kind, text in block_kit.typed_texts(card.blocks) if kind == "rich_text_preformatted"]
    assert boxed == ['x"\namount: 1.00']


def test_characters_that_mislead_the_eye_are_shown_as_escapes() -> None:
    card = cards.card(an_approval(arguments=canonical({"to": "a\u202eb\u200bc\u00a0d\x07e\U000e0041"})))

    assert arguments_of(card) == 'To: "a\\u202eb\\u200bc\\u00a0d\\u0007e\\U000e0041"'


@pytest.mark.parametrize("status", list(ApprovalStatus))
def test_nothing_a_model_or_a_person_wrote_is_read_as_markup(status: ApprovalStatus) -> None:
    approval = an_approval(
        tool=HOSTILE,
        title=HOSTILE,
        words=HOSTILE,
        arguments=canonical({HOSTILE: HOSTILE}),
        requester=HOSTILE,
        requirements=(Requirement(HOSTILE, HOSTILE, 2, escalate_to=HOSTILE), Requirement("legal", "")),
        escalated=(HOSTILE,),
        edits=(Edit(HOSTILE, NOON, '{"a": 1}', canonical({HOSTILE: HOSTILE})),),
        execution=Execution(Ending.FAILED, NOON, HOSTILE),
        closed_why=HOSTILE,
        status=status,
        decisions=(a_decision(by=HOSTILE, verdict=Verdict.REJECT, reason=HOSTILE),),
        closed_at=NOON,
    )
    card = cards.card(approval, thread_link=LINK)

    block_kit.check(card.blocks)
    for live in (of_kind(card, "mrkdwn"), card.text):
        assert re.findall(rf"<(?!!date\^|{re.escape(LINK)}\|)", live) == []
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
    card = cards.card(an_approval(arguments=canonical(arguments)))

    block_kit.check(card.blocks)
    assert len(arguments_of(card)) <= limits.ARGUMENTS + 100


def test_a_long_value_is_shown_whole_over_several_elements() -> None:
    body = "".join(f"{number:05d} " for number in range(600))
    card = cards.card(an_approval(arguments=canonical({"body": body, "to": "ana"})))
    elements = [text for kind, text in block_kit.typed_texts(card.blocks) if kind == "rich_text_preformatted"]

    assert len(elements) > 1
    assert all(len(element) <= limits.ARGUMENTS_ELEMENT for element in elements)
    assert "".join(elements).replace("↪ ", "") == body
    assert all(element.startswith("↪ ") for element in elements[1:])
    assert "not shown" not in of_kind(card, "mrkdwn")


def test_what_is_too_long_for_a_card_is_counted_and_never_hides_a_short_argument() -> None:
    approval = an_approval(arguments=canonical({"a_note": "x" * 20_000, "amount": "29.00"}))
    card = cards.card(approval)
    shown = arguments_of(card)

    block_kit.check(card.blocks)
    assert "Amount: 29.00" in shown
    omitted = 20_000 - shown.count("x")
    assert f"{omitted:,} characters of the call are not shown here." in of_kind(card, "mrkdwn")
    assert set(buttons_of(card)) == {"reject", "details"}, "nobody approves what the card does not show"
    assert approval.digest in of_kind(card, "mrkdwn")


def test_too_many_arguments_are_counted_too() -> None:
    arguments = {f"key_{number:04d}": "v" * 90 for number in range(500)}
    card = cards.card(an_approval(arguments=canonical(arguments)))

    block_kit.check(card.blocks)
    assert "characters of the call are not shown here" in of_kind(card, "mrkdwn")


def test_a_card_that_waits_for_a_second_person_shows_the_first() -> None:
    needs = (Requirement(role="finance", why="over 10,000.00", quorum=2),)
    waiting = decide(an_approval(requirements=needs), a_decision(), seats=seated(OMAR))
    card = cards.card(waiting)

    assert "two of finance" in of_kind(card, "mrkdwn")
    assert f"*Approved* by <@{OMAR}>" in of_kind(card, "mrkdwn")
    assert "Still needed: 1 of finance" in of_kind(card, "mrkdwn")
    assert set(buttons_of(card)) == {"approve", "reject", "details"}


def test_a_closed_card_says_who_decided_and_when_and_offers_nothing_to_decide() -> None:
    approval = an_approval(status=ApprovalStatus.APPROVED, decisions=(a_decision(),), closed_at=NOON)
    card = cards.card(approval)

    block_kit.check(card.blocks)
    assert card.text.startswith("Approved: Issue refund")
    assert f"*Approved* by <@{OMAR}> <!date^1795438800^" in of_kind(card, "mrkdwn")
    assert "2026-11-23 13:00 UTC>" in of_kind(card, "mrkdwn")
    assert "Amount: 29.00 USD" in arguments_of(card)
    assert set(buttons_of(card)) == {"details"}


def test_a_closed_card_gives_the_reason_of_a_rejection() -> None:
    decision = a_decision(by=MEI, verdict=Verdict.REJECT, reason="not <!here> *twice*")
    approval = an_approval(status=ApprovalStatus.REJECTED, decisions=(decision,), closed_at=NOON)
    card = cards.card(approval)

    block_kit.check(card.blocks)
    assert f"*Rejected* by <@{MEI}>" in of_kind(card, "mrkdwn")
    assert "Why: not <!here> *twice*" in of_kind(card, "plain_text")


@pytest.mark.parametrize(
    ("status", "words"),
    [(ApprovalStatus.EXPIRED, "nobody decided in time"), (ApprovalStatus.WITHDRAWN, "The thread was reset.")],
)
def test_a_card_nobody_decided_says_why_it_is_closed(status: ApprovalStatus, words: str) -> None:
    card = cards.card(an_approval(status=status, closed_at=NOON, closed_why="The thread was reset."))

    block_kit.check(card.blocks)
    assert words in of_kind(card, "mrkdwn")
    assert set(buttons_of(card)) == {"details"}


def test_a_card_is_found_again_by_its_approval() -> None:
    assert card_mark.metadata(an_approval()) == {
        "event_type": "countersign_card",
        "event_payload": {"approval_id": "03-k7Qm2x"},
    }


OFFERS = Offers(editable=("amount",), rest_of_run=True, bound=Bound(5))


def test_a_card_offers_what_the_policy_allows() -> None:
    assert set(buttons_of(cards.card(an_approval(offers=OFFERS)))) == {
        *("approve", "approve_rest", "reject", "edit", "details")
    }
    assert set(buttons_of(cards.card(an_approval(offers=OFFERS), can_decide=False))) == {"details"}


def test_high_stakes_ask_once_more_and_are_never_approved_in_advance() -> None:
    needs = (Requirement("finance", "Much.", severity=Severity.HIGH),)
    card = cards.card(an_approval(requirements=needs, offers=OFFERS))
    elements = card.blocks[-1]["elements"]

    block_kit.check(card.blocks)
    assert "approve_rest" not in buttons_of(card)
    assert "Issue refund · 29.00 USD" in elements[0]["confirm"]["text"]["text"]
    assert "High stakes" in of_kind(card, "mrkdwn")


def test_a_question_of_outcome_asks_what_happened() -> None:
    card = cards.card(an_approval(question=Question.OUTCOME, offers=OFFERS))

    block_kit.check(card.blocks)
    assert card.text.startswith("Did this happen: Issue refund · 29.00 USD?")
    assert set(buttons_of(card)) == {"happened", "not_happened", "try_again", "details"}


def test_a_question_of_outcome_names_what_people_were_shown() -> None:
    card = cards.card(
        an_approval(question=Question.OUTCOME, preview=Preview("Refund 29.00 USD to Hazel & Co"))
    )

    assert card.text.startswith("Did this happen: Refund 29.00 USD to Hazel &amp; Co?")


PROBLEM = Preview("Refund 29.00 USD to Hazel & Co", problem="4.00 USD are left.")


def test_what_cannot_be_done_is_not_offered_to_be_approved() -> None:
    offers = Offers(rest_of_run=True, bound=Bound(5))
    for approval in (an_approval(preview=PROBLEM, offers=offers), LONG_WITH_PROBLEM):
        card = cards.card(approval)

        assert list(buttons_of(card)) == ["reject", "details"]
        assert "This cannot be done as it stands: 4.00 USD are left." in of_kind(card, "plain_text")
        assert "the button to approve" not in of_kind(card, "mrkdwn")
    # What helps is offered, where the policy lets approvers change it: who does cannot approve it.
    editable = an_approval(preview=PROBLEM, offers=Offers(editable=("amount",)))
    assert list(buttons_of(cards.card(editable))) == ["reject", "edit", "details"]


LONG_WITH_PROBLEM = an_approval(preview=PROBLEM, arguments=canonical({"note": "x" * 20_000}))


def test_an_edit_is_shown_before_and_after() -> None:
    before = an_approval().arguments
    change = Edit(OMAR, NOON, before, before.replace("29.00", "25.00"))
    card = cards.card(an_approval(edits=(change,), arguments=change.after, asked=before))

    block_kit.check(card.blocks)
    assert f"*Changed* by <@{OMAR}>" in of_kind(card, "mrkdwn")
    assert "Amount: 29.00 USD → 25.00 USD" in arguments_of(card)


def test_what_happened_is_told_in_its_order() -> None:
    one = an_approval(requirements=(Requirement("finance", "Much.", quorum=2),))
    half = decide(one, a_decision(), seats=seated(OMAR))
    said = of_kind(cards.card(replace(half, nudged_at=NOON + timedelta(hours=2))), "mrkdwn")

    assert said.index("*Approved* by") < said.index("*Reminded*")


def test_who_stood_in_for_whom_is_shown() -> None:
    card = cards.card(decide(an_approval(), a_decision(THEO), seats=seated(THEO, holder=OMAR)))

    assert f"*Approved* by <@{THEO}> in the place of <@{OMAR}>" in of_kind(card, "mrkdwn")


@pytest.mark.parametrize("ending", list(Ending))
def test_what_became_of_an_approved_call_is_shown(ending: Ending) -> None:
    approved = decide(an_approval(), a_decision(), seats=seated(OMAR))
    card = cards.card(
        an_approval(status=approved.status, closed_at=NOON, execution=Execution(ending, NOON, "rf_1 *x*"))
    )

    block_kit.check(card.blocks)
    assert "Result: rf_1 *x*" in of_kind(card, "plain_text")


def test_the_largest_card_there_can_be_is_one_that_slack_takes() -> None:
    long = "word " * 4000
    roles = [Requirement(f"{number} {long}", long, 9, escalate_to=long) for number in range(9)]
    arguments = canonical({f"argument_{number}": long for number in range(40)})
    approval = an_approval(
        requirements=tuple(roles),
        escalated=tuple(one.role for one in roles),
        arguments=arguments,
        offers=OFFERS,
        edits=tuple(Edit(OMAR, NOON, "{}", arguments) for _ in range(9)),
        decisions=tuple(
            a_decision(f"U0PERSON{number:02d}", reason=long, holder=f"U0HOLDER{number:02d}")
            for number in range(30)
        ),
    )
    card = cards.card(approval, thread_link=LINK)

    block_kit.check(card.blocks)
