"""What requests of models used, as it was added up: by day and name, and for each thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from redis.asyncio import Redis

from bot.domain.thread import ThreadRef
from bot.domain.usage import SMALLEST, Dimension, Spent, Tokens, Usage, figures, merged, total
from bot.store.keys import Keys
from bot.store.scripts import Scripts
from bot.store.writes import added_up

_FIGURES: Final = tuple(figures(Usage()))


class UsageBook:
    """Reads it; what no commit could write, it writes. Names are ids of Slack and of settings: nothing is sealed."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis: Any = redis
        self._keys = keys
        self._scripts = Scripts(redis)

    async def add(self, thread: ThreadRef, spent: Sequence[Spent]) -> None:
        """Add up requests without the fence of their thread: once, whoever has it by now."""
        written, keys = list[str | bytes | int](), list[str]()
        for command in (one for request in spent for one in added_up(self._keys, thread, request)):
            keys.append(command.key)
            written += [2 + len(command.arguments), command.name, len(keys), *command.arguments]
        await self._scripts.use(keys, [len(keys), *written])

    async def lines(self, what: Dimension, days: Iterable[int]) -> dict[str, Usage]:
        """What was used on some days, by name; what had no room among a day's names is of the name ""."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for day in days:
                for shard in range(self._keys.shards):
                    pipeline.hgetall(self._keys.spent(shard, day, what.value))
            return merged(_lines(found) for found in await pipeline.execute())

    async def of(self, what: Dimension, name: str, day: int) -> Usage:
        """What one name used on one day."""
        fields = [f"{figure}:{name}" for figure in _FIGURES]
        async with self._redis.pipeline(transaction=False) as pipeline:
            for shard in range(self._keys.shards):
                pipeline.hmget(self._keys.spent(shard, day, what.value), fields)
            return total(
                _usage(dict(zip(_FIGURES, found, strict=True))) for found in await pipeline.execute()
            )

    async def of_threads(self, threads: Sequence[ThreadRef]) -> list[Usage]:
        """What each of these threads used in all, as far as it is kept."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for thread in threads:
                pipeline.hgetall(self._keys.spent_in(thread))
            return [_lines(found).get("", Usage()) for found in await pipeline.execute()]


def _lines(found: Mapping[bytes, bytes]) -> dict[str, Usage]:
    rows: dict[str, dict[str, bytes]] = {}
    for field, value in found.items():
        figure, _, name = field.decode(errors="replace").partition(":")
        rows.setdefault(name, {})[figure] = value
    return {name: _usage(row) for name, row in rows.items()}


def _usage(row: Mapping[str, bytes | None]) -> Usage:
    read = {figure: int(row.get(figure) or 0) for figure in _FIGURES}
    tokens = Tokens(read["input"], read["cached"], read["output"], read["reasoning"])
    return Usage(read["requests"], tokens, Decimal(read["cost"]) * SMALLEST, read["untold"], read["unpriced"])
