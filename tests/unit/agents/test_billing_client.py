"""The client against the billing service: what it says of a refund is what the ledger holds, or that nobody knows."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.agents.attempt import Attempt
from countersign.teams.support.billing_client import MOST, BillingClient, BillingError, BillingUnknown, Refund
from countersign.teams.support.keyed_request import PATIENCE
from devkit.billing.server import BillingServer, Fault, Of
from devkit.serving import Server

REFUND = Refund("INV-1003", "29.00", "USD", "twice")
#: Seconds in which the service must answer here, and one that it does not.
TIMEOUT, TOO_LONG = 1.0, 30.0
STATUSES = [400, 401, 403, 404, 409, 410, 422]
#: How a refund that was made can go unanswered.
UNANSWERED: dict[str, dict[str, Any]] = {
    "dropped": {"drop": True},
    "timed out": {"delay": TOO_LONG},
    "500": {"status": 500},
    "503": {"status": 503},
    "cut": {"cut": True},
    "redirected": {"status": 307},
    "408": {"status": 408},
}
#: How a look-up can fail to say anything.
NO_WORD: dict[str, dict[str, Any]] = {
    "refused": {"status": 401},
    "not there": {"status": 404},
    "broken": {"status": 500, "times": 3},
    "cut off": {"drop": True, "times": 6},
    "cut": {"cut": True, "times": 3},
    "busy": {"status": 429, "retry_after": "9999"},
}
made_by = pytest.mark.parametrize("how", UNANSWERED.values(), ids=UNANSWERED)
refused_by = pytest.mark.parametrize("status", STATUSES)
silent_by = pytest.mark.parametrize("silence", NO_WORD.values(), ids=NO_WORD)


class Desk:
    """A client of a service, who notes how long it waited."""

    def __init__(self, server: BillingServer, http: aiohttp.ClientSession) -> None:
        self.server = server
        self._client = BillingClient(http, server.url, server.api_key, timeout=TIMEOUT)
        self.waited: list[float] = []
        #: Whether a person has called it off.
        self.stopped = False

    async def refund(self, *faults: Fault, sent_before: bool = False, refund: Refund = REFUND) -> str:
        """Ask for a refund while these things go wrong; returns what is said of it."""
        self.server.faults += faults
        try:
            made = await self._client.refund(refund, Attempt("k1", sent_before, self._pause))
        except BillingUnknown:
            return "nobody knows"
        except BillingError as error:
            return error.message
        assert made["id"] == self.server.ledger()[0]["id"]
        return "made"

    async def invoice(self, *faults: Fault) -> str:
        """Ask for an invoice meanwhile; returns whose it is, or what is said of it."""
        self.server.faults += faults
        try:
            return (await self._client.invoice("INV-1003"))["customer"]
        except BillingUnknown:
            return "nobody knows"
        except BillingError as error:
            return error.message

    async def _pause(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return not self.stopped

    @property
    def paid(self) -> int:
        return len(self.server.ledger())


@pytest.fixture
async def desk() -> AsyncGenerator[Desk]:
    server = BillingServer()
    await server.start()
    async with aiohttp.ClientSession() as http:
        yield Desk(server, http)
    await server.stop()


@made_by
@refused_by
async def test_what_was_made_and_then_refused_was_made(desk: Desk, how: dict[str, Any], status: int) -> None:
    said = await desk.refund(Fault(after_commit=True, **how), Fault(status=status))

    assert (said, desk.paid, desk.server.requests, desk.server.look_ups) == ("made", 1, 2, 1)


@refused_by
@silent_by
async def test_what_was_made_and_then_refused_is_not_known_without_the_key(
    desk: Desk, status: int, silence: dict[str, Any]
) -> None:
    faults = (Fault(drop_after_commit=True), Fault(status=status), Fault(of=Of.LOOK_UP, **silence))

    assert (await desk.refund(*faults), desk.paid) == ("nobody knows", 1)


@made_by
@refused_by
async def test_a_later_try_of_what_was_made_and_is_refused_now_was_made(
    desk: Desk, how: dict[str, Any], status: int
) -> None:
    lost = replace(Fault(after_commit=True, **how), times=3)
    assert await desk.refund(lost, Fault(status=500, of=Of.LOOK_UP, times=3)) == "nobody knows"
    said = await desk.refund(Fault(status=status, times=9), sent_before=True)

    assert (said, desk.paid) == ("made", 1)


@refused_by
@silent_by
async def test_a_later_try_is_not_settled_by_a_refusal(
    desk: Desk, status: int, silence: dict[str, Any]
) -> None:
    await desk.refund()
    faults = (Fault(status=status), Fault(of=Of.LOOK_UP, **silence))

    assert (await desk.refund(*faults, sent_before=True), desk.paid) == ("nobody knows", 1)


@refused_by
@pytest.mark.parametrize(
    "how", [{"drop": True}, {"status": 500}, {"delay": TOO_LONG}], ids=["drop", "500", "late"]
)
async def test_what_never_came_in_and_is_refused_was_not_made(
    desk: Desk, how: dict[str, Any], status: int
) -> None:
    said = await desk.refund(Fault(**how), Fault(status=status))

    assert (said, desk.paid) == ("The service is broken on request.", 0)


@refused_by
@silent_by
async def test_a_first_refusal_is_a_refusal(desk: Desk, status: int, silence: dict[str, Any]) -> None:
    said = await desk.refund(Fault(status=status), Fault(of=Of.LOOK_UP, **silence))

    assert (said, desk.paid) == (
        # A 409 says that the service has seen the key: a request that nobody here remembers.
        ("nobody knows" if status == 409 else "The service is broken on request."),
        0,
    )


async def test_a_refund_that_nobody_here_remembers_is_found_behind_a_refusal(desk: Desk) -> None:
    await desk.refund()

    assert (await desk.refund(Fault(status=403)), desk.paid) == ("made", 1)


@made_by
async def test_an_unanswered_refund_is_sent_again_and_told_as_made(desk: Desk, how: dict[str, Any]) -> None:
    said = await desk.refund(Fault(after_commit=True, **how))

    assert (said, desk.paid, desk.server.requests, desk.server.look_ups) == ("made", 1, 2, 0)


@made_by
async def test_what_stays_unanswered_is_looked_up_before_people_are_asked(
    desk: Desk, how: dict[str, Any]
) -> None:
    said = await desk.refund(replace(Fault(after_commit=True, **how), times=3))

    assert (said, desk.paid, desk.server.requests, desk.server.look_ups) == ("made", 1, 3, 1)


async def test_what_stays_unanswered_and_never_came_in_was_not_made(desk: Desk) -> None:
    said = await desk.refund(Fault(status=500, times=3))

    assert "never saw it" in said
    assert desk.paid == 0


async def test_what_is_still_being_worked_on_is_not_known(desk: Desk) -> None:
    said = await desk.refund(Fault(delay=TOO_LONG, goes_on=True))

    assert (said, desk.paid, desk.server.look_ups) == ("nobody knows", 0, 5)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_service_is_waited_for_as_it_says(desk: Desk, status: int) -> None:
    said = await desk.refund(Fault(status=status, retry_after="7", times=4))

    assert (said, desk.waited, desk.paid) == ("made", [7.0] * 4, 1)


async def test_a_service_says_when_by_a_date_of_its_own(desk: Desk) -> None:
    said = await desk.refund(Fault(status=503, retry_after="Thu, 01 Jan 1970 00:00:00 GMT"))

    assert (said, len(desk.waited), desk.paid) == ("made", 1, 1)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("retry_after", ["7", "3600"])
async def test_a_service_that_stays_busy_did_nothing(desk: Desk, status: int, retry_after: str) -> None:
    said = await desk.refund(Fault(status=status, retry_after=retry_after, times=99))

    assert (said, desk.paid) == ("Not made: the billing service is busy, try later.", 0)
    assert sum(desk.waited) <= 60


async def test_a_429_that_does_not_say_when_is_tried_a_little_later(desk: Desk) -> None:
    said = await desk.refund(Fault(status=429, times=3))

    assert (said, desk.paid, desk.server.requests) == (
        "Not made: the billing service is busy, try later.",
        0,
        3,
    )


@pytest.mark.parametrize("status", [429, 503])
async def test_a_service_that_was_busy_after_all_it_did_is_asked_about_the_key(
    desk: Desk, status: int
) -> None:
    said = await desk.refund(Fault(status=status, retry_after="3600", after_commit=True))

    assert (said, desk.paid) == ("made", 1)


@pytest.mark.parametrize("status", [429, 503])
@silent_by
async def test_a_service_that_is_busy_after_something_went_unanswered_settles_nothing(
    desk: Desk, status: int, silence: dict[str, Any]
) -> None:
    busy = Fault(status=status, retry_after="7", times=99)
    said = await desk.refund(Fault(drop_after_commit=True), busy, Fault(of=Of.LOOK_UP, **silence))

    assert (said, desk.paid) == ("nobody knows", 1)


@pytest.mark.parametrize(
    ("lost", "said"), [(True, "nobody knows"), (False, "Not made: the billing service is busy")]
)
async def test_a_person_who_stops_it_waits_for_nothing(desk: Desk, lost: bool, said: str) -> None:
    desk.stopped = True
    first = Fault(drop_after_commit=True) if lost else Fault(status=429, retry_after="7")
    told = await desk.refund(first, Fault(status=500, of=Of.LOOK_UP, times=9))

    assert told.startswith(said)
    assert (desk.server.requests, desk.server.look_ups) == (1, 1)


async def test_a_service_that_is_not_there_made_nothing(desk: Desk) -> None:
    await desk.server.stop()

    assert await desk.refund() == "Not made: the billing service cannot be reached, try later."
    assert await desk.refund(sent_before=True) == "nobody knows"


async def test_another_refund_under_the_same_key_is_no_success(desk: Desk) -> None:
    await desk.refund(refund=Refund("INV-1003", "9.00", "USD", "twice"))

    assert (await desk.refund(), desk.paid) == ("nobody knows", 1)
    assert (await desk.refund(sent_before=True), desk.paid) == ("nobody knows", 1)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 429, "retry_after": "0"},
        {"drop": True},
        {"delay": TOO_LONG},
        {"cut": True},
    ],
    ids=str,
)
async def test_an_invoice_is_asked_for_again_where_no_answer_came(desk: Desk, fault: dict[str, Any]) -> None:
    assert await desk.invoice(Fault(of=Of.INVOICE, **fault)) == "Hazel & Co"


async def test_an_invoice_that_cannot_be_read_is_said_to_be_so(desk: Desk) -> None:
    assert await desk.invoice(Fault(status=403, of=Of.INVOICE)) == "The service is broken on request."
    assert await desk.invoice(Fault(status=500, of=Of.INVOICE, times=3)) == "nobody knows"


@asynccontextmanager
async def somewhere(handler: Handler) -> AsyncGenerator[BillingClient]:
    """A client of a server that is not the billing service, whatever it is asked for."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    server = Server(app)
    await server.start()
    async with aiohttp.ClientSession() as http:
        yield BillingClient(http, server.address, "key", timeout=TIMEOUT)
    await server.stop()


async def refunds_somewhere(client: BillingClient) -> str:
    """Ask for a refund there, with all the time in the world."""

    async def pause(seconds: float) -> bool:
        return seconds < PATIENCE

    try:
        await client.refund(REFUND, Attempt("k1", pause=pause))
    except BillingUnknown:
        return "nobody knows"
    except BillingError as error:
        return error.message
    return "made"


async def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        asked.append(f"{request.method} {request.path}")
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with somewhere(elsewhere) as client:
        assert await refunds_somewhere(client) == "nobody knows"

    assert asked.count("POST /v1/refunds") == 3
    assert not any("elsewhere" in one for one in asked)


async def test_an_answer_without_end_is_no_answer() -> None:
    made = {
        "id": "rf_1",
        "invoice_id": "INV-1003",
        "amount": "29.00",
        "currency": "USD",
        "reason": "x" * MOST,
    }

    async def endless(_: web.Request) -> web.StreamResponse:
        return web.json_response(made)

    async with somewhere(endless) as client:
        assert await refunds_somewhere(client) == "nobody knows"
