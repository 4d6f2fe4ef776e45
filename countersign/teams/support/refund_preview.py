"""What a refund would do, in the words of the business: read from the billing service before people are asked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from countersign import Call, Fact, Preview, number
from countersign.teams.support.billing_client import BillingClient, BillingError

#: How the service says that it has no such invoice; any other refusal tells nothing of the invoice.
UNKNOWN: Final = "invoice_not_found"


async def refund_preview(billing: BillingClient, call: Call) -> Preview:
    """Look the invoice up: whose it is, and what is left of it to refund.

    Raises `BillingError` or `BillingUnknown` where the service does not say, `LookupError` and `ValueError` where it says
    something else than an invoice.
    """
    try:
        invoice = await billing.invoice(str(call.arguments["invoice_id"]))
    except BillingError as error:
        if error.code != UNKNOWN:
            raise
        return Preview(problem=error.message)
    return _would_do(call.arguments, invoice)


def _would_do(asked: Mapping[str, Any], invoice: Mapping[str, Any]) -> Preview:
    amount, total, refunded, left = (
        _number(given)
        for given in (asked["amount"], invoice["amount"], invoice["refunded"], invoice["refundable"])
    )
    currency, named = str(invoice["currency"]), str(asked["invoice_id"])
    if (
        invoice.get("id", named) != named
    ):  # read as another number: nobody is shown what the refund does not touch
        raise LookupError("the billing service tells of another invoice")
    facts = (
        Fact("Customer", str(invoice["customer"])),
        Fact("Invoice", f"{named}, {invoice['date']}, {invoice['description']}"),
        Fact("Invoice total", _money(total, currency)),
        Fact("Refunded so far", _money(refunded, currency)),
        Fact("Left to refund", _money(left, currency)),
    )
    title = f"Refund {_money(amount, str(asked['currency']))} to {invoice['customer']}, {named}"
    if asked["currency"] != currency:
        return Preview(
            title,
            facts,
            f"{named} is in {currency}, so nothing can be refunded on it in {asked['currency']}.",
        )
    if amount > left:
        of = f"{_money(left, currency)} of {_money(total, currency)}"
        return Preview(
            title, facts, f"{of} are left to refund on {named}, so {_money(amount, currency)} is too much."
        )
    return Preview(title, facts)


def _number(given: object) -> Decimal:
    if (read := number(given)) is None:
        raise ValueError("the billing service names an amount that is none")
    return read


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount:,.2f} {currency}"
