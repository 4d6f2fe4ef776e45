"""The billing service over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import aiohttp

#: Seconds for one call, and how often a refund whose answer got lost is asked for again.
TIMEOUT: Final = 10
TRIES: Final = 3
#: Seconds before the second try; doubled for the third.
PAUSE: Final = 0.2


class BillingError(Exception):
    """The billing service said no; `message` is in its own words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BillingUnknown(Exception):
    """The billing service did not answer: what was asked may have happened or not."""


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund to be made; `amount` is a decimal such as "29.00"."""

    invoice_id: str
    amount: str
    currency: str
    reason: str


class BillingClient:
    """Reads invoices and makes refunds. The session is the caller's to close."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, api_key: str) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}"}

    async def invoice(self, invoice_id: str) -> Mapping[str, Any]:
        """Look an invoice up. Raises `BillingError`, or `BillingUnknown` where nobody answers."""
        return await self._call("GET", f"/v1/invoices/{quote(invoice_id, safe='')}")

    async def refund(self, refund: Refund, *, idempotency_key: str) -> Mapping[str, Any]:
        """Make a refund, once per key however often it is sent.

        Raises `BillingError` if it was refused and `BillingUnknown` if it may have happened.
        """
        body = {
            "invoice_id": refund.invoice_id,
            "amount": refund.amount,
            "currency": refund.currency,
            "reason": refund.reason,
        }
        return await self._call("POST", "/v1/refunds", body=body, key=idempotency_key)

    async def _call(
        self, method: str, path: str, *, body: Mapping[str, str] | None = None, key: str = ""
    ) -> Mapping[str, Any]:
        pause = PAUSE
        for attempt in range(TRIES):
            try:
                return await self._once(method, path, body, key)
            except (aiohttp.ClientError, TimeoutError, OSError, BillingUnknown):
                if attempt == TRIES - 1:
                    raise BillingUnknown from None
            await asyncio.sleep(pause)
            pause *= 2
        raise BillingUnknown

    async def _once(
        self, method: str, path: str, body: Mapping[str, str] | None, key: str
    ) -> Mapping[str, Any]:
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        url = f"{self._base_url}{path}"
        async with self._session.request(
            method, url, json=body, headers=headers, timeout=timeout
        ) as response:
            if response.status >= 500 or response.status == 429:
                raise BillingUnknown
            answer: Any = await response.json()
        if response.status >= 400:
            error = answer.get("error") if isinstance(answer, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            message = error.get("message") if isinstance(error, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            raise BillingError(str(message or f"HTTP {response.status}"))  # pyright: ignore[reportUnknownArgumentType]
        return answer
