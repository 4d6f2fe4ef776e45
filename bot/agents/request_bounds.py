"""What one request of a model may use at most: how much it reads, and how much it may write."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from agents import ModelSettings

from bot.domain.tokens import is_picture
from bot.domain.usage import Tokens

#: Tokens that a server may add to an item, a tool or a request for its own frame.
FRAME: Final = 16
#: What a picture counts at most, whatever its bytes are: 1,536 patches, times 2.46 for the model that counts most.
#: https://platform.openai.com/docs/guides/images-vision#calculating-costs
PICTURE: Final = 4_000
#: What a tool of the server's own may be described with there.
HOSTED_TOOL: Final = 2_000


def with_bound(given: Sequence[Any], longest: int) -> tuple[Any, ...]:
    """The arguments of a request, with a bound on what the model writes; a narrower one stays."""
    settings = cast("ModelSettings", given[2])
    most = min(settings.max_tokens or longest, longest)
    return (*given[:2], replace(settings, max_tokens=most), *given[3:])


def at_most(given: Sequence[Any]) -> Tokens:
    """The tokens that such a request may use: no tokenizer makes more of a text than it has bytes of UTF-8."""
    system, items, settings, tools, schema, handoffs = given[:6]
    read = FRAME + _bytes(system or "") + _items(items)
    read += sum(map(_tool, tools)) + sum(map(_handoff, handoffs))
    if schema is not None and not schema.is_plain_text():
        read += FRAME + _bytes(schema.json_schema())
    return Tokens(input=read, output=cast("ModelSettings", settings).max_tokens or 0)


def _items(given: Any) -> int:
    return _bytes(given) + FRAME if isinstance(given, str) else sum(FRAME + _part(one) for one in given)


def _part(part: Any) -> int:
    """A part of what is read, at any depth: of a picture its bytes do not count."""
    if is_picture(part):
        return PICTURE
    if isinstance(part, Mapping):
        named = cast("Mapping[str, Any]", part)
        return sum(_bytes(name) + _part(value) for name, value in named.items())
    if isinstance(part, list | tuple):
        return sum(FRAME + _part(one) for one in cast("Sequence[Any]", part))
    return _bytes(part)


def _tool(tool: Any) -> int:
    if (form := getattr(tool, "params_json_schema", None)) is None:
        return HOSTED_TOOL
    return FRAME + _bytes(tool.name) + _bytes(tool.description) + _bytes(form)


def _handoff(handoff: Any) -> int:
    described = (handoff.tool_name, handoff.tool_description, handoff.input_json_schema)
    return FRAME + sum(map(_bytes, described))


def _bytes(value: Any) -> int:
    """Bytes of a text, or of anything else as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return len(text.encode(errors="surrogatepass"))
