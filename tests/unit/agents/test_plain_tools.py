"""Plain tools of the SDK, behind a policy: checked by their schema, and never taken for done when they broke off."""

from __future__ import annotations

import pytest
from agents import FunctionTool, function_tool

from bot.agents.team import Specialist
from bot.agents.tools.plain import put_before
from bot.domain.approvals.policy import Policy, ask


async def delete_user(name: str, days: int = 30) -> str:
    """Delete somebody."""
    return f"deleted {name} after {days}"


def a_tool() -> FunctionTool:
    return function_tool(delete_user, failure_error_function=None)


def test_its_arguments_are_judged_by_its_schema() -> None:
    form = put_before(a_tool(), Policy(ask("ops"))).form

    assert form.problems({"name": "gus", "days": 3}) == {}
    assert form.problems({"name": 7, "days": "soon"}).keys() == {"name", "days"}
    assert form.problems({"days": 3}).keys() == {"name"}
    assert form.problems({"name": "gus", "days": 3, "more": 1}).keys() == {"arguments"}


def test_the_tool_that_was_given_stays_as_it_is() -> None:
    tool = a_tool()
    approved = put_before(tool, Policy(ask("ops")))

    assert tool.needs_approval is False
    assert callable(approved.tool.needs_approval)
    assert approved.tool.on_invoke_tool is not tool.on_invoke_tool


@pytest.mark.parametrize(
    "tool",
    [
        function_tool(delete_user),
        function_tool(delete_user, failure_error_function=lambda ctx, error: "sorry"),
    ],
)
def test_one_that_answers_its_own_failures_is_refused(tool: FunctionTool) -> None:
    with pytest.raises(ValueError, match="must not look like an answer"):
        put_before(tool, Policy(ask("ops")))


def test_a_policy_that_lets_people_edit_what_the_tool_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="delete_user has no total to edit"):
        put_before(a_tool(), Policy(ask("ops"), editable=["total"]))


def test_a_specialist_keeps_what_has_a_policy_apart_from_what_has_none() -> None:
    other = function_tool(lambda name: name, name_override="look", failure_error_function=None)
    one = Specialist("Ops", "x", "y", tools=[a_tool(), other], policies={"delete_user": Policy(ask("ops"))})

    assert [tool.tool.name for tool in one.approved] == ["delete_user"]
    assert [tool.name for tool in one.plain] == ["look"]


def test_a_policy_for_a_tool_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="Ops has a policy for delete_usr"):
        Specialist("Ops", "x", "y", tools=[a_tool()], policies={"delete_usr": Policy(ask("ops"))})
