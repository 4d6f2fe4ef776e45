"""One attack: people and an adversary at the same time, then a while to come to rest, then the checks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.chaos.adversary import Adversary
from tests.chaos.books import unbalanced
from tests.chaos.crew import Crew
from tests.chaos.evidence import leave
from tests.chaos.invariants import broken
from tests.chaos.people import Conversation, People
from tests.chaos.scene import Scene
from tests.chaos.succession import Succession
from tests.world import World
from tests.world import world as make_world

#: How many conversations go on at the same time.
AT_ONCE = 6
#: Seconds between two things that go wrong, on average.
FAULT_EVERY = 2.2
#: Seconds in which everything must come to rest once nothing goes wrong any more.
REST = 90.0
#: Seconds between two rounds of tidying up.
TIDY_EVERY = 2.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much happens, and whether Slack limits calls as it does for real: then it takes its minutes."""

    conversations: int
    faults: int
    bots: int
    strict_pace: bool = True
    #: Seconds for which a token is revoked.
    revoked_for: float = 10.0
    all_deeds: bool = True
    #: Whether Redis is the demo's, and its clock jumps.
    redis_clock: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, and what was found."""

    seed: int
    messages: int
    talks: Counter[str]
    faults: Counter[str]
    refunds: int
    problems: list[str]

    def table(self, seconds: float) -> str:
        """Write it for people."""
        lines = [
            (
                f"seed {self.seed}: {self.messages} messages, {self.refunds} refunds, "
                f"{sum(self.faults.values())} faults in {seconds:.0f} s"
            ),
            *(f"  {count:4}  {name} conversations" for name, count in sorted(self.talks.items())),
            *(f"  {count:4}  {name}" for name, count in sorted(self.faults.items())),
            *(f"  BROKEN: {problem}" for problem in self.problems),
        ]
        verdict = "every invariant held" if not self.problems else f"{len(self.problems)} broken"
        return "\n".join([*lines, f"  {verdict}; repeat with --seed {self.seed}"])


async def run(seed: int, size: Size, logs: Path) -> Report:
    """Attack once."""
    random = Random(seed)
    async with surroundings(size, logs) as (world, redis, crew):
        people = People(world, random)
        scene = Scene(world, redis, crew, Random(seed + 1), size.revoked_for, size.all_deeds)
        adversary = Adversary(scene)
        talks = people.plan(size.conversations)
        beside = [asyncio.create_task(work) for work in (tidy(people), crew.supervise())]
        attack = asyncio.create_task(adversary.attack(size.faults, FAULT_EVERY))
        failures = await live(people, talks, attack)
        await adversary.relent()
        problems = await rest(world, talks, adversary.done)
        for task in beside:
            task.cancel()
        await leave(world, logs)
        return Report(
            seed=seed,
            messages=sum(len(talk.messages) for talk in talks),
            talks=Counter(talk.kind.value for talk in talks),
            faults=adversary.done,
            refunds=len(world.refunds),
            problems=failures + scene.seen + problems,
        )


@asynccontextmanager
async def surroundings(size: Size, logs: Path) -> AsyncGenerator[tuple[World, Succession, Crew]]:
    """Start a Redis, a world and bots in it; end them all."""
    redis = Succession(clocked=size.redis_clock)
    redis.start()
    try:
        async with make_world(redis.url, strict_pace=size.strict_pace) as world:
            crew = Crew(world, logs, size.bots)
            try:
                await crew.start()
                await world.slack.until(lambda: world.slack.sockets >= 1, timeout=60)
                yield world, redis, crew
            finally:
                await crew.kill()
    finally:
        redis.remove()


async def live(people: People, talks: list[Conversation], attack: asyncio.Task[None]) -> list[str]:
    """Have all conversations, a few at a time, spread over the attack."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(talk: Conversation) -> None:
        async with gate:
            await people.live(talk)

    ended = await asyncio.gather(*(one(talk) for talk in talks), return_exceptions=True)
    await attack
    return [
        f"{talk.kind} thread {talk.thread}: {type(end).__name__} {end}"
        for talk, end in zip(talks, ended, strict=True)
        if isinstance(end, Exception)
    ]


async def tidy(people: People) -> None:
    """Look after what failed, all the time."""
    while True:
        await people.tidy()
        await asyncio.sleep(TIDY_EVERY)


async def rest(world: World, talks: list[Conversation], faults: Counter[str]) -> list[str]:
    """Wait until every invariant holds, for so long and no longer; returns what still is broken."""
    problems: list[str] = []
    for _ in range(int(REST / TIDY_EVERY)):
        problems = [*await broken(world, talks), *await unbalanced(world, faults, AT_ONCE)]
        if not problems:
            return []
        world.slack.tries_again()
        await asyncio.sleep(TIDY_EVERY)
    return problems
