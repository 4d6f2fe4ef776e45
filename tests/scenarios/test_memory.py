"""What a thread remembers, and what makes it forget."""

from __future__ import annotations

import pytest

from tests.world import ANA, BOT_USER, OMAR, SUPPORT, THEO, World


async def test_a_follow_up_remembers_and_needs_no_mention(world: World) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        await world.slack.says(ANA, SUPPORT, "and what is its date?", thread_ts=thread)
        await world.hears(thread, "dated **2026-10-02**.")


async def test_a_restarted_bot_remembers(world: World) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
    async with world.bot():
        await world.slack.says(ANA, SUPPORT, "and what is its date?", thread_ts=thread)
        await world.hears(thread, "dated **2026-10-02**.")


async def test_two_threads_never_see_each_other(world: World) -> None:
    async with world.bot():
        first = await world.asks("show me INV-1003")
        await world.hears(first, "Hazel & Co")
        second = await world.asks("and what is its date?")
        await world.hears(second, "I don't know which invoice you mean")


async def test_people_talking_to_each_other_are_left_alone(world: World) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        await world.slack.says(ANA, SUPPORT, f"<@{THEO}> is that yours?", thread_ts=thread)
        await world.slack.says(ANA, SUPPORT, "no mention, and no thread of the bot's")
        await world.slack.says(ANA, SUPPORT, "and what is its date?", thread_ts=thread)
        await world.hears(thread, "dated **2026-10-02**.")

    assert len(world.replies(thread)) == 2


async def _by_mention(world: World, thread: str) -> None:
    await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)


async def _by_shortcut(world: World, thread: str) -> None:
    assert await world.slack.shortcut(THEO, "reset_thread", SUPPORT, thread)


async def _by_link(world: World, thread: str) -> None:
    link = f"{world.slack.url}/archives/{SUPPORT}/p{thread.replace('.', '')}"
    assert await world.slack.command(ANA, SUPPORT, "/reset", link)


async def _by_picker(world: World, thread: str) -> None:
    await world.slack.command(ANA, SUPPORT, "/reset")
    picker = world.slack.ephemerals(ANA)[-1]
    assert picker.buttons, picker.shown
    assert await world.slack.clicks(ANA, SUPPORT, picker.ts, "reset_thread")


@pytest.mark.parametrize("way", [_by_mention, _by_shortcut, _by_link, _by_picker])
async def test_a_reset_forgets_and_withdraws_what_waits(world: World, way: object) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        stale = [dict(button) for button in card.buttons]
        blocks = card.blocks
        await way(world, thread)  # pyright: ignore[reportCallIssue, reportGeneralTypeIssues, reportUnknownMemberType]
        await world.hears(thread, "Forgotten")
        await world.slack.until(lambda: "*Withdrawn*" in card.shown)

        # Somebody's screen still shows the old card.
        assert stale
        card.blocks = blocks
        await world.approves(OMAR, card)
        await world.told(OMAR, "The thread was reset")

        await world.slack.says(ANA, SUPPORT, "and what is its date?", thread_ts=thread)
        await world.hears(thread, "I don't know which invoice you mean")

    assert world.refunds == []


async def test_a_link_does_not_reset_what_the_person_took_no_part_in(world: World) -> None:
    async with world.bot():
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        link = f"{world.slack.url}/archives/{SUPPORT}/p{thread.replace('.', '')}"
        await world.slack.command(THEO, SUPPORT, "/reset", link)
        await world.told(THEO, "not to a thread you and I wrote in")
        await world.slack.says(ANA, SUPPORT, "and what is its date?", thread_ts=thread)
        await world.hears(thread, "dated **2026-10-02**.")
