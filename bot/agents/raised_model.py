"""The frontier's model, to which an agent is raised; where that is gone, the agent's own one goes on."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import openai
from agents import Model, ModelSettings, OpenAIChatCompletionsModel

from bot.agents.chat_history import for_chat
from bot.agents.failures import kind_of
from bot.domain.run import FailureKind

log = logging.getLogger(__name__)


class RaisedModel(Model):
    """Asks the frontier's model until that turns out to be closed, by whichever agent of the run: `fallen` is shared.

    No run fails for a model that only its thread's escalation has asked for.
    """

    def __init__(
        self, agent: str, frontier: Model, own: Model, settings: ModelSettings, fallen: list[str]
    ) -> None:
        #: By this name the SDK knows how much its model reads before a conversation is compacted.
        self.model: str = getattr(frontier, "model", "")
        self._agent = agent
        self._frontier = frontier
        self._own = own
        self._settings = settings
        self._fallen = fallen

    async def stream_response(
        self,
        system_instructions: str | None,
        input: Any,
        model_settings: ModelSettings,
        *rest: Any,
        **more: Any,
    ) -> AsyncGenerator[Any]:
        """Stream an answer of the one or the other. A server says that a model is closed before any word."""
        if not self._fallen:
            given = (system_instructions, _read_by(self._frontier, input), model_settings, *rest)
            try:
                async with aclosing(_stream(self._frontier, *given, **more)) as events:
                    async for event in events:
                        yield event
                return
            except openai.APIStatusError as error:
                if kind_of(error) is not FailureKind.MODEL_CLOSED:
                    raise
                # Its text is left out: of a key that was taken back it has a part.
                why = {"agent": self._agent, "status": error.status_code, "code": error.code}
                log.error("frontier model is closed, the agent's own goes on", extra=why)
                self._fallen.append(self._agent)
        # All else that is set is of the run, and not of its model.
        settings = replace(model_settings, include_usage=self._settings.include_usage)
        given = (system_instructions, _read_by(self._own, input), settings, *rest)
        async with aclosing(_stream(self._own, *given, **more)) as events:
            async for event in events:
                yield event

    async def get_response(self, *given: Any, **more: Any) -> Any:
        """Get a whole answer of whichever speaks. Agents' answers are streamed, so none is fallen from here."""
        return await (self._own if self._fallen else self._frontier).get_response(*given, **more)

    def get_retry_advice(self, request: Any) -> Any:
        """What the SDK's own model says of another try."""
        return (self._own if self._fallen else self._frontier).get_retry_advice(request)


def _stream(model: Model, *given: Any, **more: Any) -> AsyncGenerator[Any]:
    stream: Any = model.stream_response(*given, **more)
    return stream


def _read_by(model: Model, input: Any) -> Any:
    is_chat = isinstance(model, OpenAIChatCompletionsModel) and not isinstance(input, str)
    return for_chat(input) if is_chat else input
