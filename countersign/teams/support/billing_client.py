"""The billing service over HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from countersign import Attempt, OutcomeUnknown, Starved, is_shortage, outgoing
from countersign.teams.support import billing_answers as answers
from countersign.teams.support import keyed_request as keyed
from countersign.teams.support.billing_answers import Refund, Reply
from countersign.teams.support.keyed_request import Answer, Heard, Next

__all__ = ["BillingClient", "BillingError", "BillingUnknown", "Refund"]

log = logging.getLogger(__name__)

#: Seconds for one request.
TIMEOUT: Final = 10
#: Bytes of an answer that are read; an invoice or a refund has some hundred.
MOST: Final = 65_536


class BillingError(Exception):
    """It was not made; `message` says why, mostly in the billing service's own words, `code` is the service's name for that."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class BillingUnknown(OutcomeUnknown):
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
        """Look an invoice up. Raises `BillingError`, `Starved`, or `BillingUnknown` where nobody answers."""
        for attempt in range(keyed.TRIES):
            reply = await self.ask_for(invoice_id)
            if isinstance(reply, Reply) and reply.status == HTTPStatus.OK and reply.content:
                return reply.content
            wait: float | None = None
            if isinstance(reply, Reply):
                wait = answers.retry_after(reply.headers)
                if answers.is_refusal(reply):
                    raise BillingError(reply.why, reply.code)
            if attempt < keyed.TRIES - 1:
                await asyncio.sleep(min(max(wait or 0.0, keyed.PAUSE * 2**attempt), TIMEOUT))
        raise BillingUnknown

    async def made(self, key: str) -> Mapping[str, Any]:
        """Ask what was refunded under a key; empty where the service never saw it. Sends nothing.

        Raises `BillingUnknown` where the service does not say, or still works on it.
        """
        for attempt in range(keyed.TRIES):
            reply = await self._get(f"/v1/refunds/by-key/{quote(key, safe='')}")
            if isinstance(reply, Reply):
                if answers.is_whole(reply):
                    return reply.content
                if answers.never_seen(reply):
                    return {}
                if answers.is_refusal(reply):
                    break
            if attempt < keyed.TRIES - 1:
                await asyncio.sleep(keyed.PAUSE * 2**attempt)
        raise BillingUnknown

    async def ask_for(self, invoice_id: str) -> Reply | Answer:
        """Ask for an invoice once: the service's answer, or that there was none."""
        return await self._get(f"/v1/invoices/{quote(invoice_id, safe='')}")

    async def refund(self, refund: Refund, attempt: Attempt) -> Mapping[str, Any]:
        """Make a refund, once per key however often it is sent.

        Waits where the service asks for it, `keyed_request.PATIENCE` seconds in all. Raises
        `BillingError` if it was not made, and `BillingUnknown` if it may have been; `Starved` where this
        process had no means to send it, nor any try before.
        """
        step = keyed.begin(sent_before=attempt.sent_before)
        made: Mapping[str, Any] = {}
        other = ""
        while step.next not in keyed.ENDS:
            if step.pause and not await attempt.pause(step.pause):
                step = keyed.called_off(step)
            try:
                answer, made = await self._ask(step.next, refund, attempt.key)
            except Starved:
                if not step.known.may_be_done:
                    raise
                answer = Answer(Heard.NOT_NOW, answers.UNREACHED)
            log.info("billing answered", extra={"asked": step.next.value, "heard": answer.heard.value})
            step = keyed.after(step, answer)
            other = answers.reported(made) if answer.heard is Heard.OTHER else ""
        if step.next is Next.MADE:
            return made
        if step.next is Next.NOT_MADE:
            raise BillingError(step.known.why)
        raise BillingUnknown(other)

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
            async with self._sent(method, path, headers, json) as response:
                return Reply(response.status, response.headers, await _body(response))
        except aiohttp.ClientConnectorError as error:
            if is_shortage(error):
                raise Starved from error
            return Answer(Heard.NOT_NOW, answers.UNREACHED)  # there was no connection to send it over
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Answer(Heard.NOTHING)

    @asynccontextmanager
    async def _sent(
        self, method: str, path: str, headers: Mapping[str, str], json: Mapping[str, str] | None
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Send a request, in a span that the service can go on with."""
        with outgoing(method, self._base_url, _template(path)) as request:
            async with self._session.request(
                method,
                f"{self._base_url}{path}",
                json=json,
                headers={**self._headers, **headers, **request.headers},
                timeout=self._timeout,
                allow_redirects=False,  # following one would send the money to where it points
            ) as response:
                request.answered(response.status)
                yield response


def _template(path: str) -> str:
    """A path without the id at its end: `/v1/refunds`, `/v1/refunds/by-key/{}`."""
    kind, _, last = path.rpartition("/")
    return path if last == "refunds" else f"{kind}/{{}}"


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
