"""From the release before to this one and back, under traffic: everything is answered once, and paid once."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from devkit.slack.workspace import Message
from tests import previous_release
from tests.bots import Bots
from tests.world import OMAR, World


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The code of the release before."""
    return previous_release.unpack(tmp_path / "before")


class Traffic:
    """What people ask for while replicas come and go."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.refunds: list[str] = []
        self.cards: list[Message] = []
        self.questions: list[str] = []

    async def goes_on(self, amounts: Iterable[int]) -> None:
        """Ask for refunds until their cards wait, for an invoice, and for a long answer until it is half said."""
        world = self._world
        refunds = [await world.asks(f"refund ${amount} on INV-1005") for amount in amounts]
        self.refunds += refunds
        self.questions.append(await world.asks("show me INV-1003"))
        self.cards += [await world.card(thread) for thread in refunds]
        long = await world.asks("write a long answer")
        self.questions.append(long)
        await world.slack.until(lambda: any("Part 1" in m.shown for m in world.replies(long)))

    async def approves(self, *numbers: int) -> None:
        """Let cards be approved, by their place."""
        for number in numbers:
            await self._world.insists(OMAR, self.cards[number])


@pytest.mark.unpaced
async def test_rolled_to_this_release_and_back_everything_is_answered_once_and_paid_once(
    world: World, bots: Bots, before: Path
) -> None:
    world.model.delay = 0.05
    traffic = Traffic(world)
    old = await bots.start_other(before, **previous_release.SETTINGS)
    await traffic.goes_on((31, 32, 33, 34))
    new = await bots.start(**previous_release.SETTINGS)
    assert "lived before" not in new.last_words(100)  # nothing was forgotten
    await traffic.goes_on((35, 36))
    await traffic.approves(0)
    await old.stop()  # what was approved, and half an answer, go on in the new one
    await traffic.goes_on((37, 38))
    await traffic.approves(1, 4)

    old = await bots.start_other(before, **previous_release.SETTINGS)
    await traffic.goes_on((39,))
    await traffic.approves(2, 5, 6)
    await new.stop()
    await traffic.goes_on((40,))
    await traffic.approves(3, 7, 8, 9)

    for thread in traffic.refunds:
        await world.hears(thread, "Done: I refunded")
    for invoice, long in zip(traffic.questions[::2], traffic.questions[1::2], strict=True):
        await world.hears(invoice, "Hazel & Co")
        await world.hears(long, "Part 5")
    assert sorted(amount for _, amount in world.refunds) == [f"{amount}.00" for amount in range(31, 41)]
    assert world.billing.requests == len(traffic.refunds)
    assert [len(world.replies(thread)) for thread in traffic.questions] == [1] * len(traffic.questions)


def test_a_clone_without_history_says_how_to_get_it(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    command = ("git", "clone", "--quiet", "--depth", "1", previous_release.ROOT.as_uri(), str(clone))
    subprocess.run(command, check=True)

    with pytest.raises(RuntimeError, match="git fetch --unshallow --tags"):
        previous_release.name(clone)
