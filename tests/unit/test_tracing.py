"""Spans: whose child each is, what leaves of them, and what happens where nobody takes them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bot.agents.model_span import ModelSpan, last_words
from bot.domain.masking import USUAL
from bot.domain.meter import Meter
from bot.domain.usage import Account, Kind, Tokens
from bot.settings.config import Settings
from bot.telemetry import tracing
from bot.telemetry.exporting import Exporting, Screened, Terms, read_headers, screened
from bot.telemetry.outgoing import outgoing
from bot.telemetry.tracing import Traces
from bot.wiring.app import real_sources
from bot.wiring.traces import traced
from devkit.trace_receiver import TraceReceiver

KEY = "sk-proj-abcdEFGH1234567890abcdEFGH1234567890"
CARD = "4111 1111 1111 1111"
ACCOUNT = Account(Kind.ANSWER, "Billing", "openai:gpt-5")


@pytest.fixture
def made() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traces(made: InMemorySpanExporter) -> Iterator[Traces]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(made))
    found = Traces(provider.get_tracer("test"), with_text=True)
    tracing.use(found)
    yield found
    tracing.use(None)


def by_name(made: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {one.name: one for one in made.get_finished_spans()}


def own(span: ReadableSpan) -> tuple[int, int]:
    """The ids of a span: of its trace, and its own."""
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def above(span: ReadableSpan) -> tuple[int, int]:
    """The same of its parent."""
    assert span.parent is not None
    return span.parent.trace_id, span.parent.span_id


def test_where_no_traces_are_exported_nothing_is_made_and_no_header_sent() -> None:
    with tracing.span("work"), outgoing("POST", "http://127.0.0.1:1", "/v1/refunds") as request:
        request.answered(201)
        assert (request.headers, tracing.here()) == ({}, "")


def test_an_event_goes_on_with_the_span_that_it_came_in(traces: Traces, made: InMemorySpanExporter) -> None:
    with tracing.received("slack message", {}):
        kept = tracing.here()
    with tracing.handling(traces, kept, "handle message", {}):
        asked = tracing.here()
    tracing.begin_envelope()
    tracing.is_about(asked)
    with tracing.received("slack decision", {}):
        pass

    spans = by_name(made)
    message, handled, decision = (
        spans[name] for name in ("slack message", "handle message", "slack decision")
    )
    assert message.parent is None
    assert (above(handled), above(decision)) == (own(message), own(handled))


@pytest.mark.parametrize("kept", ["", "00-zz-1-01", "a" * 55, "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_what_is_no_traceparent_begins_a_trace(traces: Traces, made: InMemorySpanExporter, kept: str) -> None:
    with tracing.span("outside"), tracing.handling(traces, kept, "handle message", {}):
        pass

    assert by_name(made)["handle message"].parent is None


async def test_an_envelope_never_goes_on_with_what_another_was_about(
    traces: Traces, made: InMemorySpanExporter
) -> None:
    del traces
    with tracing.received("slack message", {}):
        about = tracing.here()

    met = asyncio.Event()

    async def comes(name: str, parent: str) -> None:
        tracing.begin_envelope()
        tracing.is_about(parent)
        await asyncio.wait({asyncio.ensure_future(met.wait())}, timeout=0)
        with tracing.received(name, {}):
            pass

    await asyncio.gather(comes("click", about), comes("other", ""))
    tracing.begin_envelope()
    with tracing.received("next", {}):
        pass

    spans = by_name(made)
    assert spans["click"].parent is not None
    assert (spans["other"].parent, spans["next"].parent) == (None, None)


def test_nothing_leaves_that_is_not_known_to_hold_no_text(traces: Traces, made: InMemorySpanExporter) -> None:
    del traces
    with tracing.span("work", attributes={"countersign.thread": f"T/{KEY}"}) as span:
        span.set_attribute("gen_ai.tool.call.arguments", "refund Ana")
        span.set_attribute("countersign.text.input", "refund Ana")
        span.add_event("gen_ai.choice", {"content": "refund Ana"})
        tracing.fail(span, RuntimeError("refund Ana"))
    with tracing.span("execute_tool refund Ana, who said: it's broken!"):
        pass

    work, named = (screened(one, None) for one in made.get_finished_spans())
    assert work.attributes == {"countersign.thread": "T/[redacted]", "error.type": "RuntimeError"}
    assert (work.events, work.status.description, work.status.is_ok) == ((), None, False)
    assert named.name == "work"


def test_what_was_said_leaves_only_where_it_may_and_never_with_a_secret(
    traces: Traces, made: InMemorySpanExporter
) -> None:
    del traces
    request = Meter(real_sources()).begin(ACCOUNT)
    request.told(Tokens(10, 4, 3, 1), None, "resp_1")
    asked = [{"role": "user", "content": f'say "{KEY}", {CARD}'}, {"role": "assistant", "content": "x"}]
    ModelSpan(ACCOUNT, request, asked).end()
    (whole,) = made.get_finished_spans()

    assert "say" not in str(screened(whole, None).attributes)
    told = screened(whole, USUAL).attributes or {}
    (message,) = json.loads(str(told["gen_ai.input.messages"]))
    assert message["role"] == "user"
    assert message["parts"][0]["content"].startswith('say "')
    assert KEY not in str(told)
    assert CARD not in str(told)
    assert told["gen_ai.usage.input_tokens"] == 10
    assert told["gen_ai.response.id"] == "resp_1"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("hello", "hello"),
        ([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "a"),
        ([{"type": "function_call_output", "output": "x"}], ""),
        ([{"role": "user", "content": [{"type": "input_image"}]}], ""),
        (None, ""),
    ],
)
def test_the_last_words_of_a_person_are_found(asked: object, words: str) -> None:
    assert last_words(asked) == words


class Broken(SpanExporter):
    """Fails as often as it is told to."""

    def __init__(self, times: int) -> None:
        self.left = times

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.left -= 1
        if self.left >= 0:
            raise OSError("no such host")
        return SpanExportResult.SUCCESS


def test_an_exporter_that_fails_is_one_line_until_it_works_again(caplog: pytest.LogCaptureFixture) -> None:
    exporter = Screened(Broken(3), None)
    with caplog.at_level(logging.INFO, "bot.telemetry"):
        results = [exporter.export([]) for _ in range(5)]

    assert results == [SpanExportResult.FAILURE] * 3 + [SpanExportResult.SUCCESS] * 2
    assert [record.message for record in caplog.records] == [
        "traces are not taken; they are dropped until they are",
        "traces are taken again",
    ]


@pytest.mark.parametrize("status", [0, 401, 503])
async def test_whatever_keeps_a_server_from_taking_traces_is_told_once(
    caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """Status 0: it is gone."""
    receiver = TraceReceiver()
    await receiver.start()
    url, receiver.status = f"{receiver.url}/v1/traces", status
    exporting = Exporting(Terms(url, {}, "countersign", "1"))
    sender = Screened(OTLPSpanExporter(endpoint=url, timeout=0.5), None)
    if not status:
        await receiver.stop()
    try:
        for _ in range(2):
            assert await asyncio.to_thread(sender.export, []) is SpanExportResult.FAILURE
    finally:
        await asyncio.to_thread(exporting.close)
        await receiver.stop()
    assert [(r.name, r.levelname) for r in caplog.records] == [("bot.telemetry.exporting", "WARNING")]


async def test_a_server_that_never_answers_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    receiver = TraceReceiver()
    receiver.holds = True
    await receiver.start()
    exporting = Exporting(Terms(f"{receiver.url}/v1/traces", {"x-key": "k"}, "countersign", "1"))
    tracing.use(Traces(exporting.provider.get_tracer("test")))
    try:
        for _ in range(5_000):  # more than may wait
            with tracing.span("work"):
                pass
        await asyncio.wait_for(receiver.when_asked(), 30)
        await asyncio.wait_for(asyncio.to_thread(exporting.close), 20)
    finally:
        tracing.use(None)
        await receiver.stop()
    assert receiver.headers["x-key"] == "k"
    assert [r for r in caplog.records if r.name.startswith("opentelemetry")] == []


async def test_without_an_address_nothing_is_exported() -> None:
    for changes in ({}, {"otel_exporter_otlp_endpoint": "http://127.0.0.1:1", "otel_sdk_disabled": True}):
        async with traced(Settings(_env_file=None, **changes)) as found:  # pyright: ignore[reportCallIssue, reportArgumentType]
            assert found is None


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("", {}),
        ("Authorization=Bearer%20abc", {"authorization": "Bearer abc"}),
        ("a=1, b=2=3,", {"a": "1", "b": "2=3"}),
    ],
)
def test_headers_are_read_as_the_standard_writes_them(text: str, headers: dict[str, str]) -> None:
    assert read_headers(text) == headers


def test_only_what_exports_traces_loads_what_is_not_always_installed() -> None:
    bot = Path(__file__).parents[2] / "bot"
    loaders = {
        str(path.relative_to(bot))
        for path in bot.rglob("*.py")
        if any(
            f"from opentelemetry.{part}" in path.read_text()
            for part in ("sdk", "exporter", "instrumentation")
        )
    }
    importers = {
        str(path.relative_to(bot))
        for path in bot.rglob("*.py")
        for line in path.read_text().splitlines()
        if line.lstrip().startswith(("from bot.agents.sdk_spans", "from bot.telemetry.exporting"))
        and line.startswith("from")
    }
    assert loaders == {"agents/sdk_spans.py", "telemetry/exporting.py"}
    assert importers == set()
