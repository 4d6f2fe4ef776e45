"""What goes wrong with the models and the billing service."""

from __future__ import annotations

from random import Random
from typing import Any

from devkit.billing.server import Fault, Of
from devkit.model.script import CutStream, Garbage, Hang, HttpError
from tests.chaos.scene import Deed, Scene

#: What a service says to the repetition of what it did.
REFUSALS = (409, 401, 403, 404, 422)


def lost_then_refused(random: Random) -> list[Fault]:
    """It is done, nobody hears of it, and its repetition is refused."""
    ways: list[dict[str, Any]] = [{"drop": True}, {"status": 500}, {"status": 503}, {"cut": True}]
    made = Fault(after_commit=True, **random.choice(ways))
    return [made, Fault(status=random.choice(REFUSALS))]


def lost_and_not_found(random: Random) -> list[Fault]:
    """The same, and the key cannot be looked up either: people are asked, and a new try is refused."""
    silence = Fault(of=Of.LOOK_UP, status=random.choice([401, 404, 500]), times=3)
    return [*lost_then_refused(random), silence]


def never_came_in(random: Random) -> list[Fault]:
    """It is not done, and what comes after is refused or silent."""
    return [Fault(drop=True), Fault(status=random.choice([*REFUSALS, 500]), times=random.randint(1, 2))]


def busy(random: Random) -> list[Fault]:
    """It is not done, and the service says when to come again; not within any patience, at times."""
    wait = random.choice(["0", "1", "2", "3600"])
    return [Fault(status=random.choice([429, 503]), retry_after=wait, times=random.randint(1, 2))]


def late(random: Random) -> list[Fault]:
    """It is done later than anybody waits for, or a little later."""
    return [Fault(delay=random.choice([1.0, 12.0]), goes_on=random.choice([True, False]))]


def silent(random: Random) -> list[Fault]:
    """Three answers are lost, of what was done or was not."""
    return [
        Fault(status=503, times=3) if random.choice([True, False]) else Fault(drop_after_commit=True, times=3)
    ]


def nobody_looks(random: Random) -> list[Fault]:
    """Invoices cannot be read: cards are asked for, or clicked, without anybody who says what would happen."""
    return [Fault(of=Of.INVOICE, status=random.choice([401, 500, 503]), times=random.randint(1, 6))]


BILLING = (lost_then_refused, lost_and_not_found, never_came_in, busy, late, silent, nobody_looks)


class OfServices:
    """Harms the services behind the bot."""

    def __init__(self, scene: Scene) -> None:
        self._world = scene.world
        self._random = scene.random

    @property
    def deeds(self) -> list[Deed]:
        """All that can be done to them."""
        return [
            (3, "model: 500, cut, garbage or silence", self._model),
            (4, "billing: lost answers, refused repetitions, Retry-After", self._billing),
        ]

    async def _model(self) -> None:
        steps = [HttpError(500), HttpError(429, 1), CutStream(2), Garbage(), Hang(2.0)]
        self._world.model.script(*self._random.choices(steps, k=self._random.randint(1, 4)))

    async def _billing(self) -> None:
        self._world.billing.faults += self._random.choice(BILLING)(self._random)
