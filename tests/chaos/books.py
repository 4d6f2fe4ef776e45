"""Whether usage on the books is what the model's server says that it served, request by request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bot.domain.usage import SECONDS_OF_A_DAY, Dimension, Tokens, Usage, total
from bot.store import client
from bot.store.usage import UsageBook
from devkit.model.tokens import Served
from tests.world import World

#: What a bot or Redis that ends may leave unwritten: of each thread that is worked on, the check of the message and one answer.
UNWRITTEN: Final = 2
#: What ends a bot, or keeps it from writing, and what takes from Redis what was written.
ENDS: Final = frozenset(
    {"killed a bot", "killed Redis", "restarted Redis", "a clock 30 s off", "a clock 2 h off"}
)
TAKES: Final = ("power loss", "failover", "an older copy", "Redis full")


async def unbalanced(world: World, faults: Mapping[str, int], at_once: int) -> list[str]:
    """Say what is wrong with the books, after so many faults of each name, and so many threads at a time."""
    async with client.connect(world.redis_url) as redis:
        seconds, _ = await redis.time()
        today = int(seconds) // SECONDS_OF_A_DAY
        book = UsageBook(redis, world.keys)
        ways = [total((await book.lines(what, range(today - 1, today + 1))).values()) for what in Dimension]
        ids: list[str] = []
        for shard in range(world.keys.shards):
            found: Any = await redis.zrange(world.keys.spent_ids(shard), 0, -1)
            ids += [one.decode() for one in found]
    problems = [] if len(set(ways)) == 1 else [f"usage: it comes to another sum by each way: {ways}"]
    problems += differences(world.model.served, ids, ways[0])
    if not any(name.startswith(TAKES) for name in faults):
        deaths = sum(count for name, count in faults.items() if name in ENDS)
        problems += lacking(world.model.served, ids, deaths * UNWRITTEN * at_once)
    return problems


def differences(served: Sequence[Served], ids: Iterable[str], books: Usage) -> Iterator[str]:
    """Whatever is on the books that was not served, or not so: nothing twice, and to the token."""
    ledger = {one.id: one.count for one in served}
    ids = list(ids)
    known = [name for one in ids if (name := one.partition(":")[2])]
    yield from (f"usage: {name} is on the books {n} times" for name, n in Counter(known).items() if n > 1)
    yield from (f"usage: {name} was never served" for name in known if name not in ledger)
    counts = [ledger[name] for name in known if name in ledger]
    told = sum((Tokens(c.input, c.cached, c.output, c.reasoning) for c in counts), Tokens())
    if books.tokens != told:
        yield f"usage: the books have {books.tokens}, and {told} was served of it"
    if books.requests != len(ids) or books.untold != len(ids) - len(known):
        yield f"usage: {books.requests} requests, {books.untold} untold, where {len(ids)} have {len(known)} names"


def lacking(served: Sequence[Served], ids: Iterable[str], most: int) -> Iterator[str]:
    """More that was served and is not on the books than those who died could leave; untold ones are there."""
    ids = list(ids)
    known = {one.partition(":")[2] for one in ids}
    gone = [one.id for one in served if one.id not in known]
    untold = sum(not one.partition(":")[2] for one in ids)
    if len(gone) - untold > most:
        yield f"usage: {len(gone)} served requests are not on the books, {untold} untold and {most} excused: {gone}"
