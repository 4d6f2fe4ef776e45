"""What a model gets to read, and what a trace tells: no more than is meant for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from agents import Span, Trace, TracingProcessor, set_trace_processors
from agents.testing import ModelStep, ScriptedModel
from agents.tracing.processors import default_processor

from bot.agents.engine import WORKFLOW, Limits
from bot.agents.guardrail import Guard, Verdict
from bot.agents.models import ModelSpec
from bot.agents.team import BILLING
from bot.run import Completed
from bot.store.sessions import StagedSession
from tests.factories import ANA, THREAD
from tests.unit.agents.test_engine import OK, Bench, call, drained, interrupted, say

SECRET = "the card ends in 4242"


class Collector(TracingProcessor):
    """Keeps what would be sent to whoever collects traces."""

    def __init__(self) -> None:
        self.traces: list[Trace] = []
        self.spans: list[Any] = []

    def on_trace_start(self, trace: Trace) -> None:
        self.traces.append(trace)

    def on_trace_end(self, trace: Trace) -> None:
        """Nothing more to keep."""

    def on_span_start(self, span: Span[Any]) -> None:
        """It is kept when it is complete."""

    def on_span_end(self, span: Span[Any]) -> None:
        self.spans.append(span.export())

    def shutdown(self) -> None:
        """Hold nothing."""

    def force_flush(self) -> None:
        """Hold nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    collecting = Collector()
    set_trace_processors([collecting])
    yield collecting
    set_trace_processors([default_processor()])


async def test_without_a_key_nothing_is_traced(collector: Collector) -> None:
    await interrupted(Bench(ModelStep(output=[call("pay", "c1", amount="29.00")])))

    assert (collector.traces, collector.spans) == ([], [])


async def test_the_guard_traces_nothing(collector: Collector) -> None:
    guard = Guard(ScriptedModel([OK]), ModelSpec("openai", "x"), failure="closed")
    assert await guard.check(SECRET) is Verdict.OK

    assert (collector.traces, collector.spans) == ([], [])


async def test_a_trace_names_thread_and_requester_and_nothing_that_was_said(collector: Collector) -> None:
    bench = Bench(ModelStep(output=[call("pay", "c1", amount="29.17")]), say(SECRET))
    limits = Limits(10, 60, tracing_key="sk-tracing")
    run = bench.engine(limits=limits).run(
        SECRET, agent=BILLING, session=bench.session, context=bench.context(), checkpoint=bench.checkpoint
    )
    saved = (await drained(run)).snapshot
    assert saved is not None
    resumed = await bench.engine(limits=limits).resume(
        saved,
        decisions={"c1": True},
        session=bench.session,
        context=bench.context(("c1", "29.17")),
        checkpoint=bench.checkpoint,
    )
    await drained(resumed)

    told = str([trace.export() for trace in collector.traces]) + str(collector.spans)
    exported: dict[str, Any] = collector.traces[0].export() or {}
    assert exported["workflow_name"] == WORKFLOW
    assert exported["group_id"] == str(THREAD)
    assert exported["metadata"] == {"thread": str(THREAD), "requester": ANA}
    assert [span["span_data"]["type"] for span in collector.spans if "function" in str(span)] != []
    for words in (SECRET, "29.17", "paid"):
        assert words not in told


async def test_a_model_reads_the_latest_of_a_long_conversation_and_no_more() -> None:
    stored = [{"role": "user", "content": f"number {number}"} for number in range(100)]

    async def load() -> list[Any]:
        return stored

    bench = Bench(say("hi"))
    bench.session = StagedSession("s", load)
    limits = Limits(10, 7)
    run = bench.engine(limits=limits).run(
        "now", agent=BILLING, session=bench.session, context=bench.context(), checkpoint=bench.checkpoint
    )
    await drained(run)

    (asked,) = bench.model.calls
    read = [item["content"] for item in asked.input if isinstance(item, dict)]  # pyright: ignore[reportGeneralTypeIssues, reportTypedDictNotRequiredAccess]
    assert read == [*(f"number {number}" for number in range(93, 100)), "now"]


async def test_a_tool_that_there_is_not_is_an_error_to_the_model_and_the_run_goes_on() -> None:
    bench = Bench(ModelStep(output=[call("wire_money", "c1", amount="29.00")]), say("no such tool"))
    progress = await drained(bench.run())

    assert progress.outcome == Completed("no such tool", BILLING)
    assert bench.paid == []
