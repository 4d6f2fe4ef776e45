"""A receiver of traces: OTLP over HTTP, in protobuf, as strict as the protocol: https://opentelemetry.io/docs/specs/otlp."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1 import trace_pb2

from devkit.serving import Server

PROTOBUF = "application/x-protobuf"
#: Bytes of a trace's id and of a span's.
TRACE_ID, SPAN_ID = 16, 8


@dataclass(frozen=True, slots=True)
class Received:
    """A span as it came: its ids in hexadecimal, `parent` empty for the first of a trace, times in nanoseconds."""

    name: str
    trace: str
    id: str
    parent: str
    kind: int
    began: int
    ended: int
    failed: bool
    attributes: Mapping[str, str | int | float | bool]
    service: str


class NotOtlp(Exception):
    """What came is not what the protocol says."""


class TraceReceiver:
    """Keeps every span that comes. With `status` it refuses them; while it `holds` it does not answer."""

    def __init__(self) -> None:
        self.spans: list[Received] = []
        #: The bodies as they came, unpacked, and the headers of the last.
        self.bodies: list[bytes] = []
        self.headers: Mapping[str, str] = {}
        self.status = 200
        self.holds = False
        self.requests = 0
        self._came = asyncio.Event()
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/traces", self._traces)
        self._server = Server(app)

    async def start(self) -> None:
        """Listen on a free port."""
        await self._server.start()

    async def stop(self) -> None:
        """Stop listening."""
        await self._server.stop()

    @property
    def url(self) -> str:
        """What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to."""
        return self._server.address

    async def until(self, name: str, count: int = 1) -> None:
        """Wait until so many spans of a name have come."""
        while sum(one.name == name for one in self.spans) < count:
            self._came.clear()
            await self._came.wait()

    async def when_asked(self, count: int = 1) -> None:
        """Wait until so many requests have come, answered or not."""
        while self.requests < count:
            self._came.clear()
            await self._came.wait()

    async def _traces(self, request: web.Request) -> web.Response:
        self.requests += 1
        self.headers = dict(request.headers)
        self._came.set()
        if self.holds:
            await asyncio.Event().wait()
        if self.status != web.HTTPOk.status_code:
            return web.Response(status=self.status)
        if request.content_type != PROTOBUF:
            return web.Response(status=415)
        body = await request.read()
        if body.startswith(b"\x1f\x8b"):  # aiohttp has unpacked it where the header says so
            body = gzip.decompress(body)
        try:
            self.spans += spans_in(body)
        except (DecodeError, NotOtlp) as error:
            return web.Response(status=400, text=str(error))
        self.bodies.append(body)
        self._came.set()
        return web.Response(body=ExportTraceServiceResponse().SerializeToString(), content_type=PROTOBUF)


def spans_in(body: bytes) -> list[Received]:
    """Read a request; raises `DecodeError` or `NotOtlp`."""
    request = ExportTraceServiceRequest.FromString(body)
    found: list[Received] = []
    for of_resource in request.resource_spans:
        resource = {each.key: each.value.string_value for each in of_resource.resource.attributes}
        if not resource.get("service.name"):
            raise NotOtlp("a resource without service.name")
        for scope in of_resource.scope_spans:
            found += [_span(one, resource["service.name"]) for one in scope.spans]
    return found


def _span(span: trace_pb2.Span, service: str) -> Received:
    for what, length in ((span.trace_id, TRACE_ID), (span.span_id, SPAN_ID)):
        if len(what) != length or not any(what):
            raise NotOtlp("an id that is none")
    if span.parent_span_id and len(span.parent_span_id) != SPAN_ID:
        raise NotOtlp("a parent's id that is none")
    if not span.name or span.end_time_unix_nano < span.start_time_unix_nano:
        raise NotOtlp("a span without a name, or that ended before it began")
    return Received(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        {each.key: getattr(each.value, each.value.WhichOneof("value") or "") for each in span.attributes},
        service,
    )
