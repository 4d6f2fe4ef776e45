"""Whatever the request: the rules answer, call only what is offered, and fill in only what the schema has."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from devkit.model import rules
from devkit.model.dialogue import of_chat, of_responses
from tests.unit.devkit_model.foreign_tools import FOREIGN

WORDS = st.sampled_from(
    [
        "book",
        "refund",
        "INV-1003",
        "$5",
        "-5",
        "0",
        "<@U0ANA00001>",
        "2026-02-30",
        "2026-03-01",
        '"a',
        'b"',
        "'",
        "for",
        "because",
        "and",
        ",",
        ";",
        "create",
        "delete",
        "list",
        "event",
        "file",
        "issue",
        "acme/shop",
        "..",
        "a.txt",
        "🦄",
        ":smile:",
        "thanks",
        "who",
        "approves",
        "?",
        "(",
        "[",
        "\\",
        "limit:",
        "=",
        "\n",
        "9e9",
        "1,2,3",
        "force",
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=12).map(" ".join))
NAMES = st.one_of(
    st.sampled_from(
        ["to", "id", "amount", "date", "user_id", "labels", "", "__", "(", "content", "limit", "path"]
    ),
    st.text(max_size=8),
)
JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda one: st.lists(one, max_size=3),
    max_leaves=4,
)
TYPES = st.sampled_from(
    ["string", "number", "integer", "boolean", "array", "object", "null", ["string", "null"], "odd", 7]
)
SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    JUNK
    | st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES,
            "enum": JUNK | st.lists(st.text(max_size=6), min_size=1, max_size=3),
            "description": st.text(max_size=30) | JUNK,
            "default": JUNK,
            "minimum": JUNK | st.floats(),
            "maximum": JUNK | st.floats(),
            "format": st.sampled_from(["date", "email", "uri", "odd"]),
            "$ref": st.sampled_from(["#", "#/", "#/$defs/A", "#/properties/a", "http://x", ""]),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES,
            "items": inner,
            "properties": st.dictionaries(NAMES, inner, max_size=4) | JUNK,
            "required": st.lists(NAMES, max_size=4) | JUNK,
            "anyOf": st.lists(inner, max_size=3) | JUNK,
            "$defs": st.dictionaries(st.sampled_from(["A", "B"]), inner, max_size=2) | JUNK,
        },
    ),
    max_leaves=8,
)
TOOL_NAMES = st.sampled_from(
    [
        "get_invoice",
        "issue_refund",
        "exec_command",
        "search_docs",
        "transfer_to_billing",
        "transfer_to_triage",
    ]
    + ["transfer_to_x", "book_amount", "listThings", "delete", "_", "do-it.now"]
)
TOOLS = st.lists(
    st.tuples(TOOL_NAMES, st.text(max_size=30), SCHEMAS), max_size=5, unique_by=lambda one: one[0]
)
TURNS = st.lists(
    st.one_of(
        st.tuples(st.just("user"), TEXTS),
        st.tuples(
            st.just("assistant"),
            st.sampled_from(["I still need x.", "How much should it be?", "Done."]) | TEXTS,
        ),
        st.tuples(
            TOOL_NAMES,
            st.sampled_from(["{}", "[", '{"id": 1}', "ERROR: x", "Rejected by y", "[[[1]]]", ""]) | TEXTS,
        ),
    ),
    max_size=6,
)


@settings(max_examples=400, deadline=None)
@given(TOOLS, TURNS, TEXTS)
@example([("get_invoice", "", {}), ("transfer_to_x", "", {})], [], "REFUND")
def test_every_request_is_answered_over_both_protocols(
    tools: list[tuple[str, str, Any]], turns: list[tuple[str, str]], question: str
) -> None:
    items: list[Any] = []
    messages: list[Any] = []
    for at, (who, text) in enumerate(turns):
        if who in {"user", "assistant"}:
            items.append({"role": who, "content": text})
            messages.append({"role": who, "content": text})
            continue
        call = {"name": who, "arguments": text}
        items.append({"type": "function_call", "call_id": str(at), **call})
        items.append({"type": "function_call_output", "call_id": str(at), "output": text})
        messages.append(
            {"role": "assistant", "tool_calls": [{"id": str(at), "type": "function", "function": call}]}
        )
        messages.append({"role": "tool", "tool_call_id": str(at), "content": text})
    last = {"role": "user", "content": question}
    functions = [{"name": name, "description": says, "parameters": schema} for name, says, schema in tools]
    by_responses = rules.answer(of_responses({"input": [*items, last], "tools": functions}))
    wrapped = [{"type": "function", "function": one} for one in functions]
    by_chat = rules.answer(of_chat({"messages": [*messages, last], "tools": wrapped}))

    assert by_responses.text or by_responses.calls
    assert by_chat.text or by_chat.calls
    for call in by_responses.calls:
        assert call.name in {name for name, _, _ in tools}
        json.dumps(dict(call.arguments))


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_a_call_of_a_known_tool_has_all_that_it_needs_and_nothing_else(question: str) -> None:
    tools = {one.name: one for one in FOREIGN}
    functions = [
        {"name": one.name, "description": one.description, "parameters": one.schema} for one in FOREIGN
    ]
    for call in rules.answer(of_responses({"input": question, "tools": functions})).calls:
        schema = tools[call.name].schema
        assert set(schema["required"]) <= set(call.arguments) <= set(schema["properties"])
