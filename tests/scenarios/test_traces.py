"""One trace tells of a refund from Slack's envelope to the ledger, and has no word of anybody in it."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.operations import thread_story
from bot.settings.config import Settings
from devkit.trace_receiver import Received, TraceReceiver
from tests.collector import collector
from tests.world import OMAR, SUPPORT, World

WORDS = ("charged twice", "refund $29", "INV-1003", "29.00", "Omar", "Done")


async def test_a_refund_is_one_trace_from_the_envelope_to_the_ledger_though_another_bot_went_on(
    world: World,
) -> None:
    async with collector() as taken:
        async with world.bot(OTEL_EXPORTER_OTLP_ENDPOINT=taken.url):
            thread = await world.asks("refund $29 on INV-1003 because they were charged twice")
            card = await world.card(thread)
        async with world.bot(OTEL_EXPORTER_OTLP_ENDPOINT=taken.url):
            await world.approves(OMAR, card)
            await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")
        await taken.passed_on.until("handle decision")
        spans, bodies = taken.passed_on.spans, taken.passed_on.bodies

    (paid,) = [one for one in spans if one.name == "POST /v1/refunds"]
    trace = {one.id: one for one in spans if one.trace == paid.trace}
    roots = [one for one in trace.values() if one.parent not in trace]
    assert [(one.name, one.parent) for one in roots] == [("slack message", "")]
    assert lineage(paid, trace) == [
        *("execute_tool issue_refund", "invoke_agent Billing", "handle decision", "slack decision"),
        *("handle message", "slack message"),
    ]
    assert str(roots[0].attributes["countersign.thread"]).endswith(f"/{SUPPORT}/{thread}")
    # A Slack that is busy says so to single calls, which are made again.
    assert [one.name for one in trace.values() if one.failed and not one.name.startswith("slack ")] == []
    of_model(trace)
    assert world.billing.traceparents[-1].startswith(f"00-{paid.trace}-{paid.id}-")
    story: list[str] = []
    await thread_story.tail(
        world.settings(), f"{SUPPORT}/{thread}", story.append, with_text=False, follow=False
    )
    assert sum(f"[trace {paid.trace}]" in line for line in story) >= 2
    for word in (*WORDS, world.slack.bot_token, world.billing.api_key):
        assert not any(word.encode() in body for body in bodies), word


async def test_a_deadline_that_passes_is_in_the_trace_of_what_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "approval_ttl", timedelta(seconds=1))
    async with taking() as taken, world.bot(OTEL_EXPORTER_OTLP_ENDPOINT=taken.url):
        thread = await world.asks("refund $29 on INV-1003")
        await world.hears(thread, "was not made. Nobody decided")
    spans = {one.id: one for one in taken.spans}
    expired = [
        one for one in taken.spans if one.name == "handle expiry"
    ]  # in a slot for clicks, and in one for runs
    assert [lineage(one, spans) for one in expired] == [["handle message", "slack message"]] * len(expired)
    assert expired


async def test_no_answer_waits_for_a_server_that_takes_no_traces_and_that_is_told_once(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    caplog.set_level(logging.INFO, "bot.telemetry")
    async with taking() as taken, world.bot(OTEL_EXPORTER_OTLP_ENDPOINT=taken.url):
        taken.status = 400
        for refused in (2, 4):  # by each of them
            await answered(world)
            await taken.when_asked(refused)
        taken.status = 200
        await answered(world)
        await taken.until("handle message")
        while len(told(caplog)) < 2:
            await world.moment()
        taken.holds, asked = True, taken.requests
        await answered(world)
        await taken.when_asked(asked + 1)
        await answered(world)
    # A server that holds on to what it was sent is given up after a while, which is told as well.
    assert told(caplog)[:2] == [
        ("bot.telemetry.exporting", "traces are not taken; they are dropped until they are"),
        ("bot.telemetry.exporting", "traces are taken again"),
    ]


async def answered(world: World) -> None:
    """Ask something, and hear the answer."""
    await world.hears(await world.asks("hello"), "Here is what you can try")


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """What was logged of sending traces, by us or by the library."""
    of_traces = ("bot.telemetry.exporting", "opentelemetry")
    return [(one.name, one.message) for one in caplog.records if one.name.startswith(of_traces)]


@asynccontextmanager
async def taking() -> AsyncGenerator[TraceReceiver]:
    """A receiver of traces, while the block runs."""
    receiver = TraceReceiver()
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.stop()


def lineage(span: Received, trace: Mapping[str, Received]) -> list[str]:
    """The names of those above a span, from the nearest to the first."""
    above: list[str] = []
    while (found := trace.get(span.parent)) is not None:
        above.append(found.name)
        span = found
    return above


def of_model(trace: Mapping[str, Received]) -> None:
    """The requests of models are in it with what they used, the card, and the words of GenAI's conventions."""
    names = [one.name for one in trace.values()]
    asked = [one for one in trace.values() if one.attributes.get("gen_ai.operation.name") == "chat"]
    assert {one.attributes["countersign.usage.kind"] for one in asked} == {"guard", "answer"}
    assert all(int(one.attributes["gen_ai.usage.input_tokens"]) > 0 for one in asked)
    assert {"handle message", "card", "slack chat.postMessage", "invoke_workflow countersign"} <= {*names}
    assert "GET /v1/invoices/{}" in names
