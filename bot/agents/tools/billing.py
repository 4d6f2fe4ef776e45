"""Invoices and refunds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from agents import function_tool
from agents.tool_context import ToolContext

from bot.agents.billing_client import BillingError, BillingUnknown, Refund
from bot.agents.context import RunContext
from bot.agents.tools.approval import ApprovedTool, approved_tool
from bot.policy import Policy, ask, number, over
from bot.requirement import Severity

Currency = Literal["USD", "EUR", "GBP"]
#: No refund is larger; longer numbers are mistakes.
LARGEST = Decimal(10**12)


def refunds_over(threshold: Decimal, *, two_over: Decimal) -> Policy:
    """Ask one of finance for every refund above an amount and two above a higher one.

    The amounts are of whatever currency the refund is in.
    """
    return Policy(
        ask(
            "finance",
            when=over("amount", threshold),
            why=f"Refunds over {threshold:,.2f} need one of finance.",
            remind_after=timedelta(hours=4),
        ),
        ask(
            "finance",
            when=over("amount", two_over),
            why=f"Refunds over {two_over:,.2f} need two of finance.",
            quorum=2,
            severity=Severity.HIGH,
        ),
        editable=("amount", "reason"),
        rest_of_run=True,
    )


@function_tool(failure_error_function=None)
async def get_invoice(ctx: ToolContext[RunContext], invoice_id: str) -> str:
    """Look up one invoice: customer, amount, currency, date, and what can still be refunded.

    Use it before every refund and for questions about an invoice. Not for finding invoices of a
    customer: it needs the number.

    Args:
        invoice_id: The number as the person gave it, such as INV-1003.
    """
    try:
        return json.dumps(await ctx.context.billing.invoice(invoice_id))
    except BillingError as error:
        return f"ERROR: {error.message}"
    except BillingUnknown:
        return "ERROR: the billing service does not answer right now."


def refund_tool(policy: Policy) -> ApprovedTool:
    """Make the refund tool under a policy."""

    @approved_tool(policy, identity=_moved, settles=refund_differs)
    async def issue_refund(
        ctx: ToolContext[RunContext], invoice_id: str, amount: str, currency: Currency, reason: str
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
        value = _amount(amount)
        if value is None:
            return "ERROR: the amount must be a positive number such as 29.00."
        refund = Refund(invoice_id, f"{value:.2f}", currency, reason)
        try:
            made = await ctx.context.billing.refund(refund, ctx.context.attempt)
        except BillingError as error:
            return f"ERROR: {error.message}"
        return json.dumps({"refund_id": made["id"], "amount": made["amount"], "currency": made["currency"]})

    return issue_refund


def refund_differs(arguments: Mapping[str, Any], result: str) -> str:
    """Say so where another sum was refunded than was asked for."""
    made = json.loads(result)
    asked, paid = (
        (_amount(arguments["amount"]), arguments["currency"]),
        (number(made["amount"]), made["currency"]),
    )
    if asked == paid:
        return ""
    return f"{made['amount']} {made['currency']} were refunded, where {asked[0]} {asked[1]} were asked for."


def _moved(arguments: Mapping[str, Any]) -> Mapping[str, object]:
    """What money a call moves: not why, which a model words anew each time."""
    amount = _amount(arguments["amount"])
    told = arguments["amount"] if amount is None else f"{amount:.2f}"
    return {"invoice_id": arguments["invoice_id"], "amount": told, "currency": arguments["currency"]}


def _amount(text: str) -> Decimal | None:
    """Read a positive amount of at most two places."""
    amount = number(text)
    fits = amount is not None and 0 < amount < LARGEST and amount == round(amount, 2)
    return amount if fits else None
