"""The ranks of the threads that wait in line, as Redis keeps them: who goes first, and when the next one is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.domain.rank import FURTHEST, Band, Holding, Waiting
from bot.domain.thread import ThreadRef
from bot.store.keys import Keys
from bot.store.scripts import Scripts

#: How many threads of a band are looked at in a shard, and how many of one channel: of each asker
#: the first. Other workers race for them.
CANDIDATES: Final = 8
OF_ONE_CHANNEL: Final = 3
#: By how much `rank.lua` puts bands apart, in milliseconds.
SPAN: Final = 10**13


@dataclass(frozen=True, slots=True)
class Ranks:
    """Who goes first, whose time has come, and in how many seconds the next one's will (None for nobody's)."""

    waiting: list[Waiting]
    ripe: list[ThreadRef]
    earliest: float | None


async def look(scripts: Scripts, keys: Keys, holding: Holding) -> Ranks:
    """Read the first of every band in every shard, of those whom a free slot may take."""
    kept_from = sorted(filter(None, holding.kept_from))
    arguments = [len(Band), CANDIDATES, OF_ONE_CHANNEL, int(holding.first_words_only), *kept_from]
    shards = await scripts.look(
        [([keys.due(s), keys.askers(s), keys.alarms(s)], arguments) for s in range(keys.shards)]
    )
    lines: list[Waiting] = []
    ripe: list[ThreadRef] = []
    moments: list[float] = []
    for now_ms, following, come, rows in shards:
        ripe += [ThreadRef.parse(member.decode()) for member in come]
        moments += [(float(following) - now_ms) / 1000] if following else []
        for at in range(0, len(rows), 3):
            lines.append(_waiting(*rows[at : at + 3], now_ms=now_ms))
    return Ranks(lines, ripe, min(moments, default=None))


def _waiting(member: bytes, score: bytes, asker: bytes, *, now_ms: int) -> Waiting:
    """Read a rank, as `rank.lua` writes it."""
    bands_behind, rank = divmod(float(score), SPAN)
    band, was_answered = Band(int(bands_behind) + len(Band)), rank > now_ms + FURTHEST
    thread = ThreadRef.parse(member.decode())
    return Waiting(thread, band, rank, asker.decode(), was_answered, follows=rank % 1 > 0)
