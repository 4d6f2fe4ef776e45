"""However people word a refund: what they wrote is asked for, or nothing is and they are asked back."""

from __future__ import annotations

import json

import pytest

from devkit.model import refund_orders, rules
from devkit.model.dialogue import Dialogue, Entry, Tool

TOOLS = {name: Tool(name) for name in ("get_invoice", "issue_refund", "transfer_to_triage")}
INVOICES = {
    "INV-1001": ("45.00", "GBP"),
    "INV-1003": ("29.00", "USD"),
    "INV-1004": ("12.00", "USD"),
    "INV-1005": ("1480.00", "USD"),
    "INV-1006": ("12500.00", "EUR"),
}


def refunds(text: str) -> tuple[list[str], str]:
    """What is called for a message once its invoices are looked up, and what is said."""
    entries = [Entry("user", text)]
    while True:
        answer = rules.answer(Dialogue("", tuple(entries), TOOLS))
        if any(call.name != "get_invoice" for call in answer.calls) or not answer.calls:
            called = [
                f"{call.arguments['amount']} {call.arguments['currency']} {call.arguments['invoice_id']}"
                for call in answer.calls
            ]
            return called, answer.text
        for at, call in enumerate(answer.calls, len(entries)):
            name = call.arguments["invoice_id"]
            left, currency = INVOICES[name]
            found = {"id": name, "customer": "Hazel & Co", "date": "2026-10-02", "refundable": left}
            found |= {"amount": left, "currency": currency, "refunded": "0.00"}
            entries.append(Entry("call", json.dumps({"invoice_id": name}), f"c{at}", "get_invoice"))
            entries.append(Entry("output", json.dumps(found), f"c{at}"))


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("refund EUR 25.00 on INV-1006", ["25.00 EUR INV-1006"]),
        ("refund USD29 on INV-1003", ["29.00 USD INV-1003"]),
        ("refund 100 USD on INV-1006", ["100.00 USD INV-1006"]),
        ("refund 12,50 EUR on INV-1003", ["12.50 EUR INV-1003"]),
        ("refund 5 £ on INV-1003", ["5.00 GBP INV-1003"]),
        ("refund INV-1003 by 7 euros", ["7.00 EUR INV-1003"]),
        ("refund US$29 on INV-1003", ["29.00 USD INV-1003"]),
        ("refund 1.480,00 EUR on INV-1006", ["1480.00 EUR INV-1006"]),
        ("refund €1.480,50 on INV-1006", ["1480.50 EUR INV-1006"]),
        ("refund 1 480,00 EUR on INV-1006", ["1480.00 EUR INV-1006"]),
        ("refund 1\u202f480,00 € on INV-1006", ["1480.00 EUR INV-1006"]),
        ("refund €12'500 on INV-1006", ["12500.00 EUR INV-1006"]),
        ("refund 12’500.00 EUR on INV-1006", ["12500.00 EUR INV-1006"]),
        ("refund 29,- EUR on INV-1006", ["29.00 EUR INV-1006"]),
        ("refund .50 on INV-1003", ["0.50 USD INV-1003"]),
        ("refund ＄２９ on INV-1003", ["29.00 USD INV-1003"]),
        ("refund 45 quid on INV-1001", ["45.00 GBP INV-1001"]),
        ("could you please issue a refund of 30 for invoice INV-1005", ["30.00 USD INV-1005"]),
        ("refund $29 on invoice 1003", ["29.00 USD INV-1003"]),
        ("refund $29 on INV 1003", ["29.00 USD INV-1003"]),
        ("refund $29 on #1003", ["29.00 USD INV-1003"]),
        ("refund $29 on inv\u20111003", ["29.00 USD INV-1003"]),
        ("refund *$29* on _INV-1003_", ["29.00 USD INV-1003"]),
        ("refund $5 on INV-1003, $4 on INV-1004 and 20 on INV-1005", ["5.00 USD INV-1003", "4.00 USD INV-1004", "20.00 USD INV-1005"]),
        ("refund INV-1003: 10, INV-1004: 5", ["10.00 USD INV-1003", "5.00 USD INV-1004"]),
        ("refund $29 on INV-1003. And $5 on INV-1004", ["29.00 USD INV-1003", "5.00 USD INV-1004"]),
        ("refund $10 on INV-1003 for the $29 plan", ["10.00 USD INV-1003"]),
        ("refund $29 on INV-1003 (they paid $58)", ["29.00 USD INV-1003"]),
        ("refund $29 on INV-1003, it was charged twice", ["29.00 USD INV-1003"]),
        ("ticket 4711: refund $29 on INV-1003", ["29.00 USD INV-1003"]),
        ("refund that, says Theo\n\n[Said in this thread before:]\n> INV-1003 was charged twice, 2 of 3 (an app)\n> it was $9", ["9.00 USD INV-1003"]),
        ("refund $29 on INV-1003\n\n[Said in this thread before:]\n> look at INV-1003, and at INV-1004, it was $9", ["29.00 USD INV-1003"]),
        ("refund INV-1003, says @Theo in #C0SECRET01, ticket Q3-17", ["29.00 USD INV-1003"]),
        ("refund INV-1003 dated 2026-10-02", ["29.00 USD INV-1003"]),
        ("refund what is left on INV-1003", ["29.00 USD INV-1003"]),
        ("INV-1003 should be refunded, please", ["29.00 USD INV-1003"]),
        ("the customer does not want the plan. Please refund INV-1003", ["29.00 USD INV-1003"]),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_it_was_meant(text: str, called: list[str]) -> None:
    assert refunds(text)[0] == called


@pytest.mark.parametrize(
    "text",
    [
        *("refund $1k on INV-1005", "refund 1.2k USD on INV-1005", "refund $5 thousand on INV-1006"),
        *("refund 1e3 on INV-1005", "refund 1_000 on INV-1005", "refund 1\\480,00 on INV-1006", "refund $10/month on INV-1003", "refund $1,4800 on INV-1005"),
        *("refund 50 cents on INV-1003", "refund 50c on INV-1003", "refund INV-1003 29"),
        *("refund half the amount on INV-1003", "refund fifty percent of INV-1003"),
        *("refund all but $5 of INV-1003", "refund INV-1003 minus the $5 fee", "refund INV-1003 twice"),
        *("refund between $10 and $20 on INV-1003", "refund up to $29 on INV-1003", "refund $10-20 on INV-1003"),
        *("refund $10 or $20 on INV-1003", "refund $29 50 on INV-1003", "refund 29 dollars and 50 cents on INV-1003"),
        *("refund $29 EUR on INV-1003", "refund INV-1003 because the $5 coupon was not applied"),
        *("refund (5) on INV-1003", "refund ($5.00) on INV-1003", "refund –5 on INV-1003", "refund 5- on INV-1003"),
        *("refund CHF 45 on INV-1001", "refund C$45 on INV-1001", "refund 45 Swiss francs on INV-1001"),
        *("refund $10 on INV-1003 and INV-1004", "refund $10 each on INV-1003 and INV-1004"),
        *("refund INV-1003 because INV-1004 was the right one", "refund INV-1003. Make it $10"),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_asked_for(text: str) -> None:
    called, said = refunds(text)

    assert called == []
    assert any(
        words in said
        for words in (refund_orders.HOW_MUCH, refund_orders.WHICH_IS_WHOSE, "Refunds can be made in USD")
    )


@pytest.mark.parametrize(
    "text",
    [
        *("don't refund $29 on INV-1003", "please don’t refund INV-1004 yet", "do not refund INV-1004"),
        *("no refund on INV-1004", "never refund INV-1004", "cancel the refund of $12 on INV-1004"),
        *("stop the refund on INV-1004", "refund INV-1003 but not INV-1004", "non-refundable: INV-1004"),
    ],
)
def test_who_says_not_to_refund_is_not_answered_with_a_refund(text: str) -> None:
    called, said = refunds(text)

    assert called == []
    assert "I refund nothing" in said


@pytest.mark.parametrize(
    "text",
    [
        *("tell me whether INV-1004 was refunded", "show me the refunds of INV-1004", "list refunds on INV-1004"),
        *("INV-1004 was refunded, right?", "the refund on INV-1004 has not arrived", "should we refund INV-1004?"),
        *("I heard someone refunded INV-1004", "they already refunded INV-1004"),
    ],
)  # fmt: skip
def test_who_asks_or_tells_of_a_refund_is_not_answered_with_one(text: str) -> None:
    called, said = refunds(text)

    assert called == []
    assert "Refunded so far: 0.00" in said


def test_the_reason_is_none_that_only_repeats_the_order() -> None:
    assert refund_orders.reason("issue a refund of 30 for invoice INV-1005") == "asked for in Slack"
    assert refund_orders.reason("money back for INV-1003 please") == "asked for in Slack"
    assert refund_orders.reason("refund $29 for INV-1003 because of a double charge") == "a double charge"
    assert refund_orders.reason("refund $9 on INV-1003 for 3 broken cups.") == "3 broken cups"
    assert (
        refund_orders.reason("refund INV-1003\n\n[Said before; shown as data:]\n> x") == "asked for in Slack"
    )
