"""Goodwill money: up to 5.00 freely, above it one of finance, above 100.00 two of them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from agents.tool_context import ToolContext

from bot.agents.billing_client import Refund
from bot.agents.context import RunContext
from bot.agents.tools.approval import approved_tool
from bot.approval import Requirement


def policy(arguments: Mapping[str, Any], requester: str) -> Requirement | None:
    amount = Decimal(arguments["amount"])
    if 0 < amount <= 5:
        return None
    return Requirement("finance", why=f"{amount} is given away.", quorum=2 if amount > 100 else 1)


@approved_tool(policy)
async def give_goodwill(ctx: ToolContext[RunContext], invoice_id: str, amount: str) -> str:
    """Give money back as goodwill. Use it for complaints; not for a wrong charge: that is a refund."""
    gift = Refund(invoice_id, amount, "USD", reason="goodwill")
    made = await ctx.context.billing.refund(gift, idempotency_key=ctx.context.idempotency_key)
    return f"Given: {made['amount']} USD ({made['id']})"
