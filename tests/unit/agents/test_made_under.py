"""A team's look-up of a key, which may fail in any way and take any time, tells no more and no less than it knows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.agents.tools.made_under import MadeUnder, made_under
from bot.domain.errors import OutcomeUnknown, Starved
from countersign import Policy, ToolContext, approved_tool

#: Seconds after which nobody waits any more.
PATIENCE = 10


def asking(raised: BaseException | None, *, patience: float = 60.0) -> MadeUnder:
    """Asks about a tool whose look-up raises this, or says nothing for ever."""

    async def look_up(services: Any, key: str) -> str | None:
        del services, key
        if raised is not None:
            raise raised
        await asyncio.Event().wait()

    @approved_tool(Policy(unknown_to="finance"), look_up=look_up)
    async def pay(ctx: ToolContext[Any], amount: str) -> str:
        """Pay."""
        del ctx
        return amount

    return made_under([pay], None, patience=patience)


@pytest.mark.parametrize(
    "raised", [OSError("gone"), KeyError("id"), OutcomeUnknown(), TimeoutError()], ids=repr
)
async def test_a_look_up_that_raises_cannot_tell(raised: Exception) -> None:
    assert await asking(raised)("pay", "key") is None


async def test_a_look_up_that_does_not_end_cannot_tell() -> None:
    async with asyncio.timeout(PATIENCE):
        assert await asking(None, patience=0.01)("pay", "key") is None


async def test_a_look_up_for_which_there_were_no_means_is_not_taken_for_one_that_was_made() -> None:
    with pytest.raises(Starved):
        await asking(Starved())("pay", "key")
