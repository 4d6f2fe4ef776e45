"""Where traces go, as the settings say it. Without an address nothing of what makes or sends them is loaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import metadata

from bot.domain.errors import CannotStart
from bot.settings.answer_masks import masks
from bot.settings.config import Settings
from bot.telemetry.tracing import Traces

NOT_INSTALLED = "OTEL_EXPORTER_OTLP_ENDPOINT is set, but what sends traces is not installed: pip install 'countersign[traces]'."


@asynccontextmanager
async def traced(settings: Settings) -> AsyncGenerator[Traces | None]:
    """Export traces while the block runs, if the settings say where to. Raises `CannotStart` where that is not installed."""
    if not settings.traces_endpoint:
        yield None
        return
    try:
        from bot.agents.sdk_spans import bridged
        from bot.telemetry.exporting import Exporting, Terms, read_headers
    except ImportError:
        raise CannotStart(NOT_INSTALLED) from None
    version = metadata.version("countersign")
    terms = Terms(
        settings.traces_endpoint,
        read_headers(settings.otel_exporter_otlp_headers.get_secret_value()),
        settings.otel_service_name,
        version,
        masks=masks(settings) if settings.trace_text else None,
    )
    exporting = Exporting(terms)
    try:
        with bridged(exporting.provider, to_openai=bool(settings.tracing_key)):
            yield Traces(exporting.provider.get_tracer("countersign", version), settings.trace_text)
    finally:
        await asyncio.to_thread(exporting.close)
