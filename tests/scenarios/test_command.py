"""The command `countersign`, as an operator runs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.operations.help_order import ORDER
from tests.forked import ran
from tests.world import World


async def countersign(command: str, settings: Mapping[str, str], directory: Path) -> tuple[int, str]:
    """Run a command to its end; its exit code and everything it printed."""
    return await ran(command.split(), settings, directory)


@pytest.mark.parametrize("command", ["serve", "doctor"])
async def test_missing_settings_are_named_in_plain_words(command: str, tmp_path: Path) -> None:
    code, output = await countersign(
        command, {"SLACK_BOT_TOKEN": "xapp-wrong", "MAX_TURNS": "many"}, tmp_path
    )

    assert code == 2
    for name in (
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "STATE_KEYS",
        "BILLING_BASE_URL",
        "MAX_TURNS",
        "OPENAI_API_KEY",
    ):
        assert name in output
    assert "Traceback" not in output
    assert "xapp-wrong" not in output


async def test_the_doctor_finds_a_healthy_world_healthy(world: World, tmp_path: Path) -> None:
    code, output = await countersign("doctor", world.variables(), tmp_path)

    assert (code, [line for line in output.splitlines() if not line.startswith(("✓", "!"))]) == (0, []), (
        output
    )
    assert len(output.splitlines()) >= 6


async def test_the_doctor_says_that_there_is_no_docker_engine(world: World, tmp_path: Path) -> None:
    docker = {
        "SANDBOX_BACKEND": "docker",
        "SANDBOX_URL": "unix:///nowhere/docker.sock",
        "SANDBOX_BUCKET": "",
    }

    code, output = await countersign("doctor", world.variables(**docker), tmp_path)

    assert code == 1
    assert "✗ No Docker engine answered, at SANDBOX_URL or where DOCKER_HOST says." in output
    assert "Traceback" not in output


async def test_the_doctor_says_what_is_wrong(world: World, tmp_path: Path) -> None:
    wrong = {
        "SLACK_BOT_TOKEN": "xoxb-wrong",
        "BILLING_API_KEY": "wrong",
        "APPROVERS": '{"finance": ["U0NOBODY01"]}',
    }
    code, output = await countersign("doctor", world.variables(**wrong), tmp_path)

    assert code == 1
    assert "Traceback" not in output
    assert "xoxb-wrong" not in output
    assert "SLACK_BOT_TOKEN" in output
    assert "BILLING_API_KEY" in output


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, "SLACK_APP_TOKEN"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "REDIS_URL"),
    ],
)
async def test_serve_ends_with_one_sentence_when_it_is_turned_away(
    world: World, tmp_path: Path, wrong: dict[str, str], name: str
) -> None:
    code, output = await countersign("serve", world.variables(**wrong), tmp_path)

    assert code == 1
    assert name in output
    assert "Traceback" not in output


async def test_the_roster_says_who_serves_and_takes_other_settings_when_nobody_does(
    world: World, tmp_path: Path
) -> None:
    other = world.variables(REDIS_PREFIX=f"{world.prefix}x", REDIS_SHARDS="3")
    async with world.bot():
        code, output = await countersign("roster", world.variables(), tmp_path)
        assert (code, "works; policies" in output) == (0, True), output
        code, output = await countersign("roster", world.variables(REDIS_SHARDS="3"), tmp_path)
        assert (code, "✗ REDIS_SHARDS is 3" in output) == (1, True), output
        code, output = await countersign("roster --accept", other, tmp_path)
        assert (code, "Stop them all first" in output) == (1, True), output
        await world.hears(await world.asks("hello"), "Here is what you can try")

    code, output = await countersign("roster --accept", world.variables(REDIS_SHARDS="3"), tmp_path)
    assert (code, "laid out with 4" in output) == (1, True), output  # for there is a thread
    code, output = await countersign("roster --accept", other, tmp_path)
    assert (code, "Accepted" in output) == (0, True), output
    code, output = await countersign("doctor", other, tmp_path)
    assert (code, "The settings agree with 0 replicas" in output) == (0, True), output


async def test_help_lists_first_what_comes_first_and_forgets_no_command(tmp_path: Path) -> None:
    code, output = await countersign("--help", {"COLUMNS": "100"}, tmp_path)

    assert (code, re.findall(r"^\W+([a-z][a-z-]*) {2,}[A-Z]", output, re.MULTILINE)) == (0, [*ORDER])
