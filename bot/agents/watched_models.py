"""The SDK's models, watched to the end of each answer: cut, refused for its length, broken off, or silent.

Nothing of an answer leaves a model before its first words, or its end: until then another try repeats nothing
that anybody has seen, so the SDK may make one.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Final, cast

import openai
from agents import AgentsException, OpenAIChatCompletionsModel, OpenAIResponsesModel
from agents.models.interface import Model

from bot.agents.bad_end import CODE, BadEnd, is_too_long, usage_of
from bot.agents.failures import kind_of
from bot.agents.hearing import Silence, heard
from bot.agents.metered_models import Metered, readable
from bot.agents.whole_characters import Characters
from bot.domain.ends import ModelEnd
from bot.domain.exchanges import half, told_of_gap
from bot.domain.resources import is_shortage
from bot.domain.run import FailureKind

log = logging.getLogger(__name__)

#: Words that people see as they come.
_WORDS: Final = frozenset({"response.output_text.delta", "response.refusal.delta"})
#: What ends an answer before it is whole.
_BAD: Final = frozenset({"response.incomplete", "response.failed", "error", "response.error"})
#: What `response.failed` and errors in a stream name that may be gone at the next try.
#: https://platform.openai.com/docs/api-reference/responses/object#responses/object-error
_PASSING: Final = frozenset({"server_error", "rate_limit_exceeded", "vector_store_timeout"})
#: How Chat Completions call the end of an answer that is not whole, in small letters: OpenAI's words first, then those
#: of other servers: https://api-docs.deepseek.com/api/create-chat-completion, https://docs.mistral.ai/api,
#: https://openrouter.ai/docs/api-reference/overview, https://ai.google.dev/api/generate-content#FinishReason
_REASONS: Final = {
    **dict.fromkeys(("length", "max_tokens", "max_output_tokens", "model_length"), ModelEnd.LENGTH),
    **dict.fromkeys(("content_filter", "safety", "recitation", "blocklist", "sensitive"), ModelEnd.FILTER),
    **dict.fromkeys(("prohibited_content", "spii", "refusal"), ModelEnd.FILTER),
    **dict.fromkeys(("insufficient_system_resource", "error", "abort", "timeout"), ModelEnd.BROKE_OFF),
    **dict.fromkeys(("network_error", "cancelled", "malformed_function_call"), ModelEnd.BROKE_OFF),
}


class Watched(Metered, Model):
    """Raises `BadEnd` for every streamed answer that does not end whole.

    One that is refused for its length is asked for once more, with the latest half of the conversation.
    """

    silence: Silence = Silence(60, 120)

    async def stream_response(
        self, system_instructions: str | None, input: Any, *rest: Any, **more: Any
    ) -> AsyncGenerator[Any]:
        """Stream an answer, the words as they come."""
        try:
            async with aclosing(self._answer(system_instructions, input, *rest, **more)) as events:
                async for event in events:
                    yield event
            return
        except (BadEnd, openai.APIError) as error:
            if not is_too_long(error):
                raise
            shorter = None if isinstance(input, str) else half(input)
            if shorter is None:
                raise BadEnd(ModelEnd.TOO_LONG) from error
            shorter = told_of_gap(shorter)
        log.warning("conversation too long for the model, cut", extra={"items": len(shorter)})
        try:
            async with aclosing(self._answer(system_instructions, shorter, *rest, **more)) as events:
                async for event in events:
                    yield event
        except (BadEnd, openai.APIError) as error:
            if not is_too_long(error):
                raise
            raise BadEnd(ModelEnd.TOO_LONG) from error

    async def _answer(self, *given: Any, **more: Any) -> AsyncGenerator[Any]:
        """One try: held back until it says something."""
        text, held, whole = "", list[Any](), False
        characters = Characters()
        try:
            async with aclosing(heard(super().stream_response(*given, **more), self.silence)) as events:
                async for event in events:
                    if (kind := event.type) in _BAD:
                        raise _bad(event, text)
                    characters.mend(event)
                    text += event.delta if kind in _WORDS else ""
                    whole = whole or kind == "response.completed"
                    held.append(event)
                    if text or whole:
                        for one in held:
                            yield one
                        held.clear()
        except _ENDINGS as error:
            if (end := _end_of(error, text)) is None:
                raise
            end.text, end.may_repeat = text, end.may_repeat and not text
            raise end from error.__cause__ if end is error else error
        if not whole:
            raise BadEnd(ModelEnd.BROKE_OFF, text, may_repeat=not text)


#: What breaks an answer off: the SDK, the client, or what reads the server's JSON (which are `ValueError`s) raise it.
_ENDINGS: Final = (BadEnd, openai.OpenAIError, AgentsException, ValueError, TimeoutError)
_BROKEN: Final = frozenset({FailureKind.MODEL_UNREACHABLE, FailureKind.MODEL_GARBLED})


def _bad(event: Any, text: str) -> BadEnd:
    """What an event says that ends an answer before it is whole."""
    match event.type:
        case "response.incomplete":
            details, usage = event.response.incomplete_details, usage_of(event.response.usage)
            is_filter = details is not None and details.reason == "content_filter"
            why = ModelEnd.FILTER if is_filter else ModelEnd.LENGTH
            return BadEnd(why, usage=usage, may_repeat=is_filter)
        case "response.failed":
            return _failed(getattr(event.response.error, "code", ""), text)
        case _:
            return _failed(getattr(event, "code", ""), text)


def _end_of(error: Exception, text: str) -> BadEnd | None:
    """How an answer ended that an error broke off; None for an error that stays what it is."""
    if isinstance(error, BadEnd):
        return error
    if type(error) is openai.APIError and not is_too_long(
        error
    ):  # an error in the stream of Chat Completions
        return _failed(error.code, text)
    if text and kind_of(error) in _BROKEN and not is_shortage(error):
        return BadEnd(ModelEnd.BROKE_OFF)
    return None


def _failed(code: str | None, text: str) -> BadEnd:
    if code == CODE and not text:
        return BadEnd(ModelEnd.TOO_LONG)
    return BadEnd(ModelEnd.BROKE_OFF, may_repeat=code in _PASSING)


class _Chunks:
    """The stream of a Chat Completions answer, which the SDK reads without a look at how it ends."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def __aiter__(self) -> AsyncIterator[Any]:
        reason, usage = "", None
        async for chunk in self._stream:
            for choice in chunk.choices or ():
                reason = choice.finish_reason or reason
            chunk.usage = readable(chunk.usage)
            usage = chunk.usage or usage
            yield chunk
        if why := _REASONS.get(reason.lower()) if reason else ModelEnd.BROKE_OFF:
            raise BadEnd(why, usage=usage_of(usage), may_repeat=why is not ModelEnd.LENGTH)


class WatchedResponses(Watched, OpenAIResponsesModel):
    """A model of the Responses API."""

    async def _fetch_response(self, *given: Any, **more: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        fetch = super()._fetch_response
        return await self.metered(lambda *those: cast("Any", fetch(*those, **more)), given)


class WatchedChat(Watched, OpenAIChatCompletionsModel):
    """A model of a Chat Completions server."""

    async def _fetch_response(self, *given: Any, **more: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        fetch = super()._fetch_response
        answer = await self.metered(lambda *those: cast("Any", fetch(*those, **more)), given)
        if isinstance(answer, tuple):
            return answer[0], _Chunks(answer[1])
        answer.usage = readable(answer.usage)  # counted by now
        return answer
