"""The SDK's own spans of runs, agents and tools as OpenTelemetry's, by the bridge of the OpenTelemetry authors.

It loads that bridge, so it is imported only where traces are exported.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry.instrumentation.genai.openai_agents import OpenAIAgentsInstrumentor
from opentelemetry.trace import TracerProvider


@contextmanager
def bridged(provider: TracerProvider, *, to_openai: bool) -> Generator[None]:
    """Hand on what the SDK tells of its runs, while the block runs; `to_openai`: OpenAI is told as well.

    It is one for all of this process.
    """
    bridge = OpenAIAgentsInstrumentor()
    bridge.instrument(tracer_provider=provider, disable_openai_trace_export=not to_openai)
    try:
        yield
    finally:
        bridge.uninstrument()
