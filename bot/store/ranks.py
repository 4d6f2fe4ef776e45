"""The ranks of the threads that wait in line, as Redis keeps them: who goes first, and when the next one is due."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

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
    """Who goes first, whose time has come, and in how many seconds the next one's will (None for nobody's).

    `has_others`: more are in line than are named. `left_out` is who was not looked for.
    """

    waiting: list[Waiting]
    ripe: list[ThreadRef]
    earliest: float | None
    has_others: bool
    left_out: tuple[bool, frozenset[str]]

    def rest_behind(self, one: Waiting) -> float | None:
        """For how many seconds nothing but this one is due; None where others are in line, or have to be put there."""
        if self.has_others or self.ripe or self.waiting != [one]:
            return None
        return math.inf if self.earliest is None else self.earliest


async def look(scripts: Scripts, keys: Keys, holding: Holding) -> Ranks:
    """Read the first of every band in every shard, of those whom a free slot may take."""
    return ranks_of(await scripts.look(looks(keys, holding)), holding)


def looks(keys: Keys, holding: Holding) -> list[tuple[list[str], list[str | bytes | int]]]:
    """The keys and arguments of `look.lua` for each shard."""
    first_words_only, kept_from = holding.leaves_out
    arguments: list[str | bytes | int] = [len(Band), CANDIDATES, OF_ONE_CHANNEL]
    arguments += [int(first_words_only), *sorted(filter(None, kept_from))]
    return [([keys.due(s), keys.askers(s), keys.alarms(s)], arguments) for s in range(keys.shards)]


def ranks_of(shards: Sequence[Sequence[Any]], holding: Holding) -> Ranks:
    """Read what `look.lua` said of each shard."""
    lines: list[Waiting] = []
    ripe: list[ThreadRef] = []
    moments: list[float] = []
    for now_ms, following, come, rows, _ in shards:
        ripe += [ThreadRef.parse(member.decode()) for member in come]
        moments += [(float(following) - now_ms) / 1000] if following else []
        for at in range(0, len(rows), 3):
            lines.append(_waiting(*rows[at : at + 3], now_ms=now_ms))
    has_others = any(shard[-1] for shard in shards)
    return Ranks(lines, ripe, min(moments, default=None), has_others, holding.leaves_out)


def _waiting(member: bytes, score: bytes, asker: bytes, *, now_ms: int) -> Waiting:
    """Read a rank, as `rank.lua` writes it."""
    bands_behind, rank = divmod(float(score), SPAN)
    band, was_answered = Band(int(bands_behind) + len(Band)), rank > now_ms + FURTHEST
    thread = ThreadRef.parse(member.decode())
    return Waiting(thread, band, rank, asker.decode(), was_answered, follows=rank % 1 > 0)
