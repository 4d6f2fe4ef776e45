"""What else was done on a target, on the card."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.approvals.same_target import MOST, OnTarget, OtherCall, target_of
from bot.slack import cards
from tests.factories import NOON, an_approval
from tests.unit.slack import block_kit


def other(minute: int, amount: str, *, waits: bool = False) -> OtherCall:
    return OtherCall(NOON + timedelta(minutes=minute), amount, waits)


def test_the_latest_are_listed_and_the_others_counted() -> None:
    calls = [other(minute, f"{minute}.00 USD") for minute in range(MOST + 2, 0, -1)]
    card = cards.card(an_approval(on_target=OnTarget("INV-1003").plus(calls)))
    texts = [*block_kit.texts(card.blocks)]
    told = texts[texts.index("Also on INV-1003:") + 1].splitlines()

    block_kit.check(card.blocks)
    assert told[0] == "• and 2 more before"
    assert told[1].startswith("• 3.00 USD, allowed <!date^")
    assert len(told) == MOST + 1


def test_of_thousands_of_calls_few_are_kept_and_all_counted() -> None:
    about = OnTarget("INV-1003").plus([other(minute, "1.00 USD") for minute in range(2_000)])
    about = about.plus([other(5_000, "2.00 USD", waits=True)])

    assert (len(about.calls), about.count) == (MOST, 2_001)
    assert about.calls[-1].waits


def test_a_target_is_no_markup_and_an_amount_that_is_none_is_left_out() -> None:
    about = OnTarget("*Approved* <!channel>\u202e" + "x" * 500).plus([other(1, "", waits=True)])
    card = cards.card(an_approval(on_target=about))
    texts = [*block_kit.typed_texts(card.blocks)]

    block_kit.check(card.blocks)
    assert any(
        kind == "plain_text" and text.startswith("Also on *Approved* <!channel>\\u202e")
        for kind, text in texts
    )
    assert any(text.startswith("• asked for <!date^") for _, text in texts)


def test_a_target_is_the_value_of_the_argument_that_names_it() -> None:
    assert target_of("invoice_id", '{"invoice_id": "INV-1"}') == "INV-1"
    assert target_of("days", {"days": [1, 2]}) == "[1, 2]"
    assert target_of("", {"a": "b"}) == target_of("a", {}) == ""
