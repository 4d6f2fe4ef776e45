"""Model names, the order of histories, amounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.agents.history import ordered
from bot.agents.models import ModelSpec
from bot.agents.tools.approval import arguments_of
from bot.agents.tools.billing import refunds_over
from bot.policy import Call


@pytest.mark.parametrize("text", ["", "gpt-5", "openai:", "other:x", ":x"])
def test_what_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a model"):
        ModelSpec.parse(text)


def test_a_model_name_may_hold_colons() -> None:
    assert ModelSpec.parse("chat:org/m:v2") == ModelSpec("chat", "org/m:v2")


def made(kind: str, call_id: str = "", **more: Any) -> dict[str, Any]:
    return {"type": kind, "call_id": call_id, **more} if call_id else {"role": kind, **more}


def test_outputs_move_right_behind_their_calls() -> None:
    a, b = made("function_call", "a"), made("function_call", "b")
    out_a, out_b = made("function_call_output", "a"), made("function_call_output", "b")
    user = made("user", content="hm")

    assert ordered([a, b, user, out_b, out_a]) == [a, b, out_a, out_b, user]
    assert ordered([user, a, out_a]) == [user, a, out_a]
    assert ordered([out_a, user]) == [out_a, user]


@pytest.mark.parametrize(
    ("amount", "asks"),
    [
        ("20.00", False),
        ("20", False),
        ("20.01", True),
        ("1e1", False),
        ("-5", True),
        ("NaN", True),
        ("x", True),
        ("5.001", False),  # free, and refused by the tool itself
    ],
)
def test_a_refund_is_free_only_if_it_is_a_proper_small_amount(amount: str, asks: bool) -> None:
    call = Call("issue_refund", {"amount": amount}, "U1", "C1")

    assert bool(refunds_over(Decimal(20), two_over=Decimal(1000)).requirements(call)) is asks


@pytest.mark.parametrize("raw", ["", "{}", "[1]", "nonsense", '"x"'])
def test_arguments_are_read_whatever_the_model_wrote(raw: str) -> None:
    assert isinstance(arguments_of(raw), dict)
