"""The span of one request of a model, in the words of OpenTelemetry's conventions for generative AI.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final, cast

from bot.domain.meter import Request
from bot.domain.usage import Account
from bot.telemetry import tracing

#: Words of a model, of either API, streamed.
_WORDS: Final = frozenset({"response.output_text.delta", "response.refusal.delta"})
#: How the end of a stream looks that nobody wanted to read further: no failure.
_LEFT: Final = (GeneratorExit, StopAsyncIteration)
#: Characters of what was said that a span holds; what leaves of it is cut again.
MOST: Final = 10_000


class ModelSpan:
    """Begins with the request and ends with the last word of its answer; nothing where no traces are exported."""

    def __init__(self, account: Account, request: Request, asked: Any = None) -> None:
        self._request = request
        provider, _, model = account.model.partition(":")
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "gen_ai.agent.name": account.agent,
            "countersign.usage.kind": account.kind.value,
        }
        known = {name: value for name, value in attributes.items() if value}
        self._span = tracing.begin(f"chat {model}", known)
        self._said = [""] if tracing.takes_text() else None
        if self._said is not None and (words := last_words(asked)):
            self._span.set_attribute("countersign.text.input", words[:MOST])

    def heard(self, event: Any) -> None:
        """Keep what is said, where it may be in the span."""
        if self._said is None or len(self._said[0]) >= MOST:
            return
        if getattr(event, "type", None) in _WORDS:
            self._said[0] += str(event.delta)
        for choice in getattr(event, "choices", None) or ():
            self._said[0] += getattr(choice.delta, "content", None) or ""

    @contextmanager
    def ended_by_failure(self) -> Generator[None]:
        """End it where the block fails; else there is an answer, and it goes on."""
        with ExitStack() as stack:
            stack.push(self._failed)
            yield

    def _failed(self, kind: object, error: BaseException | None, where: object) -> None:
        if error is not None:
            self.end(error)

    def end(self, error: BaseException | None = None) -> None:
        """Note what it used, and how it ended."""
        request = self._request
        if not self._span.is_recording():
            return
        if request.tokens is not None:
            used = request.tokens
            self._span.set_attribute("gen_ai.usage.input_tokens", used.input)
            self._span.set_attribute("gen_ai.usage.output_tokens", used.output)
            self._span.set_attribute("gen_ai.usage.cache_read.input_tokens", used.cached)
            self._span.set_attribute("gen_ai.usage.reasoning.output_tokens", used.reasoning)
        if request.cost is not None:
            self._span.set_attribute("countersign.usage.dollars", f"{request.cost:f}")
        if request.of_server:
            self._span.set_attribute("gen_ai.response.id", request.of_server.removeprefix(":"))
        if self._said and self._said[0]:
            self._span.set_attribute("countersign.text.output", self._said[0][:MOST])
        if error is not None and not isinstance(error, _LEFT):
            tracing.fail(self._span, error)
        self._span.end()


def last_words(asked: Any) -> str:
    """The last thing that a person said in what a model is to read."""
    if isinstance(asked, str):
        return asked
    for item in reversed(cast("list[Any]", asked) if isinstance(asked, list) else []):
        if isinstance(item, Mapping) and item.get("role") == "user":  # pyright: ignore[reportUnknownMemberType]
            content: Any = item.get("content")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            return content if isinstance(content, str) else ""
    return ""
