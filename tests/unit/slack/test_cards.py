from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.approval import (
    ApprovalStatus,
    Edit,
    Ending,
    Execution,
    Offers,
    Question,
    Verdict,
    canonical,
    decide,
)
from bot.requirement import Requirement, Severity
from bot.slack import actions, cards, limits
from bot.slack.cards import Card
from tests.factories import MEI, NOON, OMAR, THEO, a_decision, an_approval, seated
from tests.unit.slack import block_kit

LINK = "https://acme.slack.com/archives/C0SUPPORT1/p1795435200000100"
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
    card = cards.card(approval)
    shown = "\n".join(block_kit.texts(card.blocks))

    block_kit.check(card.blocks)
    assert "Approval needed: issue_refund · 29.00 USD" in shown
    assert "<@U0ANA00001>" in shown
    assert "one of finance" in shown
    assert "Refunds over 20.00 need one of finance." in shown
    assert f"<!date^{int(approval.expires_at.timestamp())}^" in shown
    assert "2026-11-24 12:00 UTC>" in shown
    assert approval.digest[:12] in shown
    value = f"{approval.id}:{approval.digest}"
    assert buttons_of(card) == {"approve": value, "reject": value, "details": approval.id}
    assert card.text == "Approval needed: issue_refund · 29.00 USD, requested by <@U0ANA00001>"


def test_arguments_are_listed_one_a_line() -> None:
    arguments = canonical({"amount": "29.00", "n": 1, "yes": True, "who": {"name": "Ana", "tags": ["a"]}})

    assert arguments_of(cards.card(an_approval(arguments=arguments))) == (
        'amount: "29.00"\nn: 1\nwho: {\n  "name": "Ana",\n  "tags": [\n    "a"\n  ]\n}\nyes: true'
    )


def test_a_call_without_arguments_says_so() -> None:
    card = cards.card(an_approval(arguments="{}"))

    block_kit.check(card.blocks)
    assert arguments_of(card) == "(no arguments)"


@pytest.mark.parametrize("arguments", ["[1, 2]", "not JSON", '"text"', "null"])
def test_arguments_of_another_shape_are_shown_all_the_same(arguments: str) -> None:
    card = cards.card(an_approval(arguments=arguments))

    block_kit.check(card.blocks)
    assert arguments_of(card)


def test_one_argument_cannot_pass_for_another() -> None:
    card = cards.card(an_approval(arguments=canonical({"a\nb: 2": 1, "reason": 'x"\namount: 1.00'})))

    assert arguments_of(card) == '"a\\nb: 2": 1\nreason: "x\\"\\namount: 1.00"'


def test_characters_that_mislead_the_eye_are_shown_as_escapes() -> None:
    card = cards.card(an_approval(arguments=canonical({"to": "a\u202eb\u200bc\u00a0d\x07e\U000e0041"})))

    assert arguments_of(card) == 'to: "a\\u202eb\\u200bc\\u00a0d\\u0007e\\U000e0041"'


@pytest.mark.parametrize("status", list(ApprovalStatus))
def test_nothing_a_model_or_a_person_wrote_is_read_as_markup(status: ApprovalStatus) -> None:
    approval = an_approval(
        tool=HOSTILE,
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
    assert "".join(elements).replace("↪ ", "") == f'body: "{body}"\nto: "ana"'
    assert all(element.startswith("↪ ") for element in elements[1:])
    assert "not shown" not in of_kind(card, "mrkdwn")


def test_what_is_too_long_for_a_card_is_counted_and_never_hides_a_short_argument() -> None:
    approval = an_approval(arguments=canonical({"a_note": "x" * 20_000, "amount": "29.00"}))
    card = cards.card(approval)
    shown = arguments_of(card)

    block_kit.check(card.blocks)
    assert 'amount: "29.00"' in shown
    omitted = 20_000 - shown.count("x") + 1  # and the closing quote
    assert f"{omitted:,} characters of the arguments are not shown here." in of_kind(card, "mrkdwn")
    assert approval.digest in of_kind(card, "mrkdwn")


def test_too_many_arguments_are_counted_too() -> None:
    arguments = {f"key_{number:04d}": "v" * 90 for number in range(500)}
    card = cards.card(an_approval(arguments=canonical(arguments)))

    block_kit.check(card.blocks)
    assert "characters of the arguments are not shown here" in of_kind(card, "mrkdwn")


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
    assert card.text.startswith("Approved: issue_refund")
    assert f"*Approved* by <@{OMAR}> <!date^1795438800^" in of_kind(card, "mrkdwn")
    assert "2026-11-23 13:00 UTC>" in of_kind(card, "mrkdwn")
    assert 'amount: "29.00"' in arguments_of(card)
    assert set(buttons_of(card)) == {"details"}


def test_a_closed_card_gives_the_reason_of_a_rejection() -> None:
    decision = a_decision(by=MEI, verdict=Verdict.REJECT, reason="not <!here> *twice*")
    approval = an_approval(status=ApprovalStatus.REJECTED, decisions=(decision,), closed_at=NOON)
    card = cards.card(approval)

    block_kit.check(card.blocks)
    assert f"*Rejected* by <@{MEI}>" in of_kind(card, "mrkdwn")
    assert "Reason: not <!here> *twice*" in of_kind(card, "plain_text")


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
    assert cards.marker(an_approval()) == {
        "event_type": "countersign_card",
        "event_payload": {"approval_id": "03-k7Qm2x"},
    }


OFFERS = Offers(editable=("amount",), rest_of_run=True)


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
    assert "issue_refund · 29.00 USD" in elements[0]["confirm"]["text"]["text"]
    assert "High stakes" in of_kind(card, "mrkdwn")


def test_a_question_of_outcome_asks_what_happened() -> None:
    card = cards.card(an_approval(question=Question.OUTCOME, offers=OFFERS))

    block_kit.check(card.blocks)
    assert card.text.startswith("Did this happen: issue_refund · 29.00 USD?")
    assert set(buttons_of(card)) == {"happened", "not_happened", "try_again", "details"}


def test_an_edit_is_shown_before_and_after() -> None:
    before = an_approval().arguments
    change = Edit(OMAR, NOON, before, before.replace("29.00", "25.00"))
    card = cards.card(an_approval(edits=(change,), arguments=change.after, asked=before))

    block_kit.check(card.blocks)
    assert f"*Changed* by <@{OMAR}>" in of_kind(card, "mrkdwn")
    assert 'amount: "29.00" → "25.00"' in arguments_of(card)


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
