"""`python -m bench.effect`: what it costs to wait until the beginning of a side effect is kept.

The write of a `started` entry, alone and with each confirmation, in turns on the same servers. Read
the ratios and the waits side by side; the times are this machine's.
"""

from __future__ import annotations

import asyncio
import secrets
import statistics
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import cast

from cryptography.fernet import Fernet

from bot.domain.events import MessageReceived
from bot.domain.run import JournalEntry, JournalStatus
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.claim import Claim
from bot.store.confirmation import Confirmation, WaitFor
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.writes import Writes
from devkit.demo import free_ports
from tests.redis_server import RedisServer

ROUNDS = 40
STARTED = Writes().journal("e", JournalEntry(JournalStatus.STARTED))


class Effect:
    """One thread under its lease, whose journal is written again and again."""

    def __init__(self, redis: client.Redis, wait_for: WaitFor) -> None:
        sealer = Sealer([Fernet.generate_key().decode()])
        terms = Confirmation(wait_for, timedelta(seconds=4))
        keys, times = Keys("bench", 4), (timedelta(hours=25), timedelta(seconds=300))
        self._inbox = Inbox(redis, keys, sealer, dedupe_ttl=times[0], lease=times[1], confirmation=terms)
        self._claim: Claim | None = None

    async def began(self) -> float:
        """Seconds until its beginning may be acted upon. Raises `RuntimeError` where it never may."""
        claim = self._claim or await self._first()
        start = time.perf_counter()
        if not await self._inbox.checkpoint_confirmed(claim, STARTED):
            raise RuntimeError("not confirmed")
        return time.perf_counter() - start

    async def _first(self) -> Claim:
        thread = ThreadRef("T1", f"C{secrets.token_hex(4)}", "1.000001")
        event = MessageReceived(ts="1.000001", user="U1", text="refund $9 on INV-1003")
        await self._inbox.append(thread, event, event_ids=(str(thread),))
        found = await self._inbox.claim(secrets.token_hex(4))
        self._claim = claim = cast("Claim", found)
        return claim


@asynccontextmanager
async def served(fsync: str, *, replica: bool = False) -> AsyncGenerator[client.Redis]:
    """A server that confirms, with a replica of its own if wanted."""
    async with AsyncExitStack() as stack:
        port = free_ports(2)
        at = {"bind": "127.0.0.1", "appendfsync": fsync}
        servers = [RedisServer.confirming(port=str(port[0]), **at)]
        if replica:
            servers.append(RedisServer.confirming(port=str(port[1]), replicaof=f"127.0.0.1 {port[0]}", **at))
        for server in servers:
            stack.callback(server.remove)
            server.start()
        yield await stack.enter_async_context(client.connect(servers[0].url))


async def main() -> None:
    """Measure and print."""
    async with served("everysec", replica=True) as second, served("always") as always:
        while not await second.wait(1, 100):
            pass
        kinds = {
            "everysec, nothing": Effect(second, WaitFor.NOTHING),
            "everysec, one replica": Effect(second, WaitFor.REPLICAS),
            "everysec, disk": Effect(second, WaitFor.DISK),
            "always, nothing": Effect(always, WaitFor.NOTHING),
            "always, disk": Effect(always, WaitFor.DISK),
        }
        took: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(ROUNDS):
            for name, effect in kinds.items():
                took[name].append(await effect.began() * 1000)
    base = statistics.median(took["everysec, nothing"])
    print(f"the write of an effect's beginning, {ROUNDS} rounds in turns")
    for name, times in took.items():
        times.sort()
        middle = statistics.median(times)
        print(
            f"  {name:22} median {middle:8.2f} ms   p90 {times[int(ROUNDS * 0.9)]:8.2f}   most {times[-1]:8.2f}"
            f"   ratio {middle / base:8.2f}"
        )


if __name__ == "__main__":
    asyncio.run(main())
