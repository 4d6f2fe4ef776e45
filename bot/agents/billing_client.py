"""The billing service over HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from bot.agents import billing_answers as answers
from bot.agents import keyed_request as keyed
from bot.agents.attempt import Attempt
from bot.agents.billing_answers import Refund, Reply
from bot.agents.keyed_request import Answer, Heard, Next

__all__ = ["BillingClient", "BillingError", "BillingUnknown", "Refund"]

log = logging.getLogger(__name__)

#: Seconds for one request.
TIMEOUT: Final = 10
#: Bytes of an answer that are read; an invoice or a refund has some hundred.
MOST: Final = 65_536


class BillingError(Exception):
    """It was not made; `message` says why, mostly in the billing service's own words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BillingUnknown(Exception):
    """Nobody knows: what was asked may have happened or not."""


class BillingClient:
    """Reads invoices and makes refunds. The session is the caller's to close; `timeout` is in seconds."""

    def __init__(
        self, session: aiohttp.ClientSession, base_url: str, api_key: str, *, timeout: float = TIMEOUT
    ) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._timeout = aiohttp.ClientTimeout(total=timeout)

    async def invoice(self, invoice_id: str) -> Mapping[str, Any]:
        """Look an invoice up. Raises `BillingError`, or `BillingUnknown` where nobody answers."""
        for attempt in range(keyed.TRIES):
            reply = await self._get(f"/v1/invoices/{quote(invoice_id, safe='')}")
            if isinstance(reply, Reply) and reply.status == HTTPStatus.OK and reply.content:
                return reply.content
            wait: float | None = None
            if isinstance(reply, Reply):
                wait = answers.retry_after(reply.headers)
                if answers.is_refusal(reply):
                    raise BillingError(reply.why)
            if attempt < keyed.TRIES - 1:
                await asyncio.sleep(min(max(wait or 0.0, keyed.PAUSE * 2**attempt), TIMEOUT))
        raise BillingUnknown

    async def refund(self, refund: Refund, attempt: Attempt) -> Mapping[str, Any]:
        """Make a refund, once per key however often it is sent.

        Waits where the service asks for it, `keyed_request.PATIENCE` seconds in all. Raises
        `BillingError` if it was not made, and `BillingUnknown` if it may have been.
        """
        step = keyed.begin(sent_before=attempt.sent_before)
        made: Mapping[str, Any] = {}
        while step.next not in keyed.ENDS:
            if step.pause and not await attempt.pause(step.pause):
                step = keyed.called_off(step)
            answer, made = await self._ask(step.next, refund, attempt.key)
            log.info("billing answered", extra={"asked": step.next.value, "heard": answer.heard.value})
            step = keyed.after(step, answer)
        if step.next is Next.MADE:
            return made
        if step.next is Next.NOT_MADE:
            raise BillingError(step.known.why)
        raise BillingUnknown

    async def _ask(self, what: Next, refund: Refund, key: str) -> tuple[Answer, Mapping[str, Any]]:
        """Send the refund, or ask what became of its key."""
        if what is Next.SEND:
            reply = await self._post(refund, key)
            read = answers.to_request
        else:
            reply = await self._get(f"/v1/refunds/by-key/{quote(key, safe='')}")
            read = answers.to_look_up
        if isinstance(reply, Reply):
            return read(reply, refund), reply.content
        return reply, {}

    async def _post(self, refund: Refund, key: str) -> Reply | Answer:
        body = {
            "invoice_id": refund.invoice_id,
            "amount": refund.amount,
            "currency": refund.currency,
            "reason": refund.reason,
        }
        return await self._exchange("POST", "/v1/refunds", json=body, headers={"Idempotency-Key": key})

    async def _get(self, path: str) -> Reply | Answer:
        return await self._exchange("GET", path, headers={})

    async def _exchange(
        self, method: str, path: str, *, headers: Mapping[str, str], json: Mapping[str, str] | None = None
    ) -> Reply | Answer:
        """Send one request; where no answer came, tell whether it can have been carried out."""
        try:
            async with self._session.request(
                method,
                f"{self._base_url}{path}",
                json=json,
                headers={**self._headers, **headers},
                timeout=self._timeout,
                allow_redirects=False,  # following one would send the money to where it points
            ) as response:
                return Reply(response.status, response.headers, await _body(response))
        except aiohttp.ClientConnectorError:
            return Answer(Heard.NOT_NOW, answers.UNREACHED)  # there was no connection to send it over
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Answer(Heard.NOTHING)


async def _body(response: aiohttp.ClientResponse) -> bytes | None:
    """Read a body; None for one that breaks off or is too long, for its status has come all the same."""
    read = bytearray()
    try:
        async for chunk in response.content.iter_chunked(MOST):
            read += chunk
            if len(read) > MOST:
                return None
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None
    return bytes(read)
