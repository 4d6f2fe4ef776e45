"""Invoices and refunds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from countersign import (
    ApprovedTool,
    Call,
    Matching,
    Money,
    Policy,
    Preview,
    RestOfRun,
    Severity,
    ToolContext,
    approved_tool,
    ask,
    count,
    function_tool,
    number,
    over,
    total,
)
from countersign.teams.support.billing_client import BillingClient, BillingError, BillingUnknown, Refund
from countersign.teams.support.refund_preview import refund_preview

Currency = Literal["USD", "EUR", "GBP"]
_NUMBER: Final = Matching("INV-[0-9]{1,12}", "an invoice's number, such as INV-1003")
InvoiceId = Annotated[str, _NUMBER]


@dataclass(frozen=True, slots=True)
class Support:
    """What the tools of the team share."""

    billing: BillingClient


def refunds_over(
    threshold: Decimal,
    *,
    two_over: Decimal,
    invoice_over: Decimal = Decimal("100.00"),
    person_over: int = 20,
    rates: Mapping[str, Decimal] | None = None,
) -> Policy:
    """Ask one of finance for every refund above an amount and two above a higher one.

    One of finance is asked as well where small refunds add up: on an invoice within 30 days to more than
    `invoice_over`, or to more than `person_over` refunds that one person asks for within a day. `rates` say what a unit
    of each currency is worth in that of the amounts; without them these are of whatever currency the refund is in.
    """
    return Policy(
        ask(
            "finance",
            when=over("amount", threshold, rates=rates),
            why=f"Refunds over {threshold:,.2f} need one of finance.",
            remind_after=timedelta(hours=4),
        ),
        ask(
            "finance",
            when=over("amount", two_over, rates=rates),
            why=f"Refunds over {two_over:,.2f} need two of finance.",
            quorum=2,
            severity=Severity.HIGH,
        ),
        ask(
            "finance",
            when=total("amount", per="invoice_id", days=30, over=invoice_over, rates=rates, of="refunds"),
        ),
        ask("finance", when=count(per="requester", days=1, over=person_over, of="refunds")),
        editable=("amount", "reason"),
        rest_of_run=RestOfRun(calls=5, up_to=invoice_over or None),
    )


@function_tool(failure_error_function=None)
async def get_invoice(ctx: ToolContext[Support], invoice_id: str) -> str:
    """Look up one invoice: customer, amount, currency, date, and what can still be refunded.

    Use it before every refund and for questions about an invoice. Not for finding invoices of a
    customer: it needs the number.

    Args:
        invoice_id: The number as the person gave it, such as INV-1003.
    """
    if not re.fullmatch(_NUMBER.pattern, invoice_id):
        return f"ERROR: that has to be {_NUMBER.says}."
    try:
        return json.dumps(await ctx.context.services.billing.invoice(invoice_id))
    except BillingError as error:
        return f"ERROR: {error.message}"
    except BillingUnknown:
        return "ERROR: the billing service does not answer right now."


def refund_tool(policy: Policy) -> ApprovedTool:
    """Make the refund tool under a policy."""

    @approved_tool(
        policy,
        step="Refund {amount} {currency} on {invoice_id}",
        identity=_moved,
        settles=refund_differs,
        look_up=refund_made,
        preview=_would_do,
        target="invoice_id",
        amount=("amount", "currency"),
    )
    async def issue_refund(
        ctx: ToolContext[Support], invoice_id: InvoiceId, amount: Money, currency: Currency, reason: str
    ) -> str:
        """Refund money on an invoice. It moves real money and may wait for a person.

        Use it once per refund the person asked for, after looking the invoice up. Not to try out
        whether a refund is possible, and not again after an error that says the outcome is unknown.

        Args:
            invoice_id: The invoice's number, such as INV-1003.
            amount: A decimal with two places, such as 29.00.
            currency: The invoice's currency.
            reason: Why, in the person's words.
        """
        refund = Refund(invoice_id, f"{amount:.2f}", currency, reason)
        try:
            made = await ctx.context.services.billing.refund(refund, ctx.context.attempt)
        except BillingError as error:
            return f"ERROR: {error.message}"
        return _told(made)

    return issue_refund


def refund_differs(arguments: Mapping[str, Any], result: str) -> str:
    """Say so where another sum was refunded than was asked for."""
    made = json.loads(result)
    asked, paid = (
        (number(arguments["amount"]), arguments["currency"]),
        (number(made["amount"]), made["currency"]),
    )
    if asked == paid:
        return ""
    return f"{made['amount']} {made['currency']} were refunded, where {asked[0]} {asked[1]} were asked for."


async def refund_made(support: Support, key: str) -> str | None:
    """What was refunded under a key, as the tool tells it; empty for nothing, None where nobody says."""
    try:
        made = await support.billing.made(key)
    except BillingUnknown:
        return None
    return _told(made) if made else ""


def _told(made: Mapping[str, Any]) -> str:
    return json.dumps({"refund_id": made["id"], "amount": made["amount"], "currency": made["currency"]})


async def _would_do(support: Support, call: Call) -> Preview:
    """What a refund would do."""
    return await refund_preview(support.billing, call)


def _moved(arguments: Mapping[str, Any]) -> Mapping[str, object]:
    """What money a call moves: not why, which a model words anew each time."""
    return {name: arguments[name] for name in ("invoice_id", "amount", "currency")}
