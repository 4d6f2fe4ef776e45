"""docs/operations.md, followed command by command; and what each command needs, as its table says it."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncGenerator, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import typer.main
from pydantic_settings import BaseSettings

from bot.operations.cli import app
from bot.settings.config import Settings
from bot.store import client
from countersign.teams.support.settings import SupportSettings
from tests.scenarios.test_forgotten import forget
from tests.terminal import Ended, Terminal, terminal
from tests.world import OMAR, World

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:sh|console)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NOT_RUN, STOPPED, EMPTY = "# Not run by the test: ", "# Every replica is stopped", "and Redis is empty"
#: The commands that are not run here, and why, as the page says it.
LEFT_OUT: Final = {
    "make setup": "the environment that runs it is made so",
    "countersign serve": "it runs until it is stopped",
    "make image": "it needs Docker",
}


def variables(*kinds: type[BaseSettings]) -> dict[str, None]:
    """Every setting, as a variable that is not there."""
    return {name.upper(): None for kind in kinds for name in kind.model_fields}


@pytest.fixture
async def shell(tmp_path: Path) -> AsyncGenerator[Terminal]:
    """A shell in an empty folder, as far as settings go."""
    async with terminal(tmp_path, variables(Settings, SupportSettings)) as made:
        yield made


def test_what_is_not_run_says_why() -> None:
    found = [block.splitlines() for block in BLOCKS if block.startswith(NOT_RUN)]

    assert {lines[1]: lines[0].removeprefix(NOT_RUN) for lines in found} == LEFT_OUT
    pictures = re.findall(r"^```text$", PAGE, re.MULTILINE)
    # None that would be passed over.
    assert len(re.findall(r"^```", PAGE, re.MULTILINE)) == 2 * len([*BLOCKS, *pictures])


def filled_in(folder: Path, given: Mapping[str, str]) -> None:
    """Fill in what `.env` leaves empty, as the page says, and what is otherwise in this world."""
    file = folder / ".env"
    lines = [line for line in file.read_text().splitlines() if line.partition("=")[0] not in given]
    file.write_text("\n".join([*lines, *(f"{name}='{value}'" for name, value in given.items() if value)]))


async def test_the_page_is_followed_command_by_command(
    world: World, shell: Terminal, unused_tcp_port: int
) -> None:
    shutil.copy(ROOT / ".env.example", shell.folder)
    port = {"HEALTH_PORT": str(unused_tcp_port)}
    said: dict[str, Ended] = {}

    async def follow(blocks: Iterable[str]) -> None:
        for block in blocks:
            if (shell.folder / ".env").exists():
                filled_in(shell.folder, world.variables(**port))
            said[block] = await shell.run(block)
            assert said[block].code == 0, f"{block}\n{said[block].said}"
            assert "Traceback" not in said[block].said

    run = [block for block in BLOCKS if not block.startswith(NOT_RUN)]
    async with world.bot(**port):
        thread = await world.asks("refund $29 on INV-1003")
        await world.approves(OMAR, await world.card(thread))
        await world.hears(thread, "Done: I refunded")
        await follow(block for block in run if not block.startswith(STOPPED))
    await forget(world)
    await follow(block for block in run if block.startswith(STOPPED))

    looked = next(ended.said for block, ended in said.items() if "countersign audit verify" in block)
    assert "all in their place" in looked
    assert "ready" in looked
    assert "gpt" in looked or "deepseek" in looked
    assert (shell.folder / "audit.csv").read_text().count("decided") == 1
    assert [ended.said.count("Restored") for block, ended in said.items() if block.startswith(STOPPED)] == [
        1,
        1,
    ]
    async with world.bot():
        await world.hears(await world.asks("show me INV-1003"), "29.00")
    assert len(world.refunds) == 1


CALL: Final = '{"invoice_id": "INV-1003", "amount": "29.00", "currency": "USD", "reason": "twice"}'
#: What each command is run with, and by which names the settings that it needs are told where they are missing.
USED: Final[Mapping[str, tuple[list[str], set[str], set[str]]]] = {
    "policies": ([], {"APPROVERS"}, set()),
    "policies try": (
        ["issue_refund", "--as", "U0ANA00001", "--in", "C0SUPPORT1", "--args", CALL],
        {"APPROVERS"},
        set(),
    ),
    "usage": ([], {"REDIS_URL", "REDIS_PREFIX"}, set()),
    "audit verify": ([], {"REDIS_URL", "REDIS_PREFIX", "STATE_KEYS"}, {"STATE_KEYS"}),
    "audit export": ([], {"REDIS_URL", "REDIS_PREFIX", "STATE_KEYS"}, {"STATE_KEYS"}),
    "audit report": ([], {"REDIS_URL", "REDIS_PREFIX", "STATE_KEYS"}, {"STATE_KEYS"}),
    "feedback": ([], {"REDIS_URL", "REDIS_PREFIX", "STATE_KEYS"}, {"STATE_KEYS"}),
    "tail": (["T0ACME0001/C0SUPPORT1/1.0"], {"REDIS_URL", "REDIS_PREFIX", "STATE_KEYS"}, {"STATE_KEYS"}),
    "trace": (["0123"], {"REDIS_URL", "REDIS_PREFIX", "STATE_KEYS"}, {"STATE_KEYS"}),
    "backup": (["kept"], {"REDIS_URL", "REDIS_PREFIX", "STATE_KEYS"}, {"STATE_KEYS"}),
    "restore": (["kept", "--replace"], {"REDIS_URL", "REDIS_PREFIX", "STATE_KEYS"}, {"STATE_KEYS"}),
    "keys reseal": ([], {"REDIS_URL", "REDIS_PREFIX", "STATE_KEYS"}, {"STATE_KEYS"}),
    "roster": (
        [],
        {"REDIS_URL", "REDIS_PREFIX", "STATE_KEYS", "SLACK_BOT_TOKEN", "SLACK_API_BASE_URL", "APPROVERS"},
        {"STATE_KEYS", "SLACK_BOT_TOKEN"},
    ),
    "health": ([], set(), set()),
    "new-team": (["payroll"], set(), set()),
    "new-key": ([], set(), set()),
}
#: With nothing to tell, or no port to ask at, these say so, and end with 1.
NOTHING_TO_TELL: Final = {"tail", "trace", "health"}
#: Of these a test stands elsewhere: they need everything, a sandbox, a server of tools, or this terminal for good.
ELSEWHERE: Final = {"serve", "doctor", "mcp accept", "bridge"}


def commands(group: Any, before: str = "") -> Iterable[str]:
    """Every command there is, in words."""
    for name, one in group.commands.items():
        words = f"{before} {name}".strip()
        inner = getattr(one, "commands", {})
        if not inner or one.invoke_without_command:
            yield words
        yield from commands(one, words) if inner else ()


def test_the_table_names_every_command_and_a_test_runs_it() -> None:
    there = set(commands(typer.main.get_command(app)))
    table = PAGE.partition("| command | needs |")[2].partition("\n\n")[0]
    named = {
        name
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", row)
    }

    assert there <= USED.keys() | ELSEWHERE
    assert there <= named


async def test_each_command_needs_only_what_it_uses(world: World, shell: Terminal) -> None:
    given = world.variables()
    async with client.connect(world.redis_url) as redis:
        await redis.set(world.keys.heard(), "1")  # that there be something to back up
    for command, (arguments, needed, missed) in USED.items():
        words = [*command.split(), *arguments]
        only = {name: given[name] for name in needed}
        code, out, err = await shell.command(words, settings=only)
        assert code == (command in NOTHING_TO_TELL), f"{command}: {out.decode()}{err.decode()}"
        for name in missed:
            code, _, err = await shell.command(words, settings={n: v for n, v in only.items() if n != name})
            assert (code, name in err.decode()) == (2, True), f"{command} without {name}: {err.decode()}"
            assert len(err.splitlines()) == 1, f"{command}: {err.decode()}"
