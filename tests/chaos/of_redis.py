"""What goes wrong with Redis: it dies, forgets its last moments, is set back, is full, mistakes the time."""

from __future__ import annotations

import asyncio

from redis.exceptions import RedisError

from tests.chaos.scene import Deed, Scene

#: Seconds of what was written that a power loss may take: those between two writes to the disk.
LOST = 1.0
#: Seconds in which a bot that starts finds out that Redis was restarted, on a machine that has much to do.
NOTICED = 15.0
#: How far its clock is off: with a bot's own, which is half a minute off, still within what a start allows.
OFF = ("+25s", "-25s", "+0s")


class OfRedis:
    """Harms Redis, and with the power all that runs."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._redis = scene.redis
        self._random = scene.random

    @property
    def deeds(self) -> list[Deed]:
        """All that can be done to it."""
        return [
            (1, "killed Redis", self._kill),
            (1, "restarted Redis", self._restart),
            (2, "power loss, Redis forgot up to 1 s", self._power_loss),
            (2, "failover to a replica behind by up to 1 s", self._fail_over),
            (2, "an older copy of Redis put back", self._set_back),
            (2, "Redis full", self._fill),
            *([(3, "Redis' clock jumping", self._jump)] if self._redis.is_clocked else []),
        ]

    async def _jump(self) -> None:
        self._scene.goes_on("Redis' clock", self._jumps())

    async def _jumps(self) -> None:
        for _ in range(self._random.randint(2, 5)):
            self._redis.lies(self._random.choice(OFF))
            await asyncio.sleep(self._random.uniform(0.3, 3))
        self._redis.lies("+0s")

    async def _kill(self) -> None:
        await self._redis.kill()
        await asyncio.sleep(self._random.uniform(0, 1.5))
        await self._redis.begin()

    async def _restart(self) -> None:
        await self._redis.restart()

    async def _power_loss(self) -> None:
        before = self._redis.written
        await asyncio.sleep(LOST)
        await asyncio.gather(self._scene.crew.kill(), self._redis.kill())
        # Where Redis went on in another file meanwhile, that one is shorter.
        written = self._redis.written
        self._redis.forget_after(self._random.randint(min(before, written), written))
        await self._redis.begin()
        await self._scene.crew.start()
        if not await self._bots_have_it_written_anew():
            await self._redis.write_anew()

    async def _bots_have_it_written_anew(self) -> bool:
        """Wait for it, in vain where no bot gets that far: each may wait for Slack."""
        for _ in range(round(NOTICED / 0.1)):
            if await self._redis.is_written_anew():
                return True
            await asyncio.sleep(0.1)
        return False

    async def _fail_over(self) -> None:
        await self._redis.fail_over(self._random.uniform(0.1, LOST))

    async def _set_back(self) -> None:
        if self._redis.copies:
            await self._redis.set_back(self._random.randrange(self._redis.copies))

    async def _fill(self) -> None:
        await self._redis.fill()
        self._scene.goes_on("full", self._relieve(self._random.uniform(2, 5)))

    async def _relieve(self, after: float) -> None:
        await asyncio.sleep(after)
        while True:
            try:
                await self._redis.relieve()
            except RedisError:
                await asyncio.sleep(0.2)  # it is being restarted
            else:
                return
