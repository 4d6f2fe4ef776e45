"""A tool with whatever policy a test wants, and how the stand-in model calls it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from countersign import ApprovedTool, Policy, ToolContext, approved_tool, ask
from countersign.teams.support.billing_client import BillingError, Refund
from countersign.teams.support.refunds import Support
from devkit.billing.server import Fault, Of
from devkit.model.script import Calls, Step, Text
from tests.world import World

SECOND = timedelta(seconds=1)
FINANCE = Policy(ask("finance"), editable=("amount", "note", "currency"), rest_of_run=True)


def give_money(policy: Policy = FINANCE, **terms: Any) -> ApprovedTool:
    """Make a tool that moves money under a policy."""

    @approved_tool(policy, **terms)
    async def give_money(
        ctx: ToolContext[Support],
        invoice_id: str,
        amount: str,
        currency: Literal["USD", "EUR", "GBP"] = "USD",
        note: str | None = None,
    ) -> str:
        """Give money back.

        Args:
            invoice_id: The invoice.
            amount: How much, such as 29.00.
            currency: In which currency.
            note: What for.
        """
        try:
            gift = Refund(invoice_id, amount, currency, note or "a gift")
            made = await ctx.context.services.billing.refund(gift, ctx.context.attempt)
        except BillingError as error:
            return f"ERROR: {error.message}"
        return f"Given: {made['amount']} {made['currency']}"

    return give_money


def gift(amount: str = "29.00", invoice_id: str = "INV-1003", **more: Any) -> tuple[str, dict[str, Any]]:
    """One call of it."""
    return "give_money", {"invoice_id": invoice_id, "amount": amount, "currency": "USD", "note": None} | more


def scripted(world: World, *turns: Step, last: str = "That was all.") -> None:
    """Let the model hand over to Billing, take these turns, and end with these words."""
    world.model.script(Calls([("transfer_to_billing", {})]), *turns, Text(last))


def gives(*amounts: str) -> Calls:
    """A turn that gives money so many times."""
    return Calls([gift(amount) for amount in amounts])


def no_look_up(times: int = 3) -> Fault:
    """Nobody says what became of a key: one try asks three times."""
    return Fault(status=503, of=Of.LOOK_UP, times=times)


def lost_answer() -> list[Fault]:
    """It happens, and the bot never hears of it: a call is sent three times, its key looked up as often."""
    return [Fault(drop_after_commit=True, times=3), no_look_up()]


def not_reached() -> list[Fault]:
    """It does not happen, and the bot cannot know."""
    return [Fault(status=503, times=3), no_look_up()]
