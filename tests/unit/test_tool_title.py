"""What people read where a tool is meant."""

from __future__ import annotations

import pytest

from bot.domain.tool_title import LONGEST, title_of
from countersign import Policy, ToolContext, approved_tool, ask
from tests.factories import an_approval


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("book_time_off", "Book time off"),
        ("bookTimeOff", "Book time off"),
        ("BookTimeOff", "Book time off"),
        ("list-open-issues", "List open issues"),
        ("files__delete.all", "Files delete all"),
        ("get_URL", "Get URL"),
        ("x", "X"),
        ("_", "_"),
        ("größe_ändern", "Größe ändern"),
    ],
)
def test_a_name_is_made_plain_words(name: str, title: str) -> None:
    assert title_of(name) == title


async def pay(ctx: ToolContext, amount: str) -> str:
    """Pay."""
    del ctx
    return amount


def test_a_tool_has_the_title_it_was_given_or_one_of_its_name() -> None:
    policy = Policy(ask("finance"))
    assert approved_tool(policy)(pay).title == "Pay"
    assert approved_tool(policy, title=" Pay somebody ")(pay).title == "Pay somebody"


@pytest.mark.parametrize("title", ["", "  ", "two\nlines", "bold\u202ereversed", "x" * (LONGEST + 1)])
def test_a_title_that_is_no_short_line_is_refused_at_once(title: str) -> None:
    with pytest.raises(ValueError, match="a title is one line"):
        approved_tool(Policy(ask("finance")), title=title)(pay)


def test_a_record_of_an_earlier_release_is_named_by_its_tool() -> None:
    assert an_approval(tool="book_time_off").named == "Book time off"
    assert an_approval(tool="book_time_off", title="Take a holiday").named == "Take a holiday"
