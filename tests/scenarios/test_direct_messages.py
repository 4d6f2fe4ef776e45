"""A direct message is one running conversation, answered at its top; a thread in it is one of its own."""

from __future__ import annotations

from datetime import timedelta

from tests.scenarios.test_backfill import deaf_for
from tests.world import ANA, OMAR, World, ids


def top(world: World, channel: str) -> list[str]:
    """What stands at the top of a direct message, the bot's words only."""
    return [
        m.shown
        for m in world.slack.workspace.messages[channel].values()
        if m.thread_ts is None and m.user != ANA
    ]


async def test_a_direct_message_remembers_at_the_top_and_a_thread_in_it_knows_nothing_of_that(
    world: World,
) -> None:
    direct = world.slack.workspace.direct(ANA).id
    async with world.bot():
        first = await world.slack.says(ANA, direct, "show me INV-1003")
        await world.hears(first, "Hazel & Co", channel=direct)
        await world.slack.says(ANA, direct, "and what is its date?")
        await world.hears(first, "dated **2026-10-02**.", channel=direct)
        other = await world.slack.says(ANA, direct, "and what is its date?", thread_ts=first)
        await world.hears(first, "I don't know which invoice you mean", channel=direct)
        assert len(top(world, direct)) == 2  # that one stands in the thread
        await world.slack.says(ANA, direct, "refund $29 on INV-1003")
        await world.slack.until(lambda: world.cards_in("C0FINANCE1"))
        (main,) = world.cards_in("C0FINANCE1")
        await world.slack.says(ANA, direct, "are you there?")
        await world.hears(other, "For something else meanwhile, begin a thread", channel=direct)
        await world.approves(OMAR, main)
        await world.hears(first, "Done: I refunded", channel=direct)
        await world.slack.says(ANA, direct, "reset")
        await world.hears(first, "Forgotten", channel=direct)
        await world.slack.says(ANA, direct, "and what is its date?")
        await world.slack.until(lambda: "I don't know which invoice" in top(world, direct)[-1])


async def test_what_a_gap_missed_at_the_top_is_answered_there_once(world: World) -> None:
    direct = world.slack.workspace.direct(ANA).id
    async with world.bot():
        before = await world.slack.says(ANA, direct, "show me INV-1003")
        await world.hears(before, "Hazel & Co", channel=direct)
    missed = await world.slack.says(ANA, direct, "and what is its date?")
    await deaf_for(world, timedelta(minutes=10))
    async with world.bot():
        await world.hears(missed, "dated **2026-10-02**.", channel=direct)
    await deaf_for(world, timedelta(minutes=10))
    async with world.bot(DM_MEMORY="thread"):  # what was answered stays answered
        own = await world.slack.says(ANA, direct, "and what is its date?")
        await world.slack.until(lambda: len(world.slack.thread(direct, own)) == 2)

    assert len(top(world, direct)) == 2
    assert "I don't know which invoice" in world.slack.thread(direct, own)[-1].shown
    assert ids(world.slack.thread(direct, own)[-1]) == []
