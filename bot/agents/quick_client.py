"""openai's client without what takes it longest: it looks at each part of what it sends, and guesses what it reads.

It tries an event of the Responses API as each of some fifty kinds, and takes a piece of Chat Completions apart field by
field: more work than all else that is done for a piece of an answer. What is read here is equal to what it makes; whatever
does not fit to the letter is left to it, with all its leniency.

Of a conversation and its tools it looks for names and values that are written otherwise in JSON than in Python. The Agents
SDK has written all of that as JSON by then, so it is sent as it stands. See docs/adr/0028.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, get_args

from openai import AsyncOpenAI
from openai._compat import cached_property
from openai.resources.chat import AsyncChat
from openai.resources.chat.completions import AsyncCompletions
from openai.resources.responses import AsyncResponses
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent
from pydantic import BaseModel, ValidationError


def _kinds() -> dict[str, type[BaseModel]]:
    """The events of the Responses API by their type; one that two share is left out."""
    union, *_ = get_args(ResponseStreamEvent)
    named = [
        (name, kind) for kind in get_args(union) for name in get_args(kind.model_fields["type"].annotation)
    ]
    count = Counter(name for name, _ in named)
    return {name: kind for name, kind in named if count[name] == 1}


_KINDS: Final = _kinds()


class _Responses(AsyncResponses):
    async def create(self, **given: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        create: Any = super().create
        return await create(**as_it_stands(given, "input", "tools"))


class _Completions(AsyncCompletions):
    async def create(self, **given: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        # It insists on messages; what stands beside its arguments is sent instead of them.
        create: Any = super().create
        return await create(**{"messages": [], **as_it_stands(given, "messages", "tools")})


class _Chat(AsyncChat):
    @cached_property
    def completions(self) -> AsyncCompletions:
        return _Completions(self._client)


class QuickClient(AsyncOpenAI):
    """Sends and reads the Agents SDK's conversations quickly; everything else as it is."""

    @cached_property
    def responses(self) -> AsyncResponses:
        return _Responses(self)

    @cached_property
    def chat(self) -> AsyncChat:
        return _Chat(self)

    def _process_response_data(self, *, data: Any, cast_to: Any, response: Any) -> Any:
        if (read := read_event(data, cast_to)) is not None:
            return read
        return super()._process_response_data(data=data, cast_to=cast_to, response=response)


def as_it_stands(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Arguments of a request, with the lists of these names beside them, where nothing is looked for in them."""
    plain = {name: given[name] for name in names if isinstance(given.get(name), list)}
    rest = {name: value for name, value in given.items() if name not in plain}
    return {**rest, "extra_body": {**plain, **(given.get("extra_body") or {})}} if plain else rest


def read_event(data: Any, wanted: Any) -> BaseModel | None:
    """An event of a stream, equal to what the client makes of it; None for anything else, and for one that is odd."""
    try:
        if wanted is ChatCompletionChunk:
            # Strictly: the client takes values for what they are, and turns none into another.
            return ChatCompletionChunk.model_validate(data, strict=True)
        if wanted is ResponseStreamEvent and (kind := _KINDS.get(data["type"])) is not None:
            return kind.model_validate(data)
    except (ValidationError, LookupError, TypeError):
        pass
    return None
