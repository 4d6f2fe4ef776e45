"""A tool as its server describes it: what of that is fit to be accepted, and the fingerprint of it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from jsonschema import Draft202012Validator, SchemaError

from bot.agents.step_words import is_words
from bot.domain.approvals.approval import canonical
from bot.domain.tool_title import title_of
from bot.slack.deceptive_characters import visible
from bot.slack.graphemes import head

#: Characters of a description, and of an input schema; how deep a schema may be.
DESCRIPTION, SCHEMA, DEEPEST = 4_000, 20_000, 20
#: What the models' APIs take for the name of a tool.
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
#: Characters of a title before the name of its server, which has up to 24.
_TITLE: Final = 33
_OTHER: Final = re.compile(r"[^a-zA-Z0-9_-]")
#: Keywords of a schema that fetch another one.
_REFERENCES: Final = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})


@dataclass(frozen=True, slots=True)
class Described:
    """`hints` are the server's own words on what the tool does (`readOnlyHint`, …), which nobody has checked.

    `title` are its words for people, as accepted: they are in no fingerprint, and a card never has them.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    hints: Mapping[str, bool] = field(default_factory=dict[str, bool])
    title: str = ""

    def fingerprint(self, identity: str) -> str:
        """Name what is accepted: the tool of this server, with these words and this schema.

        Empty for a schema that is nested deeper than anything that can be accepted.
        """
        if _depth(self.schema) > DEEPEST:
            return ""
        content = {"server": identity, "name": self.name, "words": self.description, "schema": self.schema}
        return hashlib.sha256(canonical(content).encode()).hexdigest()

    @property
    def arguments(self) -> set[str]:
        """The arguments that the schema names."""
        named = self.schema.get("properties")
        return set(cast("Mapping[str, Any]", named)) if isinstance(named, Mapping) else set()

    def problems(self) -> Iterator[str]:
        """Why this cannot be accepted, in parts of sentences: nobody could read it, or check arguments by it."""
        if visible(self.name) != self.name or visible(self.description, keep="\n\t") != self.description:
            yield "its description has characters that cannot be seen"
        if len(self.description) > DESCRIPTION:
            yield f"its description has more than {DESCRIPTION:,} characters"
        if (depth := _depth(self.schema)) > DEEPEST:
            yield f"its input schema is more than {DEEPEST} levels deep"
        elif len(text := canonical(self.schema)) > SCHEMA:
            yield f"its input schema has more than {SCHEMA:,} characters"
        elif visible(text) != text:
            yield "its input schema has characters that cannot be seen"
        if depth <= DEEPEST:
            yield from _of_schema(self.schema)


def offered_name(server: str, tool: str) -> str:
    """What agents and people call the tool of a server: `server__tool`.

    Characters that models' APIs do not take in a name become `_`; no name of a server has two `_` in a row.
    """
    return f"{server}__{_OTHER.sub('_', tool)}"


def step(server: str, tool: Described) -> str:
    """What the thread shows of a call where mcp.toml has no words for it: the server's title, or words of the name."""
    own = " ".join(tool.title.split())
    # What stands in braces would be an argument.
    fit = is_words(own) and not {"{", "}"} & set(own)
    return f"{head(own, _TITLE)} ({server})" if fit else title(server, tool.name)


def title(server: str, tool: str) -> str:
    """What people read where a call of it is meant: it always ends with the server, which no tool of others does."""
    return f"{title_of(_OTHER.sub('_', tool))[:_TITLE]} ({server})"


def is_offerable(name: str) -> bool:
    """Whether models' APIs take such a name."""
    return _NAME.fullmatch(name) is not None


def _of_schema(schema: Mapping[str, Any]) -> Iterator[str]:
    if schema.get("type") != "object":
        yield "its input schema is none of an object"
    try:
        Draft202012Validator.check_schema(schema)
    except (SchemaError, re.error, RecursionError):
        yield "its input schema is not valid"
    if any(not target.startswith("#") for target in _targets(schema)):
        yield "its input schema refers to another document"
    if any(map(_tells_its_kind, _inside(schema))):
        yield "a part of its input schema is of another kind of schema"
    if _has(schema, "patternProperties"):
        yield "its input schema names arguments by patterns"


def _depth(value: object) -> int:
    """How deep something is nested, counted no further than matters."""
    deep, level = 0, [value]
    while level and deep <= DEEPEST:
        deep += 1
        level = [inner for one in level for inner in _inside(one)]
    return deep


def _inside(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return [*cast("Mapping[str, object]", value).values()]
    return [*cast("list[object]", value)] if isinstance(value, list) else []


def _tells_its_kind(value: object) -> bool:
    """Whether something within names the kind of schema that it is, and so would be checked by other rules."""
    entries: Mapping[str, object] = cast("Any", value) if isinstance(value, Mapping) else {}
    return isinstance(entries.get("$schema"), str) or any(
        map(_tells_its_kind, _inside(cast("object", value)))
    )


def _has(value: object, keyword: str) -> bool:
    entries: Mapping[str, object] = cast("Any", value) if isinstance(value, Mapping) else {}
    return keyword in entries or any(_has(inner, keyword) for inner in _inside(cast("object", value)))


def _targets(value: object) -> Iterator[str]:
    entries: Mapping[str, object] = cast("Any", value) if isinstance(value, Mapping) else {}
    yield from (inner for key, inner in entries.items() if key in _REFERENCES and isinstance(inner, str))
    for inner in _inside(cast("object", value)):
        yield from _targets(inner)
