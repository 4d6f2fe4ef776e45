"""What goes wrong with Slack: its sockets, its answers, its token, its deliveries."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.chaos.scene import Deed, Scene
from tests.scenarios.test_backfill import deaf_for

METHODS = ("chat.postMessage", "chat.update", "users.info", "conversations.replies", "*")
#: How long sockets were deaf for by the marks in Redis: longer than Slack tries to deliver.
DEAF = timedelta(minutes=10)


class OfSlack:
    """Harms Slack."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._slack = scene.world.slack
        self._random = scene.random

    @property
    def deeds(self) -> list[Deed]:
        """All that can be done to it."""
        return [
            (3, "cut all sockets", self._cut),
            (2, "asked all sockets to reconnect", self._reconnect),
            (3, "Slack: 429", self._busy),
            (3, "Slack: 500", self._broken),
            (2, "Slack: no answer", self._silent),
            (3, "delivered twice", self._twice),
            (1, "token revoked", self._revoke),
            (2, "deaf sockets, then a restart", self._deafen),
        ]

    async def _cut(self) -> None:
        await self._slack.cut()

    async def _reconnect(self) -> None:
        await self._slack.disconnect()

    async def _busy(self) -> None:
        method = self._random.choice(METHODS)
        self._slack.fault(method, status=429, retry_after=self._random.randint(1, 3), times=3)

    async def _broken(self) -> None:
        self._slack.fault(self._random.choice(METHODS), status=500, times=self._random.randint(1, 4))

    async def _silent(self) -> None:
        self._slack.fault(self._random.choice(METHODS), delay=6.0, status=500, times=1)

    async def _twice(self) -> None:
        self._slack.duplicate_next(3)
        self._slack.tries_again()

    async def _revoke(self) -> None:
        code = self._random.choice(["token_revoked", "account_inactive", "invalid_auth"])
        self._slack.revoke(code, app=self._random.choice([True, False]))
        self._scene.goes_on("token", self._restore())

    async def _restore(self) -> None:
        await asyncio.sleep(self._scene.revoked_for)
        self._slack.restore()

    async def _deafen(self) -> None:
        """Nothing arrives any more until all are started again, some minutes later by all marks there are."""
        self._slack.deafen()
        await asyncio.sleep(self._random.uniform(2, 5))
        await self._scene.crew.kill()
        await self._scene.redis.relieve()
        await deaf_for(self._scene.world, DEAF, unheard_only=True)
        await self._scene.crew.start()
