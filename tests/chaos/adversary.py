"""What goes wrong, one thing after the other, in an order that a seed repeats."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Final

from tests.chaos.of_redis import OfRedis
from tests.chaos.of_replicas import OfReplicas
from tests.chaos.of_services import OfServices
from tests.chaos.of_slack import OfSlack
from tests.chaos.scene import Deed, Scene

log = logging.getLogger(__name__)


#: Under these alone ten long runs in a row held. Under all of them that was not seen yet (docs/reliability.md), so the
#: short run of `make test` has these, and `make chaos` has all.
SURVIVED: Final = frozenset(
    {
        *("killed a bot", "paused a bot past its lease", "stopped a bot in order", "delivered twice"),
        *("cut all sockets", "asked all sockets to reconnect", "killed Redis", "restarted Redis"),
        *("Slack: 429", "Slack: 500", "Slack: no answer", "model: 500, cut, garbage or silence"),
        "billing: lost answers, refused repetitions, Retry-After",
    }
)


class Adversary:
    """Does harm until it has done enough of it."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.done: Counter[str] = Counter()
        self._deeds: list[Deed] = [
            deed
            for kind in (OfReplicas, OfRedis, OfSlack, OfServices)
            for deed in kind(scene).deeds
            if scene.all_deeds or deed[1] in SURVIVED
        ]

    async def attack(self, times: int, pause: float) -> None:
        """Do so many deeds, with about so many seconds between two."""
        random = self._scene.random
        deck: list[Deed] = []
        for _ in range(times):
            await asyncio.sleep(pause * random.uniform(0.4, 1.6))
            await self._scene.redis.copy()
            if not deck:  # shuffled, not thrown: a run has something of each kind
                deck = [deed for deed in self._deeds for _ in range(deed[0])]
                random.shuffle(deck)
            _, name, deed = deck.pop()
            self.done[name] += 1
            log.warning("%s", name)
            await deed()

    async def relent(self) -> None:
        """End every fault, and let all bots run."""
        await self._scene.ends()
        self._scene.crew.liar.lies("+0s")
        self._scene.world.slack.restore()
        self._scene.world.slack.heal()
        self._scene.world.model.clear()
        self._scene.world.billing.faults.clear()
        await self._scene.crew.start()
