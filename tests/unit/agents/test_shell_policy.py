"""Which commands wait for a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.agents.tools.shell import commands
from bot.domain.approvals.condition import Call
from bot.settings.config import Settings

POLICY = commands(
    "ops", matching=Settings.model_fields["shell_ask"].default, longer_than=timedelta(minutes=5)
)


def asks(**arguments: Any) -> bool:
    return bool(POLICY.requirements(Call("exec_command", arguments, "U1", "C1")))


@pytest.mark.parametrize(
    "cmd",
    [
        "curl example.com",
        "cd x && wget -q y",
        "python3 -c 'get(\"https://example.com\")'",
        "pip install pandas",
        "git push origin main",
        "echo a\nssh host",
    ],
)
def test_a_command_that_may_use_the_network_waits(cmd: str) -> None:
    assert asks(cmd=cmd)


@pytest.mark.parametrize("cmd", ["ls -l", "python3 tidy.py", "git log", "grep -r pip .", "cat scurl.txt"])
def test_any_other_runs_at_once(cmd: str) -> None:
    assert not asks(cmd=cmd)


@pytest.mark.parametrize(
    ("seconds", "waits"), [(300, False), (301, True), ("many", True), (None, True), (True, True)]
)
def test_a_command_that_may_take_long_waits_and_so_does_one_that_cannot_be_told(
    seconds: Any, waits: bool
) -> None:
    assert asks(cmd="ls", timeout_seconds=seconds) is waits


def test_without_a_pattern_only_time_counts() -> None:
    policy = commands("ops", matching="", longer_than=timedelta(minutes=5))

    assert policy.requirements(Call("exec_command", {"cmd": "curl x"}, "U1", "C1")) == ()
