"""A tool's request to another service: a span of its own, which that service can go on with."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.telemetry import tracing
from bot.telemetry.tracing import Span, SpanKind


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Its `headers` are to be sent along: the `traceparent`; none where no traces are exported."""

    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    span: Span = tracing.INVALID_SPAN

    def answered(self, status: int) -> None:
        """Note the status of the answer."""
        self.span.set_attribute("http.response.status_code", status)


@contextmanager
def outgoing(method: str, base_url: str, template: str) -> Generator[Outgoing]:
    """A request, sent in this block. `template` is its path without ids or words, such as `/v1/invoices/{id}`."""
    where = urlsplit(base_url)
    about = {"http.request.method": method, "url.template": template, "server.address": where.hostname or ""}
    with tracing.span(f"{method} {template}", SpanKind.CLIENT, about) as span:
        yield Outgoing({"traceparent": found} if (found := tracing.here()) else {}, span)
