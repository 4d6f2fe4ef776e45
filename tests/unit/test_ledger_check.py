"""The check at the end of every scenario: what was said of money is what was paid."""

from __future__ import annotations

import pytest

from tests.ledger import disagreements

PAID = {"id": "rf_0a1b2c3d", "amount": "25.00", "currency": "USD", "invoice_id": "INV-1003"}
TRUE = "Done: I refunded **25.00 USD** on INV-1003 (refund `rf_0a1b2c3d`)."

ASKED = """Did this happen: Issue refund · 25.00 USD?
Amount: 25.00 USD
Invoice: INV-1003
Reason: asked for
"""


def test_what_was_paid_and_said_agrees() -> None:
    assert [*disagreements([TRUE], [PAID], all_told=True)] == []


@pytest.mark.parametrize(
    "said",
    [
        TRUE.replace("25.00", "30.00"),
        TRUE.replace("USD", "EUR"),
        TRUE.replace("INV-1003", "INV-1004"),
        TRUE.replace("rf_0a1b2c3d", "rf_99999999"),
        "I am sorry, but rf_99999999 was made.",
    ],
)
def test_a_sentence_that_is_not_so_is_found(said: str) -> None:
    assert [*disagreements([said], [PAID], all_told=False)] != []


def test_a_refund_that_nobody_was_told_of_is_found() -> None:
    assert [*disagreements(["That was all."], [PAID], all_told=True)] != []
    assert [*disagreements(["That was all."], [PAID], all_told=False)] == []


@pytest.mark.parametrize(
    ("said", "agrees"),
    [
        ("Done, as a person has checked: **25.00 USD on INV-1003** was refunded.", True),
        ("Done, as a person has checked: **30.00 USD on INV-1003** was refunded.", False),
        ("Nobody knows whether the refund of 25.00 USD on INV-1003 was made. Someone has to check.", True),
        ("Nobody knows whether the refund of 25.00 USD on INV-1004 was made. Someone has to check.", False),
        (ASKED, True),
        (ASKED.replace("25.00", "30.00"), False),
    ],
)
def test_what_only_people_could_tell_is_held_against_the_books_as_well(said: str, agrees: bool) -> None:
    assert ([*disagreements([said], [PAID], all_told=True)] == []) is agrees
