"""`python -m bench.backup [KEYS]`: what `countersign backup` and `countersign restore` take where much is stored.

Threads are stored by what a worker stores them with, many at a time: a message, a run that waits for an approval, words of the session, entries of the
record; so often that Redis holds as many keys (100,000 unless told otherwise). Then both commands run as processes of their
own, of which the kernel says the most memory (ru_maxrss, getrusage(2)). A tenth of it is measured first: what grows with
the keys is seen beside it. Exits with 1 where the larger one takes more than `MORE` MiB beyond the smaller.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.domain.audit import Deed, Entry
from bot.domain.events import ExpiryDue, MessageReceived
from bot.domain.run import JournalEntry, JournalStatus, ThreadState
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.audit import AuditLog
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.writes import COUNT, Writes
from devkit.processes import inherited
from tests.factories import ANA, NOON, TEAM, an_approval
from tests.redis_server import RedisServer

KEYS: Final = 100_000
#: Threads that are stored at a time.
AT_ONCE: Final = 50
#: MiB that ten times the keys may take beyond what the smaller store takes.
MORE: Final = 60
PREFIX, SHARDS = "bench", 16
RUN: Final = os.urandom(3_000).hex().encode()
WORDS: Final[list[Any]] = [{"role": role, "content": os.urandom(400).hex()} for role in ("user", "assistant")]


@dataclass(frozen=True, slots=True)
class Took:
    """What one process took."""

    seconds: float
    processor: float
    peak: float


async def fill(redis: Redis, key: str, keys: int) -> int:
    """Store threads until there are so many keys; returns how many threads that took."""
    names, sealer = Keys(PREFIX, SHARDS), Sealer([key])
    inbox = Inbox(redis, names, sealer, dedupe_ttl=timedelta(hours=1), lease=timedelta(minutes=10))
    store, threads = ThreadStore(redis, names, sealer), 0
    while await redis.dbsize() < keys:
        some = [
            ThreadRef(TEAM, "C0SUPPORT1", f"{1_795_000_000 + threads + at}.000100") for at in range(AT_ONCE)
        ]
        await asyncio.gather(*(_comes(inbox, thread) for thread in some))
        async with redis.pipeline(transaction=False) as pipeline:
            for thread in some:
                session = store.session(thread)
                await session.add_items([*WORDS])
                for one in _writes(names, thread).session(session).commands(names, sealer, thread):
                    if one.name != COUNT:
                        pipeline.execute_command(one.name, one.key, *one.arguments)
            await pipeline.execute()
        threads += len(some)
    await AuditLog(redis, names, sealer).chain()
    return threads


async def _comes(inbox: Inbox, thread: ThreadRef) -> None:
    event = MessageReceived(thread.thread_ts or "", ANA, "refund $29 on INV-1003")
    await inbox.append(thread, event, event_ids=(f"m{thread.thread_ts}",))


def _writes(names: Keys, thread: ThreadRef) -> Writes:
    approval = replace(
        an_approval(), id=f"{names.shard(thread):02d}-{thread.thread_ts}".replace(".", ""), thread=thread
    )
    writes = Writes().state(ThreadState(title="refund", approvals=(approval.id,))).approval(approval)
    writes.run(RUN).timer(f"expiry:{approval.id}", ExpiryDue(approval.id), at=approval.expires_at)
    writes.journal(f"effect-{approval.id}", JournalEntry(JournalStatus.DONE, "paid"))
    return writes.audit(Entry(f"e{thread.thread_ts}", NOON, TEAM, Deed.REQUESTED, str(thread), person=ANA))


def command(words: Iterable[str], settings: dict[str, str]) -> Took:
    """Run a command to its end."""
    began = time.perf_counter()
    process = subprocess.Popen((sys.executable, "-m", "bot", *words), env=inherited() | settings)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{words} ended with {status}")
    return Took(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


async def measured(keys: int) -> tuple[Took, Took]:
    """Fill a Redis, back it up, and restore that into an empty one."""
    server, key = RedisServer(), Fernet.generate_key().decode()
    server.start()
    settings = {
        "REDIS_URL": server.url,
        "REDIS_PREFIX": PREFIX,
        "REDIS_SHARDS": str(SHARDS),
        "STATE_KEYS": key,
    }
    try:
        with tempfile.TemporaryDirectory() as home:
            file = Path(home) / "all.backup"
            async with client.connect(server.url) as redis:
                threads = await fill(redis, key, keys)
                stored: Any = await redis.dbsize()
                backup = command(("backup", str(file)), settings)
                await redis.flushall()
                restored = command(("restore", str(file)), settings)
                back: Any = await redis.dbsize()
            size = file.stat().st_size / 1024 / 1024
    finally:
        server.remove()
    print(f"{stored:,} keys of {threads:,} threads, {back:,} of them back; a file of {size:.0f} MiB")
    for name, took in (("backup", backup), ("restore", restored)):
        print(f"  {name:8} {took.seconds:6.1f} s, {took.processor:6.1f} s of processor, {took.peak:4.0f} MiB")
    return backup, restored


async def main(keys: int) -> int:
    """Measure both sizes, and compare."""
    small, large = await measured(keys // 10), await measured(keys)
    return int(any(more.peak - less.peak > MORE for less, more in zip(small, large, strict=True)))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else KEYS)))
