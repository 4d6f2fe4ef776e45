"""A team of somebody's own goes on without a tool for which an approval waits: two versions, two processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devkit.model.script import Calls, Text
from tests.bots import Bots
from tests.world import OMAR, THEO, World, ids

#: Written with the public package alone, as everybody's.
VERSION = '''
from countersign import Policy, Specialist, Team, ToolContext, approved_tool, ask


@approved_tool(Policy(ask("desk")), title="{title}")
async def {tool}(ctx: ToolContext, what: str) -> str:
    """Order something for a desk."""
    return f"Ordered {{what}}."


team = Team("desk", [Specialist("Desk", "Orders things for desks.", "Order things.", tools=[{tool}])])
'''
ORDER = {"what": "a chair"}


def version(folder: Path, tool: str, title: str) -> dict[str, str]:
    """Write a version of the team; returns the settings of a bot of it."""
    folder.mkdir()
    (folder / "desk_team.py").write_text(VERSION.format(tool=tool, title=title))
    people = json.dumps({"desk": [OMAR, THEO]})
    return {"TEAM": "desk_team", "PYTHONPATH": str(folder), "APPROVERS": people}


@pytest.mark.parametrize(("tool", "title"), [("order_seat", "Order a seat"), ("list_orders", "List orders")])
async def test_what_waits_for_a_tool_that_was_renamed_or_removed_is_closed_and_said_at_once(
    world: World, bots: Bots, tmp_path: Path, tool: str, title: str
) -> None:
    world.model.script(Calls([("transfer_to_desk", {})]), Calls([("order_chair", ORDER)]))
    old = await bots.start(**version(tmp_path / "old", "order_chair", "Order a chair"))
    thread = await world.asks("order a chair")
    mirror = await world.card(thread)
    await world.slack.until(lambda: world.cards_in("C0FINANCE1"))
    (main,) = world.cards_in("C0FINANCE1")
    await old.stop()
    await bots.start(**version(tmp_path / "new", tool, title))
    await world.hears(thread, "no longer fits my present version, so I closed it. Please ask again.")
    await world.slack.until(lambda: ids(main) == ids(mirror) == ["details"])

    assert "Withdrawn: Order a chair" in main.shown  # as it was called when it was asked for
    assert "The bot was updated and can no longer go on with this request" in main.shown
    assert "withdrawn" in await world.deeds()


async def test_the_thread_goes_on_with_the_tools_that_are_there(
    world: World, bots: Bots, tmp_path: Path
) -> None:
    world.model.script(Calls([("transfer_to_desk", {})]), Calls([("order_chair", ORDER)]))
    world.model.script(Calls([("order_seat", ORDER)]), Text("It is ordered."))
    old = await bots.start(**version(tmp_path / "old", "order_chair", "Order a chair"))
    thread = await world.asks("order a chair")
    await world.card(thread)
    await old.stop()
    await bots.start(**version(tmp_path / "new", "order_seat", "Order a seat"))
    await world.hears(thread, "Please ask again")
    await world.asks("order a chair", thread=thread)
    await world.slack.until(lambda: [c for c in world.cards(thread) if "Order a seat" in c.shown])
    (card,) = [c for c in world.cards(thread) if "Order a seat" in c.shown]
    await world.approves(THEO, card)
    await world.hears(thread, "It is ordered.")

    await world.slack.until(lambda: "Ordered a chair." in card.shown)
