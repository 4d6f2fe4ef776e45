"""Spans of what the bot does, where traces are exported; where they are not, nothing is made, and nothing of it costs.

Only OpenTelemetry's API is loaded here, which does nothing by itself. Names and attributes are the bot's own words and ids:
no text of a person or a model is in them (see `exporting.py`, which lets nothing else out).
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    get_current_span,
    set_span_in_context,
)

__all__ = ["INVALID_SPAN", "Span", "SpanKind", "Traces"]

Value = str | int | bool

#: Version, trace, span, flags: https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Traces:
    """Where spans go. `with_text`: what is said to models and by them goes along, masked."""

    tracer: Tracer
    with_text: bool = False


@dataclass(slots=True)
class Envelope:
    """Something that Slack delivered: when it came (nanoseconds of Unix time), and which trace it is about, once that is known."""

    came_at: int
    about: str = ""


_present: ContextVar[Traces | None] = ContextVar("TRACES", default=None)
_envelope: ContextVar[Envelope | None] = ContextVar("ENVELOPE", default=None)


def use(traces: Traces | None) -> None:
    """Let the present task, and those that it starts, make their spans there."""
    _present.set(traces)


def takes_text() -> bool:
    """Whether spans of models may hold what was said."""
    return (traces := _present.get()) is not None and traces.with_text


@contextmanager
def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, attributes: Mapping[str, Value] | None = None
) -> Generator[Span]:
    """A span around the block, below the present one."""
    if (traces := _present.get()) is None:
        yield INVALID_SPAN
        return
    with _current(traces, name, kind, attributes) as made:
        yield made


def begin(name: str, attributes: Mapping[str, Value]) -> Span:
    """A span of a request to another server, to be ended by whoever follows the request to its end."""
    traces = _present.get()
    if traces is None:
        return INVALID_SPAN
    return traces.tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)


def fail(made: Span, error: BaseException) -> None:
    """Note that a span's work failed, by the kind of its error alone: the words of one may be a person's."""
    made.set_status(StatusCode.ERROR)
    made.set_attribute("error.type", type(error).__qualname__)


class Failing:
    """Notes on a span what its block raised."""

    def __init__(self, made: Span) -> None:
        self._made = made

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, where: object) -> None:
        if error is not None:
            fail(self._made, error)


def note(name: str, value: Value) -> None:
    """Set an attribute of the present span."""
    if _present.get() is not None:
        get_current_span().set_attribute(name, value)


def here() -> str:
    """The present span as a `traceparent`, to be kept with what goes on later; empty where no traces are exported."""
    if _present.get() is None:
        return ""
    found = get_current_span().get_span_context()
    if not found.is_valid:
        return ""
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{int(found.trace_flags):02x}"


def trace_id(traceparent: str) -> str:
    """The id of the trace that a `traceparent` names; empty for anything else."""
    return read[1] if (read := _TRACEPARENT.fullmatch(traceparent)) else ""


def begin_envelope() -> None:
    """Note that Slack has delivered something, which the present task handles from here on."""
    if _present.get() is not None:
        _envelope.set(Envelope(time.time_ns()))


def is_about(traceparent: str) -> None:
    """Note which trace the present envelope goes on with: a click, that of the call it is about."""
    if (found := _envelope.get()) is not None and traceparent:
        found.about = traceparent


@contextmanager
def received(name: str, attributes: Mapping[str, Value]) -> Generator[None]:
    """A span from the moment that the present envelope came; it begins a trace where it goes on with none."""
    if (traces := _present.get()) is None:
        yield
        return
    came = _envelope.get() or Envelope(time.time_ns())
    with _current(traces, name, SpanKind.CONSUMER, attributes, parent=came.about, since=came.came_at):
        yield


@contextmanager
def handling(
    traces: Traces | None, parent: str, name: str, attributes: Mapping[str, Value]
) -> Generator[None]:
    """A span of an event that is worked on, below where it came from, for all that is done in the block."""
    use(traces)
    if traces is None:
        yield
        return
    with _current(traces, name, SpanKind.CONSUMER, attributes, parent=parent):
        yield


@contextmanager
def _current(
    traces: Traces,
    name: str,
    kind: SpanKind,
    attributes: Mapping[str, Value] | None,
    *,
    parent: str | None = None,
    since: int | None = None,
) -> Generator[Span]:
    """`parent` is a `traceparent`: empty for the beginning of a trace, None for the present span."""
    with (
        traces.tracer.start_as_current_span(
            name,
            context=None if parent is None else _below(parent),
            kind=kind,
            attributes=attributes,
            start_time=since,
            record_exception=False,
            set_status_on_exception=False,
        ) as made,
        Failing(made),
    ):
        yield made


def _below(traceparent: str) -> Context:
    read = _TRACEPARENT.fullmatch(traceparent)
    if read is None:
        return Context()
    ids = int(read[1], 16), int(read[2], 16)
    known = SpanContext(*ids, is_remote=True, trace_flags=TraceFlags(int(read[3], 16)))
    return set_span_in_context(NonRecordingSpan(known), Context())
