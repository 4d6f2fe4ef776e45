"""What waits for people, by who may decide it and by who asked: lists of ids beside the approvals.

Home and the flood limits read these, so that neither takes longer where thousands wait. A list says where to look,
never what is so: an entry whose approval says otherwise is dropped. `Writes.approval` keeps the lists, in the script
that writes the approval.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Iterable
from typing import Any, Final

from redis.asyncio import Redis

from bot.domain.approvals.approval import Approval, Question
from bot.domain.tasks import all_of
from bot.store.keys import Keys
from bot.store.threads import ThreadStore

#: How many ids of a list are read at once, and how many approvals: opening one takes some 50 µs.
PAGE: Final = 32
#: A step of severity weighs more than any age in seconds.
_GRAVER: Final = 10**11


def rank(approval: Approval) -> int:
    """Order approvals: the gravest first, the oldest of them before."""
    return int(approval.requested_at.timestamp()) - approval.severity * _GRAVER


class Waiting:
    """Reads the lists, and keeps them true to what is pending."""

    def __init__(self, redis: Redis, keys: Keys, threads: ThreadStore) -> None:
        self._redis = redis
        self._keys = keys
        self._threads = threads

    async def for_roles(self, team: str, roles: Collection[str]) -> AsyncGenerator[Approval]:
        """What people of any of these roles may decide, the gravest first, then the oldest; each once.

        Whoever has seen enough stops asking. What cannot be read is left out.
        """
        lists = [self._keys.for_role(shard, team, role) for shard in self._shards for role in sorted(roles)]
        async for ids in self._in_order(lists):
            for approval in await self._threads.readable(ids):
                if not approval.is_final and not set(roles).isdisjoint(approval.roles):
                    yield approval

    async def count(self, team: str, roles: Iterable[str]) -> dict[str, int]:
        """How many wait for each of these roles."""
        return {role: await self._length(team, role) for role in roles}

    async def of_requester(self, team: str, user: str) -> list[Approval]:
        """What waits of a person's requests; at most what the flood limit lets them have, and unordered."""
        lists = [self._keys.of_requester(shard, team, user) for shard in self._shards]
        found = await all_of(*(self._redis.zrange(key, 0, -1) for key in lists))
        ids = [one.decode() for page in found for one in page]
        own = await self._threads.readable(ids)
        return [approval for approval in own if not approval.is_final]

    async def load(self, team: str, user: str, roles: Iterable[str]) -> tuple[list[Approval], dict[str, int]]:
        """What waits of a person's requests, and how many wait for each of these roles."""
        own, by_role = await all_of(self.of_requester(team, user), self.count(team, roles))
        return own, by_role

    async def complete(self) -> int:
        """List what waits and is on no list, as a version before these lists wrote it; returns how many waited."""
        seen = 0
        for shard in self._shards:
            at = 0
            while ids := await self._ids(self._keys.pending(shard), at):
                for approval in await self._threads.readable(ids):
                    await self._list(shard, approval)
                at, seen = at + PAGE, seen + len(ids)
        return seen

    async def everything(self) -> AsyncGenerator[Approval]:
        """All that waits, in no order and page by page; what cannot be read is left out."""
        for shard in self._shards:
            at = 0
            while ids := await self._ids(self._keys.pending(shard), at):
                for approval in await self._threads.readable(ids):
                    yield approval
                at += PAGE

    async def _ids(self, key: str, at: int) -> list[str]:
        page: Any = await self._redis.zrange(key, at, at + PAGE - 1)
        return [one.decode() for one in page]

    async def _list(self, shard: int, approval: Approval) -> None:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key in lists_of(self._keys, shard, approval):
                pipeline.zadd(key, {approval.id: rank(approval)})
            await pipeline.execute()

    async def _length(self, team: str, role: str) -> int:
        """Count what really waits; an entry that does not is dropped: nothing becomes pending a second time."""
        lists = [self._keys.for_role(shard, team, role) for shard in self._shards]
        asked: list[Any] = []
        for shard, key in enumerate(lists):
            asked += [self._redis.zcard(key), self._redis.zdiff([key, self._keys.pending(shard)])]
        answers = await all_of(*asked)
        for key, over in zip(lists, answers[1::2], strict=True):
            if over:
                await self._redis.zrem(key, *over)
        return sum(answers[::2]) - sum(map(len, answers[1::2]))

    async def _in_order(self, lists: list[str]) -> AsyncGenerator[list[str]]:
        """Read the ids of many sorted sets as if they were one, each id once, some at a time."""
        ahead: dict[str, float] = {}
        given: set[str] = set()
        at = 0
        while lists:
            last: dict[str, float] = {}
            pages = await all_of(
                *(self._redis.zrange(key, at, at + PAGE - 1, withscores=True) for key in lists)
            )
            for key, page in zip(lists, pages, strict=True):
                ahead |= {one.decode(): score for one, score in page}
                if len(page) == PAGE:  # what comes after has at least this score
                    last[key] = page[-1][1]
            at, lists = at + PAGE, list(last)
            safe = min(last.values(), default=float("inf"))
            ready = sorted((score, one) for one, score in ahead.items() if score <= safe and one not in given)
            given |= {one for _, one in ready}
            ahead = {one: score for one, score in ahead.items() if one not in given}
            for start in range(0, len(ready), PAGE):
                yield [one for _, one in ready[start : start + PAGE]]

    @property
    def _shards(self) -> range:
        return range(self._keys.shards)


def lists_of(keys: Keys, shard: int, approval: Approval) -> list[str]:
    """The lists that a pending approval is on."""
    team = approval.thread.team
    roles = [keys.for_role(shard, team, role) for role in sorted(approval.roles)]
    questions = [keys.questions(shard)] if approval.question is Question.OUTCOME else []
    return [*roles, *questions, keys.of_requester(shard, team, approval.requester)]
