"""The support team: invoices and refunds, and code tasks in a sandbox. It is the default, and an example."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

import aiohttp

from countersign import Finding, Specialist, Team
from countersign.teams.support.billing_client import BillingClient
from countersign.teams.support.check import check_billing
from countersign.teams.support.refunds import Support, get_invoice, refund_tool, refunds_over
from countersign.teams.support.settings import SupportSettings

ABOUT = "Everything about invoices, payments, charges and refunds belongs to Billing: hand it over at once, without asking first."

EXAMPLES = {
    "Ask for a refund that needs approval": "refund $29 on INV-1003",
    "Ask on in the thread, no mention needed": "and what is its date?",
    "A small refund needs nobody": "refund $12 on INV-1004",
}


def team(settings: SupportSettings | None = None) -> Team[Support]:
    """Make the team, with the settings of the environment where none are given.

    Raises pydantic's `ValidationError` where these are not usable.
    """
    given = settings or SupportSettings()  # pyright: ignore[reportCallIssue]

    @asynccontextmanager
    async def services() -> AsyncGenerator[Support]:
        async with aiohttp.ClientSession(trust_env=True) as http:
            key = given.billing_api_key.get_secret_value()
            yield Support(BillingClient(http, given.billing_base_url, key))

    async def checks(services: Support) -> AsyncIterator[Finding]:
        yield await check_billing(services.billing)

    policy = refunds_over(
        given.refund_approval_over,
        two_over=given.refund_two_over,
        invoice_over=given.refund_invoice_over,
        person_over=given.refund_count_over,
        rates=given.refund_rates,
    )
    billing = Specialist(
        name="Billing",
        hand_over_when="Looks up invoices and makes refunds.",
        instructions=_prompt("billing"),
        tools=[get_invoice, refund_tool(policy)],
        steps={"get_invoice": "Looking up {invoice_id}"},
    )
    developer = Specialist(
        name="Developer",
        hand_over_when="Works with attached files, data and code in a sandbox: analyses, charts, scripts.",
        instructions=_prompt("developer"),
        sandbox=True,
    )
    specialists = [billing, developer]
    return Team("support", specialists, services=services, about=ABOUT, examples=EXAMPLES, checks=checks)


def _prompt(name: str) -> str:
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")
