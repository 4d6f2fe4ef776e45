"""What is said of one call that is tried: who, why, and what keeps it from being asked about."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.operations.policy_trial import CannotTry, read_call, trial
from bot.settings.config import Settings
from countersign import (
    Policy,
    Severity,
    Specialist,
    Team,
    ToolContext,
    approved_tool,
    ask,
    asked_by,
    asked_in,
    function_tool,
    over,
)
from tests.factories import ANA, OMAR, SUPPORT

POLICY = Policy(
    ask("finance", when=over("amount", 100), remind_after=timedelta(minutes=30), escalate_to="board"),
    ask("legal", when=asked_by(ANA) & ~asked_in(SUPPORT), quorum=2, severity=Severity.HIGH),
    editable=("amount",),
    rest_of_run=True,
    reason_required=True,
)


@approved_tool(POLICY)
async def pay_bonus(ctx: ToolContext[None], person: str, amount: str, months: int = 1) -> str:
    """Pay a bonus."""
    return "Paid."


@function_tool
async def look(ctx: ToolContext[None]) -> str:
    """Look."""
    return "Seen."


TEAM = Team("payroll", [Specialist("Payroll", "Pays.", "You pay.", tools=[pay_bonus, look])])
GOOD: dict[str, Any] = {"person": "Theo", "amount": "500"}


def tried(arguments: str, *, by: str = ANA, channel: str = SUPPORT, **approvers: list[str]) -> list[str]:
    call = read_call("pay_bonus", arguments, by, channel)
    return list(trial(Settings(approvers=approvers), TEAM, call))


def test_each_rule_says_whether_it_holds_and_each_role_who_it_is() -> None:
    lines = tried(json.dumps(GOOD), finance=[OMAR], board=["S0BOARD001"], channel="C0ELSE0001")

    assert lines[2:4] == [
        "  amount over 100                                    1 of finance: holds",
        f"  asked by {ANA} and not (asked in {SUPPORT})  2 of legal: holds",
    ]
    assert f"  who       {OMAR}, but never {ANA}" in lines
    assert "  time      72 h, first reminder after 30 min" in lines
    assert "  backup    board (S0BOARD001) as well, after 36 h" in lines
    assert "Asked: 2 of legal, high stakes" in lines
    assert "  who       nobody: APPROVERS names no one for this role, so nobody can decide" in lines
    assert lines[-2:] == ["They may change: amount.", "A rejection needs a reason."]


def test_a_call_that_no_rule_is_about_goes_on() -> None:
    assert tried(json.dumps(GOOD | {"amount": "100"}))[-1] == "Nobody is asked: it goes on at once."


def test_what_cannot_be_told_counts_and_is_said() -> None:
    lines = tried(json.dumps(GOOD | {"amount": "a lot"}), finance=[OMAR])

    assert lines[2].endswith("1 of finance: cannot be told, so it counts")
    assert "They may agree for the rest of the run: “Approve, and up to 5 more in this run”." in lines


def test_a_guest_is_told_to_be_refused_and_earlier_calls_are_counted() -> None:
    call = read_call("pay_bonus", json.dumps(GOOD | {"amount": "9"}), ANA, SUPPORT, who="guest")
    lines = list(trial(Settings(), TEAM, call))

    assert lines[2] == "  asked by members, for them to ask at all: does not hold"
    assert lines[-1].startswith("Nobody is asked, and nothing is done: a guest of the workspace may not ask")

    with pytest.raises(CannotTry, match="^--who: one of guest, member, stranger"):
        read_call("pay_bonus", "{}", ANA, SUPPORT, who="king")
    for before in ("{}", "[1]", "x", '[{"a": 1, "a": 2}]'):
        with pytest.raises(CannotTry, match="^--before: "):
            read_call("pay_bonus", "{}", ANA, SUPPORT, before=before)


def test_who_asks_is_nobody_who_may_decide() -> None:
    assert f"  who       nobody: only {ANA} is named, who may not decide what they asked for" in tried(
        json.dumps(GOOD), finance=[ANA]
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("", "this is not JSON"),
        ("{'a': 1}", "this is not JSON"),
        ('{"amount": NaN}', "this is not JSON"),
        ("[" * 100_000, "this is not JSON"),
        ("[1]", "one JSON object"),
        ('{"amount": "1", "amount": "2"}', "amount is there twice"),
        ('{"amount": "1"}', "person: field required"),
        ('{"person": "Theo", "amount": 29.5}', "amount: input should be a valid string"),
        ('{"person": "Theo", "amount": "1", "months": "soon"}', "months: input should be a valid integer"),
        ('{"person": "Theo", "amount": "1", "ammount": "2"}', "ammount: the tool has no such argument"),
        ('{"person": "Theo", "amount": "1", "\\u001b[2J": 1}', "\\u001b[2J: the tool has no such argument"),
    ],
    ids=range(11),
)
def test_arguments_that_the_tool_does_not_take_are_named(arguments: str, told: str) -> None:
    with pytest.raises(CannotTry) as caught:
        tried(arguments)

    assert str(caught.value).startswith("--args: ")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("by", "channel", "option"),
    [
        ("", SUPPORT, "--as"),
        ("ana", SUPPORT, "--as"),
        ("S0FINANCE1", SUPPORT, "--as"),
        (ANA, "#support", "--in"),
    ],
)
def test_people_and_channels_are_ids(by: str, channel: str, option: str) -> None:
    with pytest.raises(CannotTry, match=f"^{option}: "):
        read_call("pay_bonus", "{}", by, channel)


def test_a_tool_without_a_policy_and_one_that_is_not_there() -> None:
    assert list(trial(Settings(), TEAM, read_call("look", "{}", ANA, SUPPORT))) == [
        "look has no policy: nobody is ever asked about it."
    ]
    with pytest.raises(CannotTry, match="There are: pay_bonus, look$"):
        list(trial(Settings(), TEAM, read_call("pay", "{}", ANA, SUPPORT)))
