"""Invoices and refunds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from agents import function_tool
from agents.tool_context import ToolContext

from bot.agents.billing_client import BillingError, BillingUnknown, Refund
from bot.agents.context import RunContext
from bot.agents.tools.approval import ApprovedTool, Policy, approved_tool
from bot.approval import Requirement

Currency = Literal["USD", "EUR", "GBP"]


def refunds_over(threshold: Decimal) -> Policy:
    """Ask one of finance for every refund above an amount, in whatever currency it is."""

    def policy(arguments: Mapping[str, Any], requester: str) -> Requirement | None:
        amount = _amount(str(arguments["amount"]))
        if amount is not None and amount <= threshold:
            return None
        return Requirement(role="finance", why=f"Refunds over {threshold:.2f} need one of finance.")

    return policy


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

    @approved_tool(policy)
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
            made = await ctx.context.billing.refund(refund, idempotency_key=ctx.context.idempotency_key)
        except BillingError as error:
            return f"ERROR: {error.message}"
        except BillingUnknown:
            return (
                "ERROR: the billing service did not answer, so it is not known whether the refund "
                "was made. Do not try again; tell the person that finance has to check."
            )
        return json.dumps({"refund_id": made["id"], "amount": made["amount"], "currency": made["currency"]})

    return issue_refund


def _amount(text: str) -> Decimal | None:
    """Read a positive amount of at most two places."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    fits = amount.is_finite() and amount > 0 and amount == amount.quantize(Decimal("0.01"))
    return amount if fits else None
