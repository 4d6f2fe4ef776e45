"""Tools of an MCP server on two real bot processes, one of which is killed at the worst moment."""

from __future__ import annotations

import asyncio

from tests.bots import Bots
from tests.operations import Operations, restart
from tests.world import ANA, MEI, OMAR, SUPPORT, World


async def test_killed_between_the_approval_and_the_call_it_is_called_once(
    world: World, bots: Bots, ops: Operations
) -> None:
    ops.scripted(restart())
    first = await bots.start("--dies", "after the click is stored before the claim", **ops.variables)
    card = await world.card(thread := await world.asks("restart checkout"))
    await world.approves(OMAR, card)
    await first.wait()
    assert ops.now.calls == []
    await asyncio.gather(bots.start(**ops.variables), bots.start(**ops.variables))
    await world.hears(thread, "That was all.")

    assert ops.restarts == 1
    assert len(ops.now.calls) == 1


async def test_killed_in_the_call_people_are_asked_and_nothing_is_called_again(
    world: World, bots: Bots, ops: Operations
) -> None:
    ops.scripted(restart())
    first = await bots.start("--dies", "after the side effect before its journal entry", **ops.variables)
    card = await world.card(thread := await world.asks("restart checkout"))
    await world.approves(OMAR, card)
    await first.wait()
    await asyncio.gather(bots.start(**ops.variables), bots.start(**ops.variables))
    question = await ops.question(thread)
    await world.slack.clicks(MEI, question.channel, question.ts, "happened")
    await world.hears(thread, "That was all.")

    assert ops.restarts == 1
    assert len(ops.now.calls) == 1


async def test_a_server_that_is_gone_for_everybody_is_waited_for_over_restarts(
    world: World, bots: Bots, ops: Operations
) -> None:
    ops.scripted(restart())
    first = await bots.start(**ops.variables)
    card = await world.card(thread := await world.asks("restart checkout"))
    ops.switch(down=True)
    await world.approves(OMAR, card)
    await world.hears(thread, "A server that this needs cannot be reached")
    await first.kill()
    await asyncio.gather(bots.start(**ops.variables), bots.start(**ops.variables))
    ops.switch(down=False)
    failure = await world.hears(thread, "A server that this needs cannot be reached")
    await world.slack.clicks(ANA, SUPPORT, failure.ts, "retry")
    await world.hears(thread, "That was all.")

    assert ops.restarts == 1
    assert len(ops.now.calls) == 1


async def test_a_tool_that_changed_while_it_waited_is_denied_until_it_is_accepted(
    world: World, bots: Bots, ops: Operations
) -> None:
    ops.scripted(restart(), restart())
    first = await bots.start(**ops.variables)
    card = await world.card(await world.asks("restart checkout"))
    await first.kill()
    ops.switch(schema={"service": {"type": "string"}, "force": {"type": "boolean"}})
    await asyncio.gather(bots.start(**ops.variables), bots.start(**ops.variables))
    await world.approves(OMAR, card)
    await world.slack.until(lambda: "*Not done*" in card.shown)

    assert "this tool has changed since the call was approved" in card.shown
    assert ops.now.calls == []
