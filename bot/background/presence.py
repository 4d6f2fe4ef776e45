"""A replica on the roster: it joins before it serves, says that it lives, and leaves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from redis.exceptions import RedisError

from bot.domain.errors import CannotStart
from bot.domain.roster import Register, Replica, conflict, disagreement, joined
from bot.store.roster import Roster
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

log = logging.getLogger(__name__)

#: What `/readyz` says of a replica that rests.
RESTS: Final = "Other policies count than those of this replica: it takes in and works no more"
#: What was stored is not all there.
HALF_RESTORED: Final = (
    "A backup is being restored under REDIS_PREFIX, or its restore broke off: what is stored there is not whole. Let "
    "`countersign restore` end; if it did not, run it again with --replace."
)
#: Words in the time after which a silent replica counts as gone.
BEATS: Final = 5


class Presence:
    """Keeps one replica on the roster. `rests` while other policies than its own count."""

    def __init__(self, roster: Roster, replica: Replica, prefix: str) -> None:
        self._roster = roster
        self._replica = replica
        self._prefix = prefix
        self.rests = False
        #: The names of all keys that anything was sealed with; grows while others bring new ones.
        self.keys: set[str] = set()

    async def join(self) -> None:
        """Enter the roster; raises `CannotStart` with the setting that does not fit.

        One that was killed a moment ago stays on it for a while: it is waited for.
        """
        me = self._replica
        give_up = asyncio.get_running_loop().time() + self._roster.ttl.total_seconds() * (1 + 1 / BEATS)
        while True:
            register = await self._read()
            if register.shared and (why := disagreement(me, register.shared)):
                raise CannotStart(why)
            stored = await self._roster.claim_prefix(me.team, me.bot)
            if stored != self._prefix:
                raise CannotStart(other_prefix(self._prefix, stored))
            if why := conflict(me, register.others(me)):
                if asyncio.get_running_loop().time() > give_up:
                    raise CannotStart(why)
                await asyncio.sleep(self._pause)
            elif await self._enroll(register):
                await self._insist_on_whole()
                return

    async def _insist_on_whole(self) -> None:
        """Leave again where a backup is being written: whoever restores one looks at the roster behind its mark."""
        if await self._roster.is_being_restored():
            await self.leave()
            raise CannotStart(HALF_RESTORED)

    async def leave(self) -> None:
        """Leave the roster; where Redis does not answer, silence says the same a little later."""
        with suppress(RedisError):
            await self._roster.leave(self._replica)

    async def keep(
        self, rest: Callable[[bool], None], give_up: Callable[[str], Awaitable[None]], metrics: Metrics
    ) -> None:
        """Say again and again that this replica lives, until cancelled.

        `rest` is told to work or not to, as other policies come and go. `give_up` gets the reason
        where the roster was lost and somebody else has begun anew with other settings.
        """
        rest(self.rests)
        while True:
            await asyncio.sleep(self._pause)
            before = self.rests
            with outliving(Loop.ROSTER, metrics):
                try:
                    await self._beat()
                except RedisError as error:
                    log.warning("roster not reached", extra={"error": type(error).__name__})
                except CannotStart as refusal:
                    log.error("may not serve any more", extra={"reason": str(refusal)})
                    await give_up(str(refusal))
                    return
            if self.rests is not before:
                rest(self.rests)

    async def _beat(self) -> None:
        if not await self._roster.beat(self._replica):
            await self.join()
            return
        register = await self._read()
        if register.shared is None or self._replica.policies == register.shared.policies:
            self.rests = False
        elif joined(self._replica, register) != register.shared:
            await self._enroll(register)  # those whose policies counted are gone: these count again
        else:
            self._say_rests()

    async def _read(self) -> Register:
        register = await self._roster.read()
        self.keys.update(register.shared.keys if register.shared else ())
        return register

    async def _enroll(self, register: Register) -> bool:
        shared = joined(self._replica, register)
        if not await self._roster.enroll(register, shared, self._replica):
            return False
        if shared.policies == self._replica.policies:
            self.rests = False
            if register.shared and register.shared.policies != shared.policies:
                log.warning("other policies count from now on", extra={"policies": shared.policies})
        else:
            self._say_rests()
        return True

    def _say_rests(self) -> None:
        if not self.rests:
            log.warning("policies were replaced: this replica takes in, and works no more")
        self.rests = True

    @property
    def _pause(self) -> float:
        return self._roster.ttl.total_seconds() / BEATS


def other_prefix(given: str, stored: str) -> str:
    """Say that the bot stores elsewhere."""
    return (
        f"REDIS_PREFIX is {given}, but this bot has stored its threads under {stored} in this Redis. Set "
        f"{stored}; to leave those behind, run `countersign roster --accept` once while no replica runs."
    )


@asynccontextmanager
async def on_roster(presence: Presence) -> AsyncGenerator[Presence]:
    """Be on the roster while the block runs. Raises `CannotStart`."""
    await presence.join()
    try:
        yield presence
    finally:
        await presence.leave()
