"""A run for which this process has no means left is another replica's: nobody is told that anything failed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Literal

import aiohttp
import pytest
from agents.testing import ModelStep
from agents.tool_context import ToolContext

from bot.agents.attempt import Attempt
from bot.agents.context import RunContext
from bot.agents.guardrail import Guard
from bot.agents.models import Models, ModelSpec, Provider
from bot.agents.tools.approval import approved_tool
from bot.domain.errors import Starved
from countersign.teams.support.billing_client import BillingClient, BillingUnknown, Refund
from devkit.billing.server import BillingServer
from devkit.model.server import ModelServer
from tests.shortage import no_more_files
from tests.unit.agents.test_engine import POLICY, Bench, call, drained, interrupted

NANO = ModelSpec.parse("openai:gpt-5-nano")
REFUND = Refund("INV-1003", "29.00", "USD", "twice")


@pytest.fixture
async def models() -> AsyncGenerator[Models]:
    """Models on a server of the stand-in's."""
    server = ModelServer()
    await server.start()
    made = Models({NANO.provider: Provider(server.url, "devkit")})
    yield made
    await made.close()
    await server.stop()


@pytest.fixture
async def billing() -> AsyncGenerator[tuple[BillingClient, BillingServer]]:
    server = BillingServer()
    await server.start()
    async with aiohttp.ClientSession() as http:
        yield BillingClient(http, server.url, server.api_key), server
    await server.stop()


async def test_a_model_that_cannot_be_connected_to_for_want_of_files_is_no_outcome(models: Models) -> None:
    progress = Bench().run(model=models.model(NANO))
    with no_more_files(), pytest.raises(Starved):
        await drained(progress)


@pytest.mark.parametrize("failure", ["open", "closed"])
async def test_a_guard_that_cannot_be_asked_for_want_of_files_decides_nothing(
    models: Models, failure: Literal["open", "closed"]
) -> None:
    guard = Guard(models.model(NANO), NANO, failure=failure)
    with no_more_files(), pytest.raises(Starved):
        await guard.check("refund $29 on INV-1003")


async def test_a_call_that_was_not_begun_for_want_is_not_broken_off() -> None:
    bench = Bench(ModelStep(output=[call("pay", "c1", amount="29.00")]))
    _, saved = await interrupted(bench)

    async def pay(ctx: ToolContext[RunContext], amount: str) -> str:
        """Pay somebody."""
        raise Starved

    bench.tools = [approved_tool(POLICY)(pay)]
    progress = await bench.resume(saved, {"c1": True}, ("c1", "29.00"))
    with pytest.raises(Starved):
        await drained(progress)
    assert bench.saved == []


async def test_a_refund_that_no_connection_is_left_for_was_not_sent(
    billing: tuple[BillingClient, BillingServer],
) -> None:
    client, server = billing
    with no_more_files():
        with pytest.raises(Starved):
            await client.refund(REFUND, Attempt("k1"))
        with pytest.raises(Starved):
            await client.invoice("INV-1003")

    assert server.requests == 0
    assert (await client.refund(REFUND, Attempt("k1")))["amount"] == "29.00"


async def test_a_refund_that_an_earlier_try_may_have_sent_is_not_known_for_want_of_files(
    billing: tuple[BillingClient, BillingServer],
) -> None:
    client, _ = billing
    with no_more_files(), pytest.raises(BillingUnknown):
        await client.refund(REFUND, Attempt("k1", sent_before=True))
