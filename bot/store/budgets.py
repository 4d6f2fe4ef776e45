"""Budgets in Redis: what may be spent is held before a request of a model is sent, in one step that no other replica can split."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.domain.budget import NEARLY, Limits, Payer, Scope, Standing
from bot.domain.budget_errors import BudgetReached, BudgetUnread
from bot.domain.meter import Request
from bot.domain.usage import SECONDS_OF_A_DAY, SMALLEST, Kind, smallest_units
from bot.store.keys import Keys
from bot.store.scripts import Scripts

#: How long what was spent is kept: longer than any run waits for people who let it go on.
KEPT_MS: Final = int(timedelta(days=400) / timedelta(milliseconds=1))
#: How long a request is known to be settled: what is sent again is sent within seconds.
KNOWN_MS: Final = int(timedelta(hours=1) / timedelta(milliseconds=1))

log = logging.getLogger(__name__)


class Budgets:
    """The budgets of a workspace, for all replicas together. A day is one of UTC, by Redis' clock.

    What is held for a request is let go after `lasts`, which is longer than any request takes.
    """

    def __init__(self, redis: Redis, keys: Keys, limits: Limits, *, lasts: timedelta) -> None:
        self._redis = redis
        self._keys = keys
        self._limits = limits.by_scope()
        self._lasts_ms = int(lasts / timedelta(milliseconds=1))
        self._scripts = Scripts(redis)

    @property
    def are_set(self) -> bool:
        """Whether there is any."""
        return bool(self._limits)

    async def hold(self, payer: Payer, request: str, most: Decimal) -> list[str]:
        """Set aside what a request may cost at most; returns the budgets that it counts in.

        Raises `BudgetReached` with those that have no room, `RedisError` where nobody can say.
        """
        budgets = self._named(payer, self._limits, await self._today())
        limits = [smallest_units(limit) for limit in self._limits.values()]
        arguments = [request, _at_most(most), self._lasts_ms, KEPT_MS, *limits]
        found = await self._scripts.budget("hold", [*self._keys.held(payer.team)[:1], *budgets], arguments)
        stands = [
            Standing(scope, step, *(int(units) * SMALLEST for units in row))
            for (scope, step), row in zip(self._limits.items(), found, strict=False)
        ]
        if stands:
            raise BudgetReached(tuple(one for one in stands if not one.has_room(most)), most)
        return budgets

    async def settle(self, team: str, request: str, budgets: Sequence[str], cost: Decimal) -> None:
        """Put what a request did cost in the place of what was held for it, once."""
        keys = [*self._keys.held(team), *budgets]
        await self._scripts.budget("settle", keys, [request, smallest_units(cost), KNOWN_MS, KEPT_MS])

    async def raise_to(self, payer: Payer, agreed: Mapping[Scope, Decimal], date: str) -> None:
        """Let budgets reach as far as people agreed to, those of a day on that date."""
        day = int(datetime.fromisoformat(f"{date}T00:00:00+00:00").timestamp()) if date else 0
        limits = [smallest_units(limit) for limit in agreed.values()]
        budgets = self._named(payer, agreed, day // SECONDS_OF_A_DAY)
        await self._scripts.budget("raise", budgets, [KEPT_MS, *limits])

    async def near(self, payer: Payer) -> list[Standing]:
        """The budgets that are nearly used up and of which this run tells people: for each, one run does."""
        scopes = list(self._limits.items())
        budgets = self._named(payer, self._limits, await self._today())
        arguments = [payer.run, str(NEARLY), *(smallest_units(limit) for _, limit in scopes)]
        return [
            Standing(*scopes[int(number) - 1], int(limit) * SMALLEST, int(spent) * SMALLEST)
            for number, limit, spent in await self._scripts.budget("near", budgets, arguments)
        ]

    async def date(self) -> str:
        """The present day."""
        return datetime.fromtimestamp(await self._today() * SECONDS_OF_A_DAY, UTC).date().isoformat()

    async def _today(self) -> int:
        seconds, _ = await self._redis.time()
        return int(seconds) // SECONDS_OF_A_DAY

    def _named(self, payer: Payer, scopes: Mapping[Scope, Decimal], day: int) -> list[str]:
        """The keys of budgets: that of a run is of no day."""
        names = {scope: payer.run if scope is Scope.RUN else f"{day}:{payer.name(scope)}" for scope in scopes}
        return [self._keys.budget(payer.team, scope.value, name) for scope, name in names.items()]


class ClaimPurse:
    """What the requests of one worker's claim are paid from."""

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets
        self._held: dict[str, tuple[str, list[str]]] = {}

    async def hold(self, request: Request, payer: Payer, most: Decimal) -> None:
        """Set aside what a request may cost at most. Raises `BudgetError`."""
        try:
            self._held[request.id] = payer.team, await self._budgets.hold(payer, request.id, most)
        except BudgetReached as reached:
            is_check = request.account.kind is Kind.GUARD
            raise BudgetReached(reached.short, most, is_check=is_check) from None
        except RedisError as error:
            raise BudgetUnread from error

    async def settle(self, request: Request, cost: Decimal) -> None:
        """Put what it did cost in the place of that. Where Redis does not answer, it is let go in its time."""
        if held := self._held.pop(request.id, None):
            try:
                await self._budgets.settle(held[0], request.id, held[1], cost)
            except RedisError as error:
                log.warning("cost not settled", extra={"error": type(error).__name__})


def _at_most(amount: Decimal) -> int:
    return int((amount / SMALLEST).to_integral_value(ROUND_CEILING))
