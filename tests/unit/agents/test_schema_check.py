"""Schemas of servers that mean harm, or were written without a thought: a check of arguments always comes to its end."""

from __future__ import annotations

from typing import Any

import pytest

from bot.agents.tools.schema_check import checked

UNCHECKED = {"arguments": "cannot be checked by the schema"}
WRONG = "is not of the form it must have"


def doubling(levels: int) -> dict[str, Any]:
    """Each definition asks for the next one twice."""
    asked = {str(at): {"allOf": [{"$ref": f"#/$defs/{at + 1}"}] * 2} for at in range(levels)}
    return {"type": "object", "$defs": {**asked, str(levels): {}}, "$ref": "#/$defs/0"}


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("schema", "arguments"),
    [
        (doubling(60), {}),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema", "anyOf": [doubling(60)]}, {}),
        ({"properties": {"a": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}}, nested(40)),
        (
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "properties": {"a": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}},
            },
            nested(40),
        ),
        ({"$ref": "#"}, {}),
        ({"$ref": "https://elsewhere.example.com/schema"}, {}),
        (
            {"items": {"type": "string"}, "properties": {"a": {"items": {"type": "string"}}}},
            {"a": ["x"] * 30_000},
        ),
    ],
)
def test_what_would_not_end_is_not_checked_and_not_let_through(
    schema: dict[str, Any], arguments: dict[str, Any]
) -> None:
    assert checked(schema)(arguments) == UNCHECKED


def test_each_check_has_the_whole_bound_for_itself() -> None:
    problems = checked({"properties": {"a": {"items": {"type": "string"}}}})

    assert [problems({"a": ["x"] * 15_000}) for _ in range(3)] == [{}] * 3
    assert problems({"a": [1]}) == {"a": WRONG}


def test_patterns_of_others_are_left_to_them() -> None:
    schema = {"properties": {"a": {"type": "string", "pattern": "^(x+)+$"}}}

    assert checked(schema, patterns=False)({"a": "y"}) == {}
    assert checked(schema, patterns=False)({"a": "x" * 40 + "!"}) == {}  # would take years
    assert checked(schema, patterns=False)({"a": 1}) == {"a": WRONG}
    assert checked(schema)({"a": "y"}) == {"a": WRONG}
