"""What the billing service can be told to do wrong, and what it says of a key all the while."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from devkit.billing.server import BillingServer, Fault, Of
from tests.unit.devkit_billing.test_billing import Caller, caller, server

__all__ = ["caller", "server"]  # the fixtures


async def of_key(caller: Caller, key: str = "k1") -> tuple[int, str]:
    """What a look-up answers: the status, and the refund's id or the error's code."""
    status, body = await caller.get(f"/v1/refunds/by-key/{key}")
    return status, body["id"] if status == 200 else body["error"]["code"]


async def test_a_refund_is_found_by_its_key_and_no_other(caller: Caller, server: BillingServer) -> None:
    assert await of_key(caller) == (404, "key_unknown")
    _, made, _ = await caller.refund("k1", amount="9.00")
    _, found = await caller.get("/v1/refunds/by-key/k1")

    assert found == made == server.ledger()[0]
    assert await of_key(caller, "k2") == (404, "key_unknown")
    assert server.look_ups == 3


async def test_a_key_that_was_refused_made_nothing(caller: Caller) -> None:
    await caller.refund("k1", currency="EUR")

    assert await of_key(caller) == (404, "key_unknown")


async def test_a_look_up_needs_the_key_of_the_service(caller: Caller) -> None:
    status, body = await caller.get("/v1/refunds/by-key/k1", Authorization="Bearer wrong")

    assert (status, body["error"]["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("goes_on", [True, False])
async def test_a_key_that_is_worked_on_is_in_work_for_everybody_else(
    caller: Caller, server: BillingServer, goes_on: bool
) -> None:
    server.faults.append(Fault(delay=60, goes_on=goes_on))
    waiting = asyncio.create_task(caller.refund())
    async with asyncio.timeout(10):
        while await of_key(caller) == (404, "key_unknown"):
            pass
    status, body, _ = await caller.refund()
    other, _, _ = await caller.refund("k2", amount="1.00")

    assert await of_key(caller) == (409, "key_in_work")
    assert (status, body["error"]["code"], other) == (409, "key_in_work", 201)
    waiting.cancel()


async def test_a_refund_that_goes_on_is_made_though_its_caller_left(
    caller: Caller, server: BillingServer
) -> None:
    server.faults.append(Fault(delay=0.3, goes_on=True))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(caller.refund(), 0.1)
    assert await of_key(caller) == (409, "key_in_work")
    await server.when_refunded()

    assert await of_key(caller) == (200, server.ledger()[0]["id"])
    assert (await caller.refund())[2]


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 429, 500, 503])
@pytest.mark.parametrize("after_commit", [True, False])
async def test_a_status_can_come_before_or_after_the_refund(
    caller: Caller, server: BillingServer, status: int, after_commit: bool
) -> None:
    server.faults.append(Fault(status=status, after_commit=after_commit))
    got, body, _ = await caller.refund()

    assert (got, body["error"]["code"]) == (status, "fault")
    assert len(server.ledger()) == after_commit
    assert (await of_key(caller))[0] == (200 if after_commit else 404)


@pytest.mark.parametrize("told", ["7", "Sat, 07 Nov 2026 12:00:20 GMT"])
async def test_a_busy_service_says_when_to_come_again(
    caller: Caller, server: BillingServer, told: str
) -> None:
    server.faults += [Fault(status=429, retry_after=told), Fault(status=503, retry_after=told, of=Of.LOOK_UP)]
    headers = caller.headers | {"Idempotency-Key": "k1"}
    async with caller.http.post(f"{server.url}/v1/refunds", json={}, headers=headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, told)
    async with caller.http.get(f"{server.url}/v1/refunds/by-key/k1", headers=caller.headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, told)
    assert server.ledger() == []


async def test_a_body_that_breaks_off_was_made_all_the_same(caller: Caller, server: BillingServer) -> None:
    server.faults.append(Fault(cut=True, after_commit=True))
    with pytest.raises(aiohttp.ClientPayloadError):
        await caller.refund()
    server.faults.append(Fault(cut=True, of=Of.LOOK_UP))
    with pytest.raises(aiohttp.ClientPayloadError):
        await of_key(caller)

    assert await of_key(caller) == (200, server.ledger()[0]["id"])


async def test_a_cut_connection_may_have_made_nothing(caller: Caller, server: BillingServer) -> None:
    server.faults.append(Fault(drop=True))
    with pytest.raises(aiohttp.ClientError):
        await caller.refund()

    assert server.ledger() == []


async def test_faults_are_used_up_in_order_each_by_its_own_kind(
    caller: Caller, server: BillingServer
) -> None:
    server.faults += [
        Fault(status=500, of=Of.LOOK_UP),
        Fault(drop_after_commit=True),
        Fault(status=409, times=2),
        Fault(drop=True, of=Of.LOOK_UP, times=2),  # aiohttp asks once more where it kept the connection
    ]
    with pytest.raises(aiohttp.ClientError):
        await caller.refund()
    statuses = [(await caller.refund())[0] for _ in range(3)]
    looked = await of_key(caller)
    with pytest.raises(aiohttp.ClientError):
        await of_key(caller)

    assert statuses == [409, 409, 201]
    assert looked == (500, "fault")
    assert server.faults == []


@pytest.mark.parametrize(
    "impossible",
    [
        {"status": 500, "drop": True},
        {"status": 500, "cut": True, "after_commit": True},
        {"drop": True, "cut": True, "after_commit": True},
        {"status": 200},
        {"status": 600},
        {"status": 500, "retry_after": "1"},
        {"retry_after": "1"},
        {"cut": True},
        {"goes_on": True},
        {"goes_on": True, "delay": 1.0, "after_commit": True},
        {"of": Of.LOOK_UP, "after_commit": True},
        {"of": Of.LOOK_UP, "drop_after_commit": True},
        {"of": Of.LOOK_UP, "delay": 1.0, "goes_on": True},
        {"times": 0},
        {"delay": -1.0},
    ],
    ids=str,
)
def test_what_no_service_can_do_is_refused(impossible: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="."):
        Fault(**impossible)
