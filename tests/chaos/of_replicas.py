"""What goes wrong with replicas: they die, are paused, get new keys, and their clocks lie."""

from __future__ import annotations

import asyncio
import signal

from cryptography.fernet import Fernet

from tests.chaos.crew import Replica, wake
from tests.chaos.scene import Deed, Scene

#: Seconds for which a process is paused: longer than its lease, so that it wakes up late.
PAUSE = 4.5
#: How far a clock is off; of the larger two it is right to refuse to start.
NEAR = ("+30s", "-30s")
FAR = ("+7200s", "-7200s")


class OfReplicas:
    """Harms the bots."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._random = scene.random
        #: STATE_KEYS at present, the one to seal with first.
        self._keys = [scene.world.key]

    @property
    def deeds(self) -> list[Deed]:
        """All that can be done to them."""
        return [
            (5, "killed a bot", self._kill),
            (3, "paused a bot past its lease", self._pause),
            (2, "stopped a bot in order", self._stop),
            (2, "rotated STATE_KEYS", self._rotate),
            (2, "a clock 30 s off", self._near),
            (2, "a clock 2 h off", self._far),
            (2, "a clock jumping", self._jump),
        ]

    async def _kill(self) -> None:
        await self._scene.crew.one(self._random).again(signal.SIGKILL)

    async def _stop(self) -> None:
        await self._scene.crew.one(self._random).again(signal.SIGTERM)

    async def _pause(self) -> None:
        if (pid := self._scene.crew.one(self._random).pause()) is not None:
            self._scene.goes_on(f"pause {pid}", self._wake(pid))

    async def _wake(self, pid: int) -> None:
        await asyncio.sleep(PAUSE)
        wake(pid)

    async def _rotate(self) -> None:
        self._scene.goes_on("rotation", self._rounds(Fernet.generate_key().decode()))

    async def _rounds(self, new: str) -> None:
        """Two of the three rounds that are documented; no old key goes, for the record is to stay readable."""
        self._scene.world.newer_keys.append(new)
        for keys in ([*self._keys, new], [new, *self._keys]):
            for replica in self._scene.crew.all:
                await replica.again(signal.SIGTERM, STATE_KEYS=",".join(keys))
                await self._serves(replica)
        self._keys = [new, *self._keys]

    async def _serves(self, replica: Replica) -> None:
        """Wait until a replica has a socket; whatever ends it meanwhile, it is started again."""
        while not replica.has_served:
            await asyncio.sleep(0.2)

    async def _near(self) -> None:
        self._scene.crew.liar.lies(self._random.choice(NEAR))
        if self._random.random() < 0.5:
            await self._scene.crew.liar.again(signal.SIGKILL)

    async def _far(self) -> None:
        """Hours off: while it runs nobody minds, and it does not start again until its clock is right."""
        liar = self._scene.crew.liar
        liar.lies(self._random.choice(FAR))
        self._scene.goes_on("clock", self._refuses(liar, starts=self._random.choice([True, False])))

    async def _refuses(self, liar: Replica, *, starts: bool) -> None:
        if starts:
            await liar.again(signal.SIGKILL)
        await asyncio.sleep(self._random.uniform(3, 6))
        if starts and liar.is_off in FAR and liar.has_served:
            self._scene.seen.append("a replica whose clock is two hours off serves")
        liar.lies("+0s")

    async def _jump(self) -> None:
        self._scene.goes_on("clock", self._jumps())

    async def _jumps(self) -> None:
        for _ in range(self._random.randint(3, 6)):
            self._scene.crew.liar.lies(self._random.choice([*NEAR, *FAR, "+0s"]))
            await asyncio.sleep(self._random.uniform(0.2, 1.0))
        self._scene.crew.liar.lies("+0s")
