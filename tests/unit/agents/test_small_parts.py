"""Model names, the order of histories, amounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from agents.tool_context import ToolContext

from bot.agents.approved_tools import ApprovedTools
from bot.agents.context import RunContext
from bot.agents.models import ModelSpec
from bot.agents.tools.approval import approved_tool
from bot.agents.tools.call_arguments import arguments_of
from bot.domain.approvals.condition import Call
from bot.domain.approvals.policy import Policy, ask
from countersign.teams.support.refunds import refunds_over
from tests.factories import NOON


@pytest.mark.parametrize("text", ["", "gpt-5", "openai:", "other:x", ":x"])
def test_what_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a model"):
        ModelSpec.parse(text)


def test_a_model_name_may_hold_colons() -> None:
    assert ModelSpec.parse("chat:org/m:v2") == ModelSpec("chat", "org/m:v2")


@pytest.mark.parametrize(
    ("amount", "asks"),
    [
        ("20.00", False),
        ("20", False),
        ("20.01", True),
        ("1e1", True),  # no number as people write one, and refused by the tool itself
        ("-5", True),
        ("NaN", True),
        ("x", True),
        ("5.001", False),  # free, and refused by the tool itself
    ],
)
def test_a_refund_is_free_only_if_it_is_a_proper_small_amount(amount: str, asks: bool) -> None:
    call = Call("issue_refund", {"amount": amount}, "U1", "C1", earlier=(), now=NOON)

    assert bool(refunds_over(Decimal(20), two_over=Decimal(1000)).requirements(call)) is asks


@pytest.mark.parametrize("raw", ["", "{}", "[1]", "nonsense", '"x"'])
def test_arguments_are_read_whatever_the_model_wrote(raw: str) -> None:
    assert isinstance(arguments_of(raw), dict)


@pytest.mark.parametrize("raw", ['{"n": NaN}', '{"n": [-Infinity]}', '{"n": 1e999}'])
def test_a_number_that_others_write_as_nothing_is_no_argument(raw: str) -> None:
    assert arguments_of(raw) == {"(not JSON)": raw}
    assert arguments_of('{"n": [1e2, -0.5, 7]}') == {"n": [100.0, -0.5, 7]}


@approved_tool(Policy(ask("ops")))
async def restart(ctx: ToolContext[RunContext], service: str = "everything", given: Any = None) -> str:
    """Restart a service, or everything."""
    return f"restarted {service}"


@pytest.mark.parametrize(
    "raw",
    [
        '{"service": "checkout"',
        '["checkout"]',
        '{"service": "checkout", "given": NaN}',
        f'{{"given": {"[" * 80}{"]" * 80}}}',
    ],
)
def test_a_tool_that_takes_anything_is_not_asked_for_with_what_cannot_be_read(raw: str) -> None:
    tools = ApprovedTools([restart])

    assert tools.problems("restart", arguments_of(raw))
    assert tools.problems("restart", {"given": float("inf")}), "nor with what somebody typed into a form"
    assert not tools.problems("restart", arguments_of('{"service": "checkout", "given": [[1]]}'))
    assert not tools.problems("restart", {})
