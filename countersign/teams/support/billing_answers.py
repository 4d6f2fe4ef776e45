"""What the billing service's answers over HTTP mean. Pure: who sends and reads them is the client."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, cast

from countersign.teams.support.keyed_request import Answer, Heard

BUSY: Final = "Not made: the billing service is busy, try later."
UNREACHED: Final = "Not made: the billing service cannot be reached, try later."
#: Characters of the service's own words that are told.
WORDS: Final = 500
#: Characters of an amount or a number of the service's that are told.
NAMED: Final = 60
#: Digits of a time to wait: more is no time that anybody waits, and costly to read.
DIGITS: Final = 9
#: What a service calls a refund that is made, where it says so beside it. Any other word (`pending`, `failed`,
#: `declined`, `requires_action`) is of one that is not, or not yet, whatever the status of its answer.
SETTLED: Final = frozenset(
    {"succeeded", "success", "successful", "completed", "complete", "done", "made", "refunded", "ok"}
)


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund to be made; `amount` is a decimal such as "29.00"."""

    invoice_id: str
    amount: str
    currency: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came over the wire: the status, the headers, and the body if all of it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def content(self) -> Mapping[str, Any]:
        """The body's JSON object; empty for anything else."""
        try:
            read: Any = json.loads(self.body or b"")
        except (ValueError, RecursionError):
            return {}
        return cast("Mapping[str, Any]", read) if isinstance(read, dict) else {}

    @property
    def _error(self) -> Mapping[str, Any]:
        error: Any = self.content.get("error")
        return cast("Mapping[str, Any]", error) if isinstance(error, dict) else {}

    @property
    def code(self) -> str:
        """The code of an error; empty where it has none."""
        return str(self._error.get("code") or "")

    @property
    def why(self) -> str:
        """An error in the service's own words."""
        words = str(self._error.get("message") or "")[:WORDS]
        return words or f"The billing service refused it ({self.status})."


def to_request(reply: Reply, asked: Refund) -> Answer:
    """Read the answer to a refund that was asked for.

    409 and `key_reused` are about a key that the service has seen: they show that an earlier
    request came in, even where nothing here remembers one. A redirect, a 408, a 2xx that is
    not the refund and every 5xx but a dated 503 leave open whether it was carried out.
    https://www.rfc-editor.org/rfc/rfc9110#section-15, https://www.rfc-editor.org/rfc/rfc6585#section-4
    """
    if reply.status in {HTTPStatus.OK, HTTPStatus.CREATED}:
        return _refund(reply, asked, any_amount="Idempotent-Replayed" not in reply.headers)
    if common := _of_any(reply):
        return common
    known = reply.status == HTTPStatus.CONFLICT or reply.code == "key_reused"
    return Answer(Heard.REFUSED, reply.why, knows_key=known)


def to_look_up(reply: Reply, asked: Refund) -> Answer:
    """Read the answer to a look-up of the refund's key.

    A 404 counts only where it says that it is the key that nobody knows: the address may be wrong.
    """
    if reply.body is None:
        return Answer(Heard.NOTHING)
    if reply.status == HTTPStatus.OK:
        return _refund(reply, asked)
    if never_seen(reply):
        return Answer(Heard.NEVER_SEEN)
    if reply.status == HTTPStatus.CONFLICT and reply.code == "key_in_work":
        return Answer(Heard.IN_WORK)
    return _of_any(reply) or Answer(Heard.REFUSED, reply.why)


def never_seen(reply: Reply) -> bool:
    """Whether a look-up says that nobody has used the key."""
    return reply.status == HTTPStatus.NOT_FOUND and reply.code == "key_unknown"


def is_whole(reply: Reply) -> bool:
    """Whether a look-up shows a refund, with all that tells what was made."""
    made = reply.content
    return (
        reply.status == HTTPStatus.OK
        and _is_made(made)
        and all(made.get(name) for name in ("invoice_id", "amount", "currency"))
    )


def reported(made: Mapping[str, Any]) -> str:
    """Say for people what the service made under a key where that is not what was asked for."""
    amount, currency, invoice = (str(made.get(name))[:NAMED] for name in ("amount", "currency", "invoice_id"))
    return f"The billing service says that {amount} {currency} were refunded on {invoice} for this."


def is_refusal(reply: Reply) -> bool:
    """Whether the service says no: neither that it is busy, nor that it gave up waiting.

    Above 451 there are only what gateways say of connections that they gave up (460, 499): the service may have gone on.
    https://www.iana.org/assignments/http-status-codes
    """
    later = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}
    of_client = HTTPStatus.BAD_REQUEST <= reply.status <= HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS
    return of_client and reply.status not in later


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read how many seconds to wait, from a number or a date; None where nothing readable is said.

    A date is compared with the answer's own: the clock here may be another one.
    https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
    """
    told = headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:DIGITS])
    until, now = _date(told), _date(headers.get("Date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _of_any(reply: Reply) -> Answer | None:
    """Read what means the same of a refund and of a look-up; None for a refusal."""
    wait = retry_after(reply.headers)
    dated = reply.status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS or dated:
        return Answer(Heard.NOT_NOW, BUSY, wait)
    return None if is_refusal(reply) else Answer(Heard.NOTHING)


def _refund(reply: Reply, asked: Refund, *, any_amount: bool = False) -> Answer:
    """Read a refund as made; it must be whole, and the one that was asked for.

    `any_amount` is of the answer to the request itself: the money has moved, and whoever asked compares the sums.
    """
    made = reply.content
    if not _is_made(made) or any(name not in made for name in ("invoice_id", "amount", "currency")):
        return Answer(Heard.NOTHING)
    same = (made["invoice_id"], made["currency"]) == (asked.invoice_id, asked.currency)
    amount = _number(made["amount"])
    is_asked = same and amount is not None and (any_amount or amount == _number(asked.amount))
    return Answer(Heard.MADE if is_asked else Heard.OTHER)


def _is_made(made: Mapping[str, Any]) -> bool:
    """Whether an answer has a refund with an id, and says nowhere that it is none: a 2xx may have an error in its body."""
    own, status = made.get("id"), made.get("status", "ok")
    named = bool(own.strip()) if isinstance(own, str) else isinstance(own, int) and bool(own)
    denied = bool(made.get("error")) or made.get("success") is False or made.get("ok") is False
    return named and not denied and isinstance(status, str) and status.strip().lower() in SETTLED


def _number(value: object) -> Decimal | None:
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def _date(text: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the second for a year that no computer counts to
        return None
    return read if read.tzinfo is not None else None
