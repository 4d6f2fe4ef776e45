"""What goes wrong, one thing after the other, in an order that a seed repeats."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from devkit.billing.server import Fault, Of
from devkit.model.script import CutStream, Garbage, Hang, HttpError
from devkit.processes import Child
from tests.redis_server import RedisServer
from tests.world import World

#: Seconds for which a process is paused: longer than its lease, so that it wakes up late.
PAUSE = 4.5
METHODS = ("chat.postMessage", "chat.update", "users.info", "conversations.replies", "*")

#: What a service says to the repetition of what it did.
REFUSALS = (409, 401, 403, 404, 422)


def lost_then_refused(random: Random) -> list[Fault]:
    """It is done, nobody hears of it, and its repetition is refused."""
    ways: list[dict[str, Any]] = [{"drop": True}, {"status": 500}, {"status": 503}, {"cut": True}]
    made = Fault(after_commit=True, **random.choice(ways))
    return [made, Fault(status=random.choice(REFUSALS))]


def lost_and_not_found(random: Random) -> list[Fault]:
    """The same, and the key cannot be looked up either: people are asked, and a new try is refused."""
    silence = Fault(of=Of.LOOK_UP, status=random.choice([401, 404, 500]), times=3)
    return [*lost_then_refused(random), silence]


def never_came_in(random: Random) -> list[Fault]:
    """It is not done, and what comes after is refused or silent."""
    return [Fault(drop=True), Fault(status=random.choice([*REFUSALS, 500]), times=random.randint(1, 2))]


def busy(random: Random) -> list[Fault]:
    """It is not done, and the service says when to come again; not within any patience, at times."""
    wait = random.choice(["0", "1", "2", "3600"])
    return [Fault(status=random.choice([429, 503]), retry_after=wait, times=random.randint(1, 2))]


def late(random: Random) -> list[Fault]:
    """It is done later than anybody waits for, or a little later."""
    return [Fault(delay=random.choice([1.0, 12.0]), goes_on=random.choice([True, False]))]


def silent(random: Random) -> list[Fault]:
    """Three answers are lost, of what was done or was not."""
    return [
        Fault(status=503, times=3) if random.choice([True, False]) else Fault(drop_after_commit=True, times=3)
    ]


BILLING = (lost_then_refused, lost_and_not_found, never_came_in, busy, late, silent)


class Adversary:
    """Does harm until it has done enough of it."""

    def __init__(self, world: World, redis: RedisServer, bots: list[Child], random: Random) -> None:
        self._world = world
        self._redis = redis
        self._bots = bots
        self._random = random
        self._pauses: set[asyncio.Task[None]] = set()
        self.done: Counter[str] = Counter()
        self._deeds: list[tuple[int, str, Callable[[], Awaitable[None]]]] = [
            (5, "killed a bot", self._kill),
            (3, "paused a bot past its lease", self._pause),
            (2, "stopped a bot in order", self._stop),
            (3, "cut all sockets", self._cut),
            (2, "asked all sockets to reconnect", self._reconnect),
            (1, "killed Redis", self._kill_redis),
            (1, "restarted Redis", self._restart_redis),
            (3, "Slack: 429", self._busy),
            (3, "Slack: 500", self._broken),
            (2, "Slack: no answer", self._silent),
            (3, "model: 500, cut, garbage or silence", self._model),
            (4, "billing: lost answers, refused repetitions, Retry-After", self._billing),
            (3, "delivered twice", self._twice),
        ]

    async def attack(self, times: int, pause: float) -> None:
        """Do so many deeds, with about so many seconds between two."""
        for _ in range(times):
            await asyncio.sleep(pause * self._random.uniform(0.4, 1.6))
            weights = [weight for weight, _, _ in self._deeds]
            _, name, deed = self._random.choices(self._deeds, weights)[0]
            self.done[name] += 1
            await deed()

    async def relent(self) -> None:
        """End every fault, and let all bots run."""
        await asyncio.gather(*self._pauses)
        self._world.slack.heal()
        self._world.model.clear()
        self._world.billing.faults.clear()
        for bot in self._bots:
            await bot.start()

    async def _kill(self) -> None:
        bot = self._random.choice(self._bots)
        await bot.kill()
        await bot.start()

    async def _stop(self) -> None:
        bot = self._random.choice(self._bots)
        await bot.stop()
        await bot.start()

    async def _pause(self) -> None:
        bot = self._random.choice(self._bots)
        if bot.pid is not None:
            os.kill(bot.pid, signal.SIGSTOP)
            task = asyncio.create_task(self._wake(bot.pid))
            self._pauses.add(task)
            task.add_done_callback(self._pauses.discard)

    async def _wake(self, pid: int) -> None:
        await asyncio.sleep(PAUSE)
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            return  # it was killed meanwhile, and has another pid by now

    async def _cut(self) -> None:
        await self._world.slack.cut()

    async def _reconnect(self) -> None:
        await self._world.slack.disconnect()

    async def _kill_redis(self) -> None:
        await asyncio.to_thread(self._redis.kill)
        await asyncio.sleep(self._random.uniform(0, 1.5))
        await asyncio.to_thread(self._redis.start)

    async def _restart_redis(self) -> None:
        await asyncio.to_thread(self._redis.stop)
        await asyncio.to_thread(self._redis.start)

    async def _busy(self) -> None:
        method = self._random.choice(METHODS)
        self._world.slack.fault(method, status=429, retry_after=self._random.randint(1, 3), times=3)

    async def _broken(self) -> None:
        self._world.slack.fault(self._random.choice(METHODS), status=500, times=self._random.randint(1, 4))

    async def _silent(self) -> None:
        self._world.slack.fault(self._random.choice(METHODS), delay=6.0, status=500, times=1)

    async def _model(self) -> None:
        steps = [HttpError(500), HttpError(429, 1), CutStream(2), Garbage(), Hang(2.0)]
        self._world.model.script(*self._random.choices(steps, k=self._random.randint(1, 4)))

    async def _billing(self) -> None:
        self._world.billing.faults += self._random.choice(BILLING)(self._random)

    async def _twice(self) -> None:
        self._world.slack.duplicate_next(3)
        self._world.slack.clock.advance(61)  # what was not acked is delivered again
