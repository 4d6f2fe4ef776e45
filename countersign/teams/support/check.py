"""The doctor's question to the billing service."""

from __future__ import annotations

from http import HTTPStatus

from countersign import Finding
from countersign.teams.support.billing_answers import Reply
from countersign.teams.support.billing_client import BillingClient


async def check_billing(billing: BillingClient) -> Finding:
    """Ask for an invoice that does not exist; "not found" is the right answer."""
    reply = await billing.ask_for("DOCTOR")
    if not isinstance(reply, Reply):
        return Finding.failed("The billing service could not be reached at BILLING_BASE_URL.")
    if reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Finding.failed("BILLING_API_KEY was refused.")
    if reply.status == HTTPStatus.NOT_FOUND:
        return Finding.ok("The billing service answers.")
    return Finding.failed(f"The billing service answers, but not as expected (HTTP {reply.status}).")
