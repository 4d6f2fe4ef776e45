"""`python -m bench.engine`: what durability, order, fencing and sealing cost, as ratios of one run.

Each pair is timed in turns on the same Redis, so that a machine that speeds up or slows down does
so for both. Read the ratios; the times are this machine's.
"""

from __future__ import annotations

import asyncio
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.events import MessageReceived
from bot.domain.run import ThreadState
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.writes import Writes
from tests.redis_server import RedisServer

ROUNDS, EVENTS = 7, 200


async def engine(inbox: Inbox, run: str) -> None:
    """Append events to threads, claim each, and commit it with a state."""
    for number in range(EVENTS):
        ts = f"{number}.000001"
        thread = ThreadRef("T1", f"C{run}", ts)
        event = MessageReceived(ts=ts, user="U1", text="refund $29 on INV-1003")
        await inbox.append(thread, event, event_ids=(f"{run}:{ts}",), order=ts)
    while isinstance(claim := await inbox.claim(secrets.token_hex(4)), Claim):
        await inbox.commit(claim, Writes().state(ThreadState(title="refund")))


async def plain_list(redis: Redis, run: str) -> None:
    """The same through a bare list: no order by thread, no lease, no fence, no seal."""
    for number in range(EVENTS):
        await redis.execute_command("RPUSH", f"plain:{run}", f'{{"ts":"{number}","text":"refund"}}')
    for _ in range(EVENTS):
        await redis.execute_command("LPOP", f"plain:{run}")
        await redis.execute_command("SET", f"plain:{run}:state", '{"title":"refund"}')


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    start = time.perf_counter()
    await work()
    return time.perf_counter() - start


async def main() -> None:
    """Measure and print."""
    server = RedisServer()
    server.start()
    try:
        async with client.connect(server.url) as redis:
            sealer = Sealer([Fernet.generate_key().decode()])
            times = timedelta(hours=25), timedelta(seconds=30)
            inbox = Inbox(redis, Keys("bench", 4), sealer, dedupe_ttl=times[0], lease=times[1])
            pairs: list[tuple[float, float]] = []
            for number in range(ROUNDS):
                run = str(number)
                ours = await timed(lambda run=run: engine(inbox, run))
                bare = await timed(lambda run=run: plain_list(redis, run))
                pairs.append((ours / EVENTS * 1000, bare / EVENTS * 1000))
    finally:
        server.remove()
    ratios = sorted(ours / bare for ours, bare in pairs)
    print("append, claim and commit of one event against RPUSH, LPOP and SET, one after the other")
    print(f"  engine      {statistics.median(ours for ours, _ in pairs):6.2f} ms an event (median)")
    print(f"  bare list   {statistics.median(bare for _, bare in pairs):6.2f} ms an event (median)")
    print(f"  ratio       {ratios[0]:.2f} to {ratios[-1]:.2f}, median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    asyncio.run(main())
