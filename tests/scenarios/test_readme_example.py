"""The tool in the README is the file it says it is, and works."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from bot.agents.tools.approval import ApprovedTool
from devkit.model.script import Calls, Text
from tests.world import MEI, OMAR, World

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "goodwill.py"


def example() -> ApprovedTool:
    spec = importlib.util.spec_from_file_location("goodwill", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.give_goodwill


def test_the_readme_holds_the_example_word_for_word_and_it_is_short() -> None:
    code = EXAMPLE.read_text(encoding="utf-8")

    assert f"```python\n{code}```" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(code.splitlines()) <= 30


async def test_the_example_asks_two_people_above_its_limit(world: World) -> None:
    handoff = Calls([("transfer_to_billing", {})])
    given = Calls([("give_goodwill", {"invoice_id": "INV-1005", "amount": "120.00"})])
    world.model.script(handoff, given, Text("They got it."))
    async with world.bot(example()):
        thread = await world.asks("they are angry, give them something")
        card = await world.card(thread)
        await world.approves(OMAR, card)
        await world.slack.until(lambda: OMAR in card.shown)
        assert world.refunds == []
        await world.approves(MEI, card)
        await world.hears(thread, "They got it.")

    assert world.refunds == [("INV-1005", "120.00")]


async def test_the_example_asks_nobody_for_small_change(world: World) -> None:
    given = Calls([("give_goodwill", {"invoice_id": "INV-1005", "amount": "5.00"})])
    world.model.script(Calls([("transfer_to_billing", {})]), given, Text("They got it."))
    async with world.bot(example()):
        thread = await world.asks("they are angry, give them something")
        await world.hears(thread, "They got it.")

    assert world.refunds == [("INV-1005", "5.00")]
