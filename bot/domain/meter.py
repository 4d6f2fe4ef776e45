"""The requests of models that the present task makes, until somebody has written down what they used."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from bot.domain.budget import Payer
from bot.domain.sources import Sources
from bot.domain.usage import Account, Spent, Tokens

#: What is kept of a server's own id of a request.
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")


@dataclass(slots=True)
class Request:
    """One request that was sent. Its server may tell more than once what it used: the last word counts."""

    id: str
    at: datetime
    account: Account
    tokens: Tokens | None = None
    cost: Decimal | None = None
    is_over: bool = False
    #: What it may cost at most, where budgets are set.
    most: Decimal = Decimal(0)
    of_server: str = ""
    #: By a clock that only goes forward: when it was sent, and how long it took.
    began: float = 0.0
    seconds: float | None = None

    def told(self, tokens: Tokens, cost: Decimal | None, server_id: object) -> None:
        """Note what the server says that it used, and what it calls the request."""
        self.tokens, self.cost = tokens, cost
        named = isinstance(server_id, str) and _ID.fullmatch(server_id)
        self.of_server = f":{server_id}" if named else ""


class Purse(Protocol):
    """What requests are paid from, where budgets are set."""

    async def hold(self, request: Request, payer: Payer, most: Decimal) -> None:
        """Set aside what a request may cost at most. Raises `BudgetError` where it may not be sent."""
        ...

    async def settle(self, request: Request, cost: Decimal) -> None:
        """Put what it did cost in the place of that, once."""
        ...


class Meter:
    """Counts requests for one worker's claim. What is not written yet is handed out until it is."""

    def __init__(self, sources: Sources, purse: Purse | None = None) -> None:
        self._sources = sources
        self.purse = purse
        #: Whose budgets they count in.
        self.payer: Callable[[], Payer] | None = None
        self._requests: list[Request] = []
        #: Whose requests these are: a Slack id.
        self.person = ""

    def begin(self, account: Account) -> Request:
        """Note a request that is about to be sent."""
        request = Request(self._sources.token(), self._sources.now(), account, began=self._sources.ticks())
        self._requests.append(request)
        return request

    def over(self, request: Request) -> None:
        """Note that a request has come to its end."""
        if not request.is_over:
            request.is_over, request.seconds = True, self._sources.ticks() - request.began

    def refused(self, request: Request) -> None:
        """Forget a request that the server turned down: nothing was used."""
        self._requests.remove(request)

    def due(self) -> list[Spent]:
        """The requests that are over and not written yet."""
        return [self._spent(one) for one in self._requests if one.is_over]

    def rest(self) -> list[Spent]:
        """These, and those that nobody follows any more, as the work is over."""
        for one in self._requests:
            one.is_over = True
        return self.due()

    def written(self, spent: Sequence[Spent]) -> None:
        """Let go of what is written."""
        ids = {one.id.partition(":")[0] for one in spent}
        self._requests = [one for one in self._requests if one.id not in ids]

    def _spent(self, one: Request) -> Spent:
        return Spent(
            one.id + one.of_server, one.at, self.person, one.account, one.tokens, one.cost, one.seconds
        )


#: Where the present task's requests are counted; nowhere outside of a worker.
PRESENT: ContextVar[Meter | None] = ContextVar("METER", default=None)
