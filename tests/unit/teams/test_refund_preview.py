"""What a refund would do, read from a real billing service; what is wrong with one, and what the service does not say."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import aiohttp
import pytest

from bot.agents.tools.preview import looked
from countersign import Call, Fact, Preview
from countersign.teams.support.billing_client import BillingClient
from countersign.teams.support.refund_preview import refund_preview
from devkit.billing.server import BillingServer, Fault, Of


@pytest.fixture
async def billing() -> AsyncGenerator[BillingServer]:
    server = BillingServer()
    await server.start()
    yield server
    await server.stop()


async def seen(billing: BillingServer, key: str = "", **asked: str) -> Preview:
    """What people would be shown of a refund of 29 dollars on INV-1003, or of another one."""
    arguments = {"invoice_id": "INV-1003", "amount": "29.00", "currency": "USD", "reason": "twice"} | asked
    call = Call("issue_refund", arguments, "U0ANA00001", "C0SUPPORT1")
    async with aiohttp.ClientSession() as http:
        return await looked(refund_preview, BillingClient(http, billing.url, key or billing.api_key), call)


async def test_people_see_whose_invoice_it_is_and_what_is_left_of_it(billing: BillingServer) -> None:
    billing.refund_at_the_desk("INV-1005", "280.50")

    assert await seen(billing, invoice_id="INV-1005", amount="1000.00") == Preview(
        "Refund 1,000.00 USD to Rowan Freight, INV-1005",
        (
            Fact("Customer", "Rowan Freight"),
            Fact("Invoice", "INV-1005, 2026-10-21, Annual plan"),
            Fact("Invoice total", "1,480.00 USD"),
            Fact("Refunded so far", "280.50 USD"),
            Fact("Left to refund", "1,199.50 USD"),
        ),
    )


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"amount": "29.00"}, ""),
        (
            {"amount": "29.01"},
            "29.00 USD of 29.00 USD are left to refund on INV-1003, so 29.01 USD is too much.",
        ),
        (
            {"invoice_id": "INV-1002", "amount": "5000.00"},
            "99.00 USD of 99.00 USD are left to refund on INV-1002, so 5,000.00 USD is too much.",
        ),
        (
            {"invoice_id": "INV-1006"},
            "INV-1006 is in EUR, so nothing can be refunded on it in USD.",
        ),
        ({"currency": "GBP"}, "INV-1003 is in USD, so nothing can be refunded on it in GBP."),
        ({"invoice_id": "INV-9999"}, "There is no invoice INV-9999."),
    ],
)
async def test_what_cannot_be_refunded_says_why(
    billing: BillingServer, asked: dict[str, str], problem: str
) -> None:
    assert (await seen(billing, **asked)).problem == problem


class _Lenient:
    """A service that reads INV-01003 as INV-1003."""

    async def invoice(self, invoice_id: str) -> Mapping[str, Any]:
        sums = {"amount": "29.00", "refunded": "0.00", "refundable": "29.00", "currency": "USD"}
        read = f"INV-{int(invoice_id[4:])}"
        return {"id": read, "customer": "Hazel & Co", "date": "2026-10-21", "description": "Plan", **sums}


async def test_another_invoice_than_was_asked_for_is_shown_to_nobody() -> None:
    async def shown(invoice_id: str) -> Preview:
        arguments = {"invoice_id": invoice_id, "amount": "29.00", "currency": "USD", "reason": "twice"}
        call = Call("issue_refund", arguments, "U0ANA00001", "C0SUPPORT1")
        return await looked(refund_preview, _Lenient(), call)

    assert (await shown("INV-01003")).unread
    assert (await shown("INV-1003")).title == "Refund 29.00 USD to Hazel & Co, INV-1003"


@pytest.mark.parametrize(
    "fault", [Fault(status=500, of=Of.INVOICE, times=3), Fault(status=403, of=Of.INVOICE)]
)
async def test_a_service_that_does_not_say_refuses_nothing(billing: BillingServer, fault: Fault) -> None:
    billing.faults.append(fault)

    assert (await seen(billing)).unread


async def test_a_wrong_key_says_nothing_of_any_invoice(billing: BillingServer) -> None:
    assert (await seen(billing, key="wrong")).unread
