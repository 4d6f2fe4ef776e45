"""What an attack leaves for who wants to know why something broke: Slack, the record, the approvals, keys of Redis."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.domain.approvals.approval import Approval
from bot.domain.audit import form
from bot.domain.run import ThreadState
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from devkit.slack.workspace import TEAM
from tests.world import World


async def leave(world: World, logs: Path) -> None:
    """Write it all beside the logs of the bots."""
    (logs / "slack.txt").write_text(world.slack.dump(), encoding="utf-8")
    record = [json.dumps({"seq": link.seq} | dict(form(link.entry))) for link in await world.records()]
    (logs / "record.jsonl").write_text("\n".join(record), encoding="utf-8")
    (logs / "redis.txt").write_text("\n".join(await _known(world)), encoding="utf-8")


async def _known(world: World) -> list[str]:
    """The keys of threads, and each approval and each thread's row as it stands."""
    lines: list[str] = []
    async with client.connect(world.redis_url) as redis:
        threads = ThreadStore(redis, world.keys, Sealer([world.key, *world.newer_keys]))
        names = sorted([key.decode() async for key in redis.scan_iter(match=f"{world.prefix}:*", count=1000)])
        for name in names:
            *_, thread, last = name.split(":")
            if ":approval:" in name:
                lines += [f"{name} {_shown(one)}" for one in await threads.readable([last])]
            elif thread.startswith(f"{TEAM}/") and last in {"state", "run", "journal", "inbox", "timers"}:
                value = _shown(await threads.load(ThreadRef.parse(thread))) if last == "state" else ""
                named: Any = await redis.zrange(name, 0, -1) if last in {"inbox", "timers"} else ()
                lines.append(f"{name} {value}{' '.join(one.decode() for one in named)}")
    return lines


def _shown(value: Approval | ThreadState) -> str:
    return json.dumps(asdict(value), default=str)
