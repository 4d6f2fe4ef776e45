"""Replicas that their machine gives too little: they do not start, or hand over and claim nothing, and say so."""

from __future__ import annotations

import os
import resource

import pytest

from bot.domain import sentences
from bot.domain.finding import Level
from bot.operations.doctor import check_machine, examine
from devkit.demo import free_ports
from devkit.processes import Child
from tests.bots import Bots
from tests.readiness import readiness
from tests.world import ANA, OMAR, World, ids


@pytest.mark.parametrize(
    ("ulimit", "said"),
    [
        ("-n 64", "✗ `ulimit -n` allows 64 open files, and 8 runs and 4 clicks at a time"),
        ("-v 600000", "✗ `ulimit -v` (or -d) leaves "),
    ],
)
async def test_a_machine_that_cannot_hold_the_slots_is_refused_by_the_name_of_its_limit(
    bots: Bots, ulimit: str, said: str
) -> None:
    words = (await bots.refused(ulimit=ulimit)).splitlines()

    assert len(words) == 1
    assert words[0].startswith(said)


def leave(bot: Child, files: int | None) -> None:
    """Let a bot open so many files more; None: as many as this process may."""
    assert bot.pid is not None
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = most if files is None else len(os.listdir(f"/proc/{bot.pid}/fd")) + files
    resource.prlimit(bot.pid, resource.RLIMIT_NOFILE, (limit, most))


async def test_a_replica_that_is_out_of_files_hands_over_claims_nothing_says_so_and_comes_back(
    world: World, bots: Bots
) -> None:
    (port,) = free_ports(1)
    bot = await bots.start(HEALTH_PORT=str(port))
    paid = await world.asks("refund $29 on INV-1005")
    card = await world.card(paid)
    before = len(world.model.asked())
    world.model.delay = 0.5
    thread = await world.asks("show me INV-1003")
    await world.slack.until(lambda: len(world.model.asked()) == before + 1)
    leave(bot, 8)
    await world.slack.until(lambda: sentences.PAUSED.strip("_") in world.replies(thread)[0].shown)
    world.model.delay = 0
    status, said = await readiness(port)
    assert status == 503
    assert said[0].startswith("Only ")
    assert "more files can be opened (`ulimit -n` is" in said[0]
    assert "stop" not in ids(world.replies(thread)[0])

    # It takes in what comes, and begins none of it.
    asked = await world.asks("show me INV-1003", user=ANA)
    await world.approves(OMAR, card)
    await world.slack.until(lambda: all(one.is_acked for one in world.slack.deliveries))
    await readiness(port)
    assert world.replies(asked) == []
    assert world.refunds == []
    leave(bot, None)
    await bots.says(bot, "no longer starved")
    for one in (asked, thread):
        await world.hears(one, "Hazel & Co")
    await world.hears(paid, "Done: I refunded")
    assert await readiness(port) == (200, [])
    assert [len(world.replies(one)) for one in (asked, thread)] == [1, 1]
    assert world.refunds == [("INV-1005", "29.00")]


async def test_the_doctor_says_what_the_machine_leaves_too_little_of(world: World) -> None:
    settings = world.settings(WORKER_CONCURRENCY="200", CONTROL_CONCURRENCY="100")
    free = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1000, free[1]))
    try:
        found = [one async for one in check_machine(settings)]
        first = await anext(examine(settings, world.team()))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, free)
    assert [(one.level, one.text[:38]) for one in found] == [
        (Level.FAILED, "`ulimit -n` allows 1000 open files, an")
    ]
    assert first == found[0]
