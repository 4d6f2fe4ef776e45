"""Goodwill money: up to 5.00 freely, above it one of finance, above 100.00 two, one day at most."""

from datetime import timedelta

from agents.tool_context import ToolContext

from bot.agents.billing_client import BillingError, Refund
from bot.agents.context import RunContext
from bot.agents.tools.approval import approved_tool
from bot.policy import Policy, ask, over

POLICY = Policy(
    ask("finance", when=over("amount", 5), remind_after=timedelta(hours=1)),
    ask("finance", when=over("amount", 100), quorum=2, expires_after=timedelta(days=1)),
    editable=("amount",),
)


@approved_tool(POLICY)
async def give_goodwill(ctx: ToolContext[RunContext], invoice_id: str, amount: str) -> str:
    """Give money back as goodwill. Use it for complaints; not for a wrong charge: that is a refund."""
    gift = Refund(invoice_id, amount, "USD", reason="goodwill")
    try:
        made = await ctx.context.billing.refund(gift, ctx.context.attempt)
    except BillingError as refusal:
        return f"ERROR: {refusal.message}"
    return f"Given: {made['amount']} USD ({made['id']})"
