"""The billing service over HTTP: what it refuses, and that no key moves money twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from devkit.billing.server import BillingServer, Fault


class Caller:
    """A client with the right key."""

    def __init__(self, http: aiohttp.ClientSession, server: BillingServer) -> None:
        self.http, self.server = http, server
        self.headers = {"Authorization": f"Bearer {server.api_key}"}

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        async with self.http.get(f"{self.server.url}{path}", headers=self.headers | headers) as answer:
            return answer.status, await answer.json()

    async def refund(self, key: str | None = "k1", **changes: Any) -> tuple[int, Any, bool]:
        given = {"invoice_id": "INV-1003", "amount": "29.00", "currency": "USD", "reason": "twice"}
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        url = f"{self.server.url}/v1/refunds"
        async with self.http.post(url, json=given | changes, headers=headers) as answer:
            return answer.status, await answer.json(), "Idempotent-Replayed" in answer.headers


@pytest.fixture
async def server() -> AsyncIterator[BillingServer]:
    made = BillingServer()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def caller(server: BillingServer) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        yield Caller(http, server)


@pytest.mark.parametrize(
    ("invoice_id", "customer", "amount", "currency", "date"),
    [
        ("INV-1003", "Hazel & Co", "29.00", "USD", "2026-10-02"),
        ("INV-1004", "Juniper Labs", "12.00", "USD", "2026-10-05"),
        ("INV-1005", "Rowan Freight", "1480.00", "USD", "2026-10-21"),
        ("INV-1006", "Linden Bau GmbH", "12500.00", "EUR", "2026-11-02"),
    ],
)
async def test_an_invoice_can_be_read(
    caller: Caller, invoice_id: str, customer: str, amount: str, currency: str, date: str
) -> None:
    status, invoice = await caller.get(f"/v1/invoices/{invoice_id}")
    description = invoice.pop("description")

    assert status == 200
    assert description
    assert invoice == {
        "id": invoice_id,
        "customer": customer,
        "amount": amount,
        "currency": currency,
        "date": date,
        "refunded": "0.00",
        "refundable": amount,
    }


async def test_a_refund_is_in_the_books_and_on_the_invoice(caller: Caller, server: BillingServer) -> None:
    changes: list[int] = []
    server.on_change = lambda: changes.append(1)
    status, refund, replayed = await caller.refund(amount="9.00")
    _, invoice = await caller.get("/v1/invoices/INV-1003")
    _, listed = await caller.get("/v1/refunds")

    assert (status, replayed, changes) == (201, False, [1])
    assert (invoice["refunded"], invoice["refundable"]) == ("9.00", "20.00")
    assert listed["refunds"] == server.ledger() == [refund]
    assert (refund["idempotency_key"], refund["amount"], refund["reason"]) == ("k1", "9.00", "twice")
    assert (await server.panel())["refunds"] == [refund]


async def test_fifty_refunds_at_once_with_one_key_move_the_money_once(
    caller: Caller, server: BillingServer
) -> None:
    answers = await asyncio.gather(*(caller.refund(amount="1.00") for _ in range(50)))

    assert len({refund["id"] for _, refund, _ in answers}) == 1
    assert sum(replayed for _, _, replayed in answers) == 49
    assert [refund["amount"] for refund in server.ledger()] == ["1.00"]
    assert server.requests == 50


async def test_refunds_at_once_with_keys_of_their_own_never_exceed_the_invoice(
    caller: Caller, server: BillingServer
) -> None:
    answers = await asyncio.gather(*(caller.refund(f"k{n}", amount="10.00") for n in range(20)))

    assert sorted(status for status, _, _ in answers) == [201, 201, *[422] * 18]
    assert len(server.ledger()) == 2


async def test_a_key_is_good_for_one_refund_only(caller: Caller, server: BillingServer) -> None:
    await caller.refund(amount="1.00")
    status, body, _ = await caller.refund(amount="2.00")

    assert (status, body["error"]["code"]) == (422, "key_reused")
    assert len(server.ledger()) == 1


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"amount": "29.01"}, 422, "over_refund"),
        ({"currency": "EUR"}, 422, "wrong_currency"),
        ({"invoice_id": "INV-9"}, 404, "invoice_not_found"),
        ({"key": None}, 400, "no_key"),
        *(
            ({"amount": bad}, 422, "bad_amount")
            for bad in ("0", "-1", "1.001", "NaN", "sNaN", "much", "1e9x")
        ),
    ],
)
async def test_what_the_rules_forbid_is_refused(
    caller: Caller, server: BillingServer, changes: dict[str, Any], status: int, code: str
) -> None:
    got, body, _ = await caller.refund(**changes)

    assert (got, body["error"]["code"]) == (status, code)
    assert body["error"]["message"]
    assert server.ledger() == []


async def test_a_body_that_is_no_object_is_refused(caller: Caller, server: BillingServer) -> None:
    headers = caller.headers | {"Idempotency-Key": "k"}
    async with caller.http.post(f"{server.url}/v1/refunds", data="[", headers=headers) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic x"])
async def test_the_key_of_the_service_is_needed(caller: Caller, header: str) -> None:
    status, body = await caller.get("/v1/invoices/INV-1003", Authorization=header)

    assert (status, body["error"]["code"]) == (401, "unauthorized")


async def test_an_answer_lost_after_the_refund_is_made_good_by_the_same_key(
    caller: Caller, server: BillingServer
) -> None:
    server.faults.append(Fault(drop_after_commit=True))
    with pytest.raises(aiohttp.ClientError):
        await caller.refund()
    status, refund, replayed = await caller.refund()

    assert (status, replayed) == (201, True)
    assert server.ledger() == [refund]


async def test_a_fault_refuses_as_often_as_told_and_makes_nothing(
    caller: Caller, server: BillingServer
) -> None:
    server.faults.append(Fault(status=503, times=2))
    statuses = [(await caller.refund())[0] for _ in range(3)]

    assert statuses == [503, 503, 201]
    assert len(server.ledger()) == 1


async def test_a_caller_that_leaves_during_a_delay_leaves_nothing_behind(
    caller: Caller, server: BillingServer
) -> None:
    server.faults.append(Fault(delay=60))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(caller.refund(), 0.2)
    status, _, replayed = await caller.refund()

    assert (status, replayed) == (201, False)


async def test_an_answer_held_back_was_made_all_the_same(caller: Caller, server: BillingServer) -> None:
    server.hold_answers(1)
    waiting = asyncio.create_task(caller.refund())
    await server.when_refunded()
    _, _, replayed = await caller.refund()
    waiting.cancel()

    assert replayed
    assert len(server.ledger()) == 1


async def test_the_books_outlive_the_service(tmp_path: Path) -> None:
    path = str(tmp_path / "books.db")
    ledgers: list[list[dict[str, Any]]] = []
    for _ in range(2):
        server = BillingServer(path)
        await server.start()
        async with aiohttp.ClientSession() as http:
            await Caller(http, server).refund()
        ledgers.append(server.ledger())
        await server.stop()

    assert ledgers[0] == ledgers[1]
    assert len(ledgers[0]) == 1
