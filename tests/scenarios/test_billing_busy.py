"""A billing service that is asked too often has refused nothing: it is asked again."""

from __future__ import annotations

import pytest

from devkit.billing.server import Fault
from tests.world import OMAR, World


@pytest.mark.parametrize("status", [429, 503])
async def test_a_refund_that_meets_a_busy_service_is_made_once_and_all_the_same(
    world: World, status: int
) -> None:
    async with world.bot():
        world.billing.faults.append(Fault(status=status))
        thread = await world.asks("refund $29 on INV-1003")
        await world.approves(OMAR, await world.card(thread))
        await world.hears(thread, "Done: I refunded")

    assert world.refunds == [("INV-1003", "29.00")]
