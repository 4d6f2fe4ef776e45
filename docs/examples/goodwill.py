"""Goodwill money: up to 5.00 freely, above it one of finance, above 100.00 two, one day at most."""

from datetime import timedelta

from countersign import Money, Policy, ToolContext, approved_tool, ask, over
from countersign.teams.support.billing_client import BillingError, Refund
from countersign.teams.support.refunds import InvoiceId, Support

POLICY = Policy(
    ask("finance", when=over("amount", 5), remind_after=timedelta(hours=1)),
    ask("finance", when=over("amount", 100), quorum=2, expires_after=timedelta(days=1)),
    editable=("amount",),
)


@approved_tool(POLICY)
async def give_goodwill(ctx: ToolContext[Support], invoice_id: InvoiceId, amount: Money) -> str:
    """Give money back as goodwill. Use it for complaints; not for a wrong charge: that is a refund."""
    gift = Refund(invoice_id, f"{amount:.2f}", "USD", reason="goodwill")
    try:
        made = await ctx.context.services.billing.refund(gift, ctx.context.attempt)
    except BillingError as refusal:
        return f"ERROR: {refusal.message}"
    return f"Given: {made['amount']} USD ({made['id']})"
