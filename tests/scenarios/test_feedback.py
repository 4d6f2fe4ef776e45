"""Thumbs below answers: one vote a person and answer, kept sealed, counted by the command."""

from __future__ import annotations

from pathlib import Path

from bot.store import client
from devkit.slack.workspace import Message
from tests.scenarios.test_other_workspaces import ONLY, VERA
from tests.scenarios.test_policies_command import countersign
from tests.world import ANA, OMAR, SUPPORT, World


async def presses(world: World, person: str, answer: Message, thumb: str) -> None:
    """Press a thumb, and wait for the word that it counts."""
    (block,) = [one for one in answer.blocks or [] if one["type"] == "context_actions"]
    half = block["elements"][0][f"{thumb}_button"]
    before = len(world.slack.ephemerals(person))
    assert await world.slack.clicks(person, answer.channel, answer.ts, "thumbs", value=half["value"])
    await world.slack.until(lambda: len(world.slack.ephemerals(person)) > before)


async def test_each_person_has_one_vote_on_an_answer_and_the_command_counts_them(
    world: World, tmp_path: Path
) -> None:
    async with world.bot():
        thread = await world.asks("hello there")
        await world.slack.until(lambda: [m for m in world.done(thread) if "context_actions" in str(m.blocks)])
        (answer,) = world.done(thread)
        calls = len(world.model.requests)
        for person, thumb in ((ANA, "positive"), (OMAR, "negative"), (ANA, "negative"), (OMAR, "positive")):
            await presses(world, person, answer, thumb)
        world.slack.workspace.share(SUPPORT, VERA)
        await presses(world, VERA.id, answer, "negative")
        assert len(world.model.requests) == calls
        card = await world.card(await world.asks("refund $29 on INV-1003"))

    assert world.slack.ephemerals(ANA)[-1].shown.startswith("Noted: this did not help")
    assert ONLY in world.slack.ephemerals(VERA.id)[-1].shown
    assert "context_actions" not in str(card.blocks)
    code, out = await countersign(
        tmp_path, "feedback", "--format", "csv",
        REDIS_URL=world.redis_url, REDIS_PREFIX=world.prefix, STATE_KEYS=world.key,
    )  # fmt: skip
    assert (code, out.splitlines()[1:]) == (0, [f"{world.slack.workspace.home.team},Triage,1,1"])
    async with client.connect(world.redis_url) as redis:
        (key,) = [key async for key in redis.scan_iter(match=world.keys.all_votes())]
        assert 89 * 86_400 < await redis.ttl(key) <= 91 * 86_400
        kept = await redis.hgetall(key)  # type: ignore[misc]
    assert "Triage" not in str(kept)
