"""The attack's own checks see what they are there to see."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import sentences
from bot.domain.usage import Tokens, Usage
from bot.slack.reply_mark import ReplyMark
from devkit.model.tokens import Count, Served
from devkit.slack.workspace import Message
from tests.chaos.books import differences, lacking
from tests.chaos.people import is_underway, is_unsaid
from tests.chaos.truth import Seen, Wish, untrue, wrongly_paid

SMALL = Wish("5.00", needs_approval=False, was_approved=False)
LARGE = Wish("21.00", needs_approval=True, was_approved=True)


def refund(amount: str, key: str = "k1", refund_id: str = "rf_aaaaaa") -> dict[str, Any]:
    return {
        "id": refund_id,
        "amount": amount,
        "currency": "EUR",
        "invoice_id": "INV-1006",
        "idempotency_key": key,
    }


def test_what_was_asked_for_and_approved_may_be_paid_once() -> None:
    assert list(wrongly_paid([refund("5.00"), refund("21.00", "k2")], [SMALL, LARGE])) == []


@pytest.mark.parametrize(
    ("ledger", "wishes", "found"),
    [
        (["5.00", "5.00"], [SMALL], "5.00 was paid 2 times, under the keys ['k0', 'k1']"),
        (["5.00"], [], "5.00 was paid, and nobody asked for it"),
        (["21.00"], [Wish("21.00", True, False)], "21.00 was paid, and nobody approved it"),
    ],
)
def test_a_payment_too_many_is_seen_whatever_its_key(
    ledger: list[str], wishes: list[Wish], found: str
) -> None:
    paid = [refund(amount, f"k{number}") for number, amount in enumerate(ledger)]
    assert list(wrongly_paid(paid, wishes)) == [found]


DONE = "Done: I refunded **21.00 EUR** on INV-1006 (refund `rf_aaaaaa`)."
NEEDED = "Approval needed: Issue refund · 21.00 EUR"
CARD = "Approved: Issue refund · 21.00 EUR *Approved* by <@U1>"


def test_what_is_so_may_be_said() -> None:
    said = [
        Seen("reply", DONE, ("retry",)),
        Seen("card", f"{CARD} *Done*", ("details",), "00-a"),
        Seen("card", "Rejected: Issue refund · 22.00 EUR", ("details",), "00-b"),
        Seen("card", "Approved: Issue refund · 23.00 EUR *Not done*", ("details",), "00-c"),
    ]
    assert list(untrue([refund("21.00")], said, frozenset())) == []


@pytest.mark.parametrize(
    ("ledger", "said", "found"),
    [
        ([], Seen("reply", "Thinking …"), "is shown as under way"),
        ([], Seen("reply", "Half a", is_final=False), "is shown as under way"),
        ([], Seen("reply", "Half a", ("stop",)), "is shown as under way"),
        ([], Seen("card", "Approval needed", ("approve",), "00-a"), "00-a is not pending"),
        ([], Seen("reply", DONE), "in the books: nothing"),
        ([refund("21.00")], Seen("reply", "Nothing."), "rf_aaaaaa was paid, and nobody was told"),
        ([], Seen("card", f"{CARD} *Done*", (), "00-a"), "21.00 is done, and it was never paid"),
        (
            [refund("21.00")],
            Seen("card", f"{CARD} *Not done* rf_aaaaaa", (), "00-a"),
            "not done, and it was paid",
        ),
        (
            [refund("21.00")],
            Seen("card", f"{NEEDED} {sentences.LOST_CARD} {sentences.LOST_NOT_DONE} rf_aaaaaa", (), "00-a"),
            "not done, and it was paid",
        ),
        (
            [],
            Seen("card", f"{NEEDED} {sentences.LOST_CARD} {sentences.LOST_DONE}", (), "00-a"),
            "21.00 is done, and it was never paid",
        ),
        ([], Seen("card", CARD, (), "00-a"), "21.00 is approved, and not what became of it"),
    ],
)
def test_what_is_not_so_is_seen(ledger: list[dict[str, Any]], said: Seen, found: str) -> None:
    assert found in "\n".join(untrue(ledger, [said], frozenset()))


def test_what_is_pending_is_told_from_what_redis_does_not_know() -> None:
    card = Seen("card", "Approval needed", ("approve", "details"), "00-a")
    (found,) = untrue([], [card], frozenset({"00-a"}))
    assert found == "card still offers ['approve']; in Redis its approval 00-a is pending"


ONE, TWO = (Served(name, "gpt-5", False, Count(100, 10, 7, 3)) for name in ("resp_1", "resp_2"))
OF_ONE = Usage(1, Tokens(100, 10, 7, 3))


def test_books_that_have_what_was_served_are_right() -> None:
    assert list(differences([ONE, TWO], ["a:resp_1"], OF_ONE)) == []
    with_untold = OF_ONE + Usage(1, untold=1)
    assert list(differences([ONE, TWO], ["a:resp_1", "b"], with_untold)) == []


@pytest.mark.parametrize(
    ("ids", "books", "said"),
    [
        (["a:resp_1", "b:resp_1"], OF_ONE + OF_ONE, "2 times"),
        (["a:resp_9"], OF_ONE, "never served"),
        (["a:resp_1"], OF_ONE + Usage(0, Tokens(1)), "and Tokens("),
        (["a:resp_1"], OF_ONE + Usage(1), "2 requests"),
        (["a:resp_1"], Usage(), "the books have"),
    ],
)
def test_books_that_do_not_agree_are_seen(ids: list[str], books: Usage, said: str) -> None:
    assert any(said in problem for problem in differences([ONE, TWO], ids, books))


def test_what_nobody_wrote_down_is_missed_beyond_what_the_dead_could_leave() -> None:
    assert list(lacking([ONE, TWO], ["a:resp_1"], 1)) == []
    assert list(lacking([ONE, TWO], ["a:resp_1", "b"], 0)) == []
    assert list(lacking([ONE, TWO], ["a:resp_1"], 0)) != []


def reply(event_id: str, *buttons: str, final: bool = True, also: tuple[str, ...] = ()) -> Message:
    mark = ReplyMark(event_id, 0, is_final=final, also=also)
    elements = [{"type": "button", "action_id": one} for one in buttons]
    blocks = [{"type": "actions", "elements": elements}]
    return Message("C0SUPPORT1", "3.0", "U0COUNTER1", "", blocks=blocks, metadata=mark.metadata())


@pytest.mark.parametrize(
    ("replies", "unsaid"),
    [
        ([], False),
        ([reply("msg:C0SUPPORT1:2.0")], False),
        ([reply("msg:C0SUPPORT1:2.0", "retry")], False),  # it will be filled where it stands
        ([reply("msg:C0SUPPORT1:1.0", also=("msg:C0SUPPORT1:2.0",))], False),
        ([reply("msg:C0SUPPORT1:1.0", "retry", also=("msg:C0SUPPORT1:2.0",))], True),
        ([reply("msg:C0SUPPORT1:1.0", final=False, also=("msg:C0SUPPORT1:2.0",))], True),
    ],
)
def test_what_only_a_failed_reply_to_another_message_has_taken_in_is_unsaid(
    replies: list[Message], unsaid: bool
) -> None:
    assert is_unsaid(replies, "2.0") is unsaid


@pytest.mark.parametrize(("is_final", "underway"), [(False, True), (True, False)])
def test_a_reply_that_was_interrupted_is_not_taken_for_an_answer(is_final: bool, underway: bool) -> None:
    mark = ReplyMark("msg:C0SUPPORT1:1.0", 0, is_final=is_final)
    reply = Message("C0SUPPORT1", "2.0", "U1", sentences.PAUSED, metadata=mark.metadata())
    assert is_underway(reply) is underway
