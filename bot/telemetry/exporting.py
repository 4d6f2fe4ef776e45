"""Traces on their way out: by OTLP over HTTP, in a thread of their own, and nothing in them that nobody meant to send.

It loads OpenTelemetry's SDK, so it is imported only where traces are exported.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from bot.domain.masking import Masks
from bot.telemetry import logs

log = logging.getLogger(__name__)

#: What may leave: ids, names and figures. Of GenAI's: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans
ALLOWED: Final = frozenset(
    {
        *("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.id"),
        *("gen_ai.response.model", "gen_ai.agent.name", "gen_ai.conversation.id", "gen_ai.workflow.name"),
        *("gen_ai.tool.name", "gen_ai.tool.type"),
        *("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.cache_read.input_tokens"),
        *("gen_ai.usage.reasoning.output_tokens", "error.type"),
        *("http.request.method", "http.response.status_code", "url.template"),
        *("server.address", "server.port", "slack.method", "slack.delivery"),
        *("countersign.thread", "countersign.event", "countersign.kind", "countersign.run"),
        *("countersign.approval", "countersign.tries", "countersign.usage.kind", "countersign.usage.dollars"),
    }
)
#: What was said, as spans hold it where it may leave, and what the conventions call it, with who said it.
TEXTS: Final = {
    "countersign.text.input": ("gen_ai.input.messages", "user"),
    "countersign.text.output": ("gen_ai.output.messages", "assistant"),
}
#: Characters of an attribute, and of what was said.
LONGEST: Final = 200
LONGEST_TEXT: Final = 8_000
#: Seconds that the end of a replica waits for what has yet to be sent.
PARTING: Final = 3.0
#: A span's name is a word for what was done, and the name of a model, an agent or a tool.
_NAME: Final = re.compile(r"[\w .:/{}-]{1,100}")


@dataclass(frozen=True, slots=True)
class Terms:
    """Where traces go, and under which name. `masks`: what was said goes along, with these on it; None: it does not."""

    endpoint: str
    headers: Mapping[str, str]
    service: str
    version: str
    masks: Masks | None = None


def read_headers(text: str) -> dict[str, str]:
    """What is sent with each request, as the standard variable has it: `name=value`, encoded as in an address."""
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return {name.strip().lower(): unquote(value.strip()) for name, _, value in pairs}


class Exporting:
    """What makes spans and sends them, from here until `close`.

    How many spans may wait (2,048), how long a request may take and what is sampled say the standard variables.
    """

    def __init__(self, terms: Terms) -> None:
        self._inner = OTLPSpanExporter(endpoint=terms.endpoint, headers=dict(terms.headers) or None)
        about = {"service.name": terms.service, "service.version": terms.version}
        self.provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
        self.provider.add_span_processor(BatchSpanProcessor(Screened(self._inner, terms.masks)))
        # The library would log each try that fails; the first is enough, and is logged here.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)

    def close(self) -> None:
        """Send what is left, for `PARTING` seconds at most; to be called beside the event loop."""
        parting = threading.Thread(target=self.provider.shutdown, name="last traces", daemon=True)
        parting.start()
        parting.join(PARTING)
        self._inner.shutdown()  # a server that does not answer is not waited for any longer


class Screened(SpanExporter):
    """Hands spans on with what may leave of them, and never raises: what is not sent is lost, and a run goes on.

    The first failure is logged, and that it is over.
    """

    def __init__(self, inner: SpanExporter, masks: Masks | None) -> None:
        self._inner = inner
        self._masks = masks
        self._is_down = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them."""
        try:
            result = self._inner.export([screened(one, self._masks) for one in spans])
        except (OSError, RuntimeError, TypeError, ValueError) as error:
            self._note(type(error).__name__)
            return SpanExportResult.FAILURE
        self._note("" if result is SpanExportResult.SUCCESS else "NotTaken")
        return result

    def shutdown(self) -> None:
        """Send nothing any more."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here."""
        del timeout_millis
        return True

    def _note(self, error: str) -> None:
        if error and not self._is_down:
            log.warning("traces are not taken; they are dropped until they are", extra={"error": error})
        elif self._is_down and not error:
            log.info("traces are taken again")
        self._is_down = bool(error)


def screened(span: ReadableSpan, masks: Masks | None) -> ReadableSpan:
    """A span with what may leave of it: known attributes, cut and without secrets, and no word of an error."""
    given = span.attributes or {}
    kept = {name: _plain(value) for name, value in given.items() if name in ALLOWED}
    if masks is not None:
        kept |= {
            TEXTS[name][0]: _said(str(text), TEXTS[name][1], masks)
            for name, text in given.items()
            if name in TEXTS
        }
    return ReadableSpan(
        name=span.name if _NAME.fullmatch(span.name) else "work",
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=kept,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _plain(value: object) -> str | int | float | bool:
    return value if isinstance(value, int | float) else logs.redact(str(value)[: 2 * LONGEST])[:LONGEST]


def _said(text: str, role: str, masks: Masks) -> str:
    """What was said, masked and then written in the form of the conventions."""
    shown = logs.redact(masks.whole(text[:LONGEST_TEXT], cut=len(text) > LONGEST_TEXT).text)
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": shown}]}], ensure_ascii=False)
