"""The Lua scripts as typed calls: those of the engine, of days' allowances, the audit chain's and the roster's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from bot.store.confirmation import Confirmation

Argument = str | bytes | int


class Scripts:
    """The engine's scripts on one client; redis-py loads them again where the server lost them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = {name: redis.register_script(_source(name)) for name in NAMES}

    async def append(self, keys: Sequence[str], arguments: Sequence[Argument]) -> str:
        """Accept an event once; see `append.lua`."""
        return (await self._call("append", keys, arguments)).decode()

    async def look(self, calls: Sequence[tuple[Sequence[str], Sequence[Argument]]]) -> list[list[Any]]:
        """See who goes first in several shards at once; see `look.lua`."""
        return await self._together("look", calls)

    async def ripen(self, calls: Sequence[tuple[Sequence[str], Sequence[Argument]]]) -> None:
        """Give threads whose time has come their rank; see `ripen.lua`."""
        await self._together("ripen", calls)

    async def backlog(self, calls: Sequence[tuple[Sequence[str], Sequence[Argument]]]) -> list[list[Any]]:
        """Count what waits in several shards at once; see `backlog.lua`."""
        return await self._together("backlog", calls)

    async def look_when_woken(
        self,
        blocking: Redis,
        lists: Sequence[str],
        seconds: float,
        calls: Sequence[tuple[Sequence[str], Sequence[Argument]]],
    ) -> list[list[Any]] | None:
        """Wait for a wake-up, for so long at most, and look then; None where a Redis does not know the script yet.

        Redis works off what a client has sent behind a wait once that has ended: all of it is one round trip.
        """
        async with blocking.pipeline(transaction=False) as pipeline:
            pipeline.brpop([*lists], timeout=seconds)
            for keys, arguments in calls:
                pipeline.evalsha(self._scripts["look"].sha, len(keys), *keys, *arguments)
            woken, *shards = await pipeline.execute(raise_on_error=False)
        if isinstance(woken, Exception):
            raise woken
        return None if any(isinstance(shard, Exception) for shard in shards) else shards

    async def claim(
        self, keys: Sequence[str], arguments: Sequence[Argument], epoch: str, row: str
    ) -> tuple[list[Any], list[str], bytes | None]:
        """Take the lease of one due thread; see `claim.lua`.

        Behind that, in the same round trip: since when Redis is what it is, and the thread's row as nobody else changes it now.
        """
        claim, since = self._scripts["claim"], self._scripts["epoch"]
        while True:
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.evalsha(claim.sha, len(keys), *keys, *arguments)
                pipeline.evalsha(since.sha, 1, epoch, 1)
                pipeline.get(row)
                answers: list[Any] = await pipeline.execute(raise_on_error=False)
            if not isinstance(answers[0], NoScriptError):
                break
            await self._redis.script_load(claim.script)  # nothing was claimed
        if isinstance(answers[1], NoScriptError):
            answers[1] = await since(keys=[epoch], args=[1])
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers[0], [part.decode() for part in answers[1]], answers[2]

    async def tell(self, keys: Sequence[str], arguments: Sequence[Argument]) -> list[Any]:
        """Take the lease of a thread that waits, to say so there; see `tell.lua`."""
        return await self._call("tell", keys, arguments)

    async def renew(self, keys: Sequence[str], arguments: Sequence[Argument]) -> str:
        """Push a lease on; see `renew.lua`."""
        return (await self._call("renew", keys, arguments)).decode()

    async def commit(self, keys: Sequence[str], arguments: Sequence[Argument]) -> str:
        """Write under a fence; see `commit.lua`."""
        return (await self._call("commit", keys, arguments)).decode()

    async def commit_confirmed(
        self, keys: Sequence[str], arguments: Sequence[Argument], confirmation: Confirmation
    ) -> tuple[str, bool]:
        """Write under a fence; second, whether Redis has confirmed it."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            await self._scripts["commit"](keys=list(keys), args=list(arguments), client=pipeline)
            confirmation.ask(pipeline)
            answer, told = await pipeline.execute(raise_on_error=False)
        if isinstance(answer, Exception):
            raise answer
        return answer.decode(), confirmation.is_met(told)

    async def reseal(self, keys: Sequence[str], arguments: Sequence[Argument]) -> str:
        """Replace a sealed value by itself under another key; see `reseal.lua`."""
        return (await self._call("reseal", keys, arguments)).decode()

    async def copy(self, keys: Sequence[str], arguments: Sequence[Argument]) -> list[Any]:
        """Read whole keys as they are at one moment; see `copy.lua`."""
        return await self._call("copy", keys, arguments)

    async def schedule(self, keys: Sequence[str], arguments: Sequence[Argument]) -> None:
        """Set or move a timer; see `schedule.lua`."""
        await self._call("schedule", keys, arguments)

    async def admit(self, keys: Sequence[str], arguments: Sequence[Argument]) -> tuple[bytes, int]:
        """Count a message on its person's day; see `count_message.lua`."""
        why, first = await self._call("count_message", keys, arguments)
        return why, first

    async def spend(self, keys: Sequence[str], arguments: Sequence[Argument]) -> None:
        """Count the tokens of a run on its person's day; see `spend.lua`."""
        await self._call("spend", keys, arguments)

    async def use(self, keys: Sequence[str], arguments: Sequence[Argument]) -> None:
        """Write down what requests of models used, each once; see `use.lua`."""
        await self._call("use", keys, arguments)

    async def reserve(self, keys: Sequence[str], arguments: Sequence[Argument]) -> str:
        """Write pages of a tool's earlier calls if none has changed; see `reserve.lua`."""
        return (await self._call("reserve", keys, arguments)).decode()

    async def budget(
        self, what: str, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> list[list[bytes]]:
        """Hold, settle, raise or look at budgets; see `budget_*.lua`."""
        return await self._call(f"budget_{what}", keys, arguments)

    async def epoch(self, keys: Sequence[str], arguments: Sequence[Argument]) -> list[str]:
        """Tell since when Redis is the process it is; see `epoch.lua`."""
        return [part.decode() for part in await self._call("epoch", keys, arguments)]

    async def chain(self, keys: Sequence[str], arguments: Sequence[Argument]) -> bool:
        """Put links behind the head of an audit chain; see `chain.lua`."""
        return bool(await self._call("chain", keys, arguments))

    async def unbox(self, keys: Sequence[str], arguments: Sequence[Argument]) -> None:
        """Take what is chained out of its outbox; see `unbox.lua`."""
        await self._call("unbox", keys, arguments)

    async def enroll(self, keys: Sequence[str], arguments: Sequence[Argument]) -> bool:
        """Write a replica into the roster; see `enroll.lua`."""
        return bool(await self._call("enroll", keys, arguments))

    async def beat(self, keys: Sequence[str], arguments: Sequence[Argument]) -> bool:
        """Say that a replica lives; see `beat.lua`."""
        return bool(await self._call("beat", keys, arguments))

    async def pace(self, keys: Sequence[str], arguments: Sequence[Argument]) -> tuple[int, int, int]:
        """Ask for the turn of a call to Slack; see `pace.lua`."""
        wait, pause, along = await self._call("pace", keys, arguments)
        return wait, pause, along

    async def pause(self, keys: Sequence[str], arguments: Sequence[Argument]) -> None:
        """Hold calls to Slack back in all replicas; see `pause.lua`."""
        await self._call("pause", keys, arguments)

    async def heads(self, keys: Sequence[str]) -> list[bytes]:
        """Get the beginnings of what a thread holds; see `heads.lua`."""
        return await self._call("heads", keys, [])

    async def _call(self, name: str, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:
        script = self._scripts[name]
        try:
            return await self._redis.evalsha(script.sha, len(keys), *keys, *arguments)
        except NoScriptError:  # redis-py's own call asks each time what kind of client this is, and loads it
            return await script(keys=list(keys), args=list(arguments))

    async def _together(
        self, name: str, calls: Sequence[tuple[Sequence[str], Sequence[Argument]]]
    ) -> list[Any]:
        """Call a script several times in one round trip, in as many hash slots as there may be.

        redis-py would ask each time first whether the server knows the script, which is one round trip more.
        """
        script = self._scripts[name]
        try:
            return await self._at_once(script.sha, calls)
        except NoScriptError:  # then none of the calls was made
            await self._redis.script_load(script.script)
            return await self._at_once(script.sha, calls)

    async def _at_once(
        self, sha: str, calls: Sequence[tuple[Sequence[str], Sequence[Argument]]]
    ) -> list[Any]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for keys, arguments in calls:
                pipeline.evalsha(sha, len(keys), *keys, *arguments)
            return await pipeline.execute()


NAMES = (
    *("append", "look", "ripen", "claim", "tell", "renew", "commit", "schedule"),
    *("count_message", "spend", "epoch", "chain", "enroll", "beat", "heads", "reseal", "reserve"),
    *("use", "backlog", "copy", "unbox"),
    *("budget_hold", "budget_settle", "budget_raise", "budget_near"),
    *("pace", "pause"),
)
#: What stands in front of the scripts that move a thread, and of those that write what they are given.
SHARED = ("thread", "rank")
MOVING = frozenset({"append", "ripen", "claim", "tell", "commit", "schedule"})
WRITING = frozenset({"commit", "use"})


@cache
def _source(name: str) -> str:
    parts = (*(SHARED if name in MOVING else ()), *(("write",) if name in WRITING else ()), name)
    folder = files("bot.store").joinpath("lua")
    return "\n".join(folder.joinpath(f"{part}.lua").read_text(encoding="utf-8") for part in parts)
