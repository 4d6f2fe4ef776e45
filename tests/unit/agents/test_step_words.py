"""What a thread shows of a call: words of people, never a function's name, and nothing of an argument but words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from agents import function_tool
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.agents.mcp.described import Described, step
from bot.agents.step_words import LINE, StepWords, checked_step
from bot.domain.tool_title import title_of
from bot.slack.reply_blocks import Steps
from bot.wiring.assembly import OWN_STEPS, steps_of
from countersign import Policy, Specialist, Team, ToolContext, approved_tool, ask
from countersign.teams import hr, support

WORDS = StepWords({"get_invoice": "Looking up {invoice_id}"}, title_of)


def said(value: object) -> str:
    return WORDS.of("get_invoice", {"invoice_id": value})


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("INV-1003", "Looking up INV-1003"),
        ("Zürich, 北京 (नमस्ते)", "Looking up Zürich, 北京 (नमस्ते)"),
        (7, "Looking up 7"),
        (12.5, "Looking up 12.5"),
        ("a\n  b", "Looking up a b"),
        ("report_2026.csv", "Looking up report_2026.csv"),
        ("x" * 500, f"Looking up {'x' * 39}…"),
        ("👨‍👩‍👧" * 9, "Get invoice"),  # joined by what cannot be seen
    ],
)
def test_an_argument_is_shown_as_words(value: object, line: str) -> None:
    assert said(value) == line


@pytest.mark.parametrize(
    "value",
    [
        *("<!channel>", "<@U0OMAR0001>", "@channel", "mail omar@example.com", "&lt;!here&gt;", "http://evil.example"),
        *("www.evil.example", "MAILTO:a", "[INV-1003](x)", "*bold*", "`code`", "a|b", "~no~", "\\u202e"),
        *("INV\u202e3001", "INV\u200b", "a\u3164b", "\ud800", "\x00", "", "   ", "\u00a0"),
        *(None, True, ["INV-1003"], {"a": 1}),
    ],
)  # fmt: skip
def test_what_may_be_more_than_words_is_not_shown_at_all(value: object) -> None:
    assert said(value) == "Get invoice"


@pytest.mark.parametrize(
    "arguments", [{}, {"(not JSON)": "{"}, {"(not an object)": [1]}, {"INVOICE_ID": "x"}]
)
def test_a_call_without_the_argument_has_the_plain_words_of_its_name(arguments: dict[str, Any]) -> None:
    assert WORDS.of("get_invoice", arguments) == "Get invoice"
    assert WORDS.of("fetchTheReport", arguments) == "Fetch the report"


@given(st.text(max_size=120))
def test_no_argument_makes_more_of_a_line_than_a_line_of_words(value: str) -> None:
    line = said(value)
    steps = Steps()
    steps.note(f"{line} …", key="c")

    assert len(line) <= LINE
    assert not re.search(r"[<>@`*\[\]|~]|&\w+;|://", line)
    assert steps.blocks()[0]["elements"][0] == {"type": "plain_text", "text": f"{line} …", "emoji": False}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("Looking up {invoice}", "get_invoice has no argument invoice"),
        ("Looking up {invoice_id", "a brace that names no argument"),
        ("Looking up {}", "a brace that names no argument"),
        ("Looking up {invoice_id!r}", "no argument invoice_id!r"),
        ("Looking up {invoice_id.__class__}", "no argument invoice_id.__class__"),
        ("two\nlines", "one line"),
        ("", "one line"),
        ("x" * 61, "one line"),
    ],
)
def test_words_that_cannot_be_filled_are_refused_at_once(words: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        checked_step(words, {"invoice_id"}, "get_invoice")


async def pay(ctx: ToolContext, amount: str) -> str:
    """Pay."""
    del ctx
    return amount


async def look(number: int) -> str:
    """Look."""
    return str(number)


def test_a_team_with_words_for_what_is_not_there_does_not_start() -> None:
    with pytest.raises(ValueError, match="pay has no argument to"):
        approved_tool(Policy(ask("finance")), step="Pay {to}")(pay)
    with pytest.raises(ValueError, match="has words for peek, which is no tool of it"):
        Specialist("Clerk", "Looks.", "Look.", tools=[function_tool(look)], steps={"peek": "Peeking"})
    with pytest.raises(ValueError, match="look has no argument name"):
        Specialist(
            "Clerk", "Looks.", "Look.", tools=[function_tool(look)], steps={"look": "Looking at {name}"}
        )


def test_the_words_of_a_specialist_count_before_those_of_the_tool() -> None:
    tool = approved_tool(Policy(ask("finance")), step="Pay {amount}")(pay)
    clerk = Specialist("Clerk", "Pays.", "Pay.", tools=[tool], steps={"pay": "Handing over {amount}"})

    assert steps_of(Team("t", [clerk]), [tool]) == {**OWN_STEPS, "pay": "Handing over {amount}"}


def test_no_tool_of_the_teams_is_called_by_the_name_of_its_function() -> None:
    for team in (
        support.team(support.SupportSettings(billing_api_key=SecretStr("k"), billing_base_url="https://b")),
        hr.team(),
    ):
        words = steps_of(team, team.approved)
        names = {tool.name for one in team.specialists for tool in one.plain} | {
            one.tool.name for one in team.approved
        }

        assert names <= set(words)
        assert [line for line in words.values() if "_" in re.sub(r"\{[^}]*\}", "", line)] == []


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("List all services", "List all services (ops)"),
        ("", "List services (ops)"),
        ("List\u202eservices", "List services (ops)"),
        ("List {services}", "List services (ops)"),
        ("List <!channel>", "List services (ops)"),
        ("L" * 99, f"{'L' * 33} (ops)"),
    ],
)
def test_a_server_s_own_title_is_shown_with_the_server_where_it_is_words(title: str, shown: str) -> None:
    assert step("ops", Described("list_services", "", {}, title=title)) == shown
