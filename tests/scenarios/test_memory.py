"""What a thread remembers, and what makes it forget."""

from __future__ import annotations

import pytest

from tests.world import ANA, BOT_USER, OMAR, SUPPORT, THEO, World, ids


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


REFUND = "Refund 29.00 USD to Hazel & Co, INV-1003"


async def _by_mention(world: World, thread: str) -> None:
    await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
    asked = await world.hears(thread, f"Something waits in this thread: {REFUND}")
    await world.slack.clicks(ANA, SUPPORT, asked.ts, "reset_thread")
    await world.slack.until(lambda: asked.shown == "This thread was forgotten, as you said.")


async def test_a_question_whether_to_forget_counts_for_nothing_once_nothing_of_it_waits(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
        asked = await world.hears(thread, f"Something waits in this thread: {REFUND}")
        await world.approves(OMAR, card)
        await world.hears(thread, "Done: I refunded")
        await world.slack.clicks(ANA, SUPPORT, asked.ts, "reset_thread")
        await world.slack.until(lambda: "nothing was forgotten" in asked.shown)
        await world.slack.says(ANA, SUPPORT, "and what is its date?", thread_ts=thread)
        await world.hears(thread, "dated **2026-10-02**.")


async def test_a_reset_that_is_said_while_it_answers_stops_nothing_until_it_is_said_again(
    world: World,
) -> None:
    def told(thread: str) -> bool:
        return any("say reset once more, or press Stop" in one.shown for one in world.replies(thread))

    async with world.bot():
        async with world.model.held():
            first = await world.asks("refund $29 on INV-1003")
            await world.slack.until(lambda: world.model.asked())
            await world.asks("reset", thread=first)
            await world.slack.until(lambda: told(first))
        card = await world.card(first)  # the answer went on, and the reset is asked about
        await world.hears(first, f"Something waits in this thread: {REFUND}")
        assert "approve" in ids(card)
        async with world.model.held():
            second = await world.asks("show me INV-1004")
            await world.slack.until(lambda: world.replies(second))
            await world.asks("reset", thread=second)
            await world.slack.until(lambda: told(second))
            await world.asks("reset", thread=second)
            await world.hears(second, "Forgotten, as asked")


async def _by_saying_it_twice(world: World, thread: str) -> None:
    await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)
    await world.hears(thread, "say reset once more")
    await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> reset", thread_ts=thread)


async def _confirmed(world: World, user: str) -> None:
    """Press Reset in the private list, which says first what goes with it."""
    await world.told(user, "Which thread should I forget?")
    picker = world.slack.ephemerals(user)[-1]
    (reset,) = picker.buttons
    assert REFUND in reset["confirm"]["text"]["text"]
    assert await world.slack.clicks(user, SUPPORT, picker.ts, "reset_thread")
    await world.slack.until(lambda: not picker.buttons)
    assert picker.shown.startswith("I am resetting that thread")


async def _by_shortcut(world: World, thread: str) -> None:
    assert await world.slack.shortcut(THEO, "reset_thread", SUPPORT, thread)
    await _confirmed(world, THEO)


async def _by_link(world: World, thread: str) -> None:
    link = f"{world.slack.url}/archives/{SUPPORT}/p{thread.replace('.', '')}"
    assert await world.slack.command(ANA, SUPPORT, "/reset", link)
    await _confirmed(world, ANA)


async def _by_picker(world: World, thread: str) -> None:
    await world.slack.command(ANA, SUPPORT, "/reset")
    await _confirmed(world, ANA)


@pytest.mark.parametrize("way", [_by_mention, _by_saying_it_twice, _by_shortcut, _by_link, _by_picker])
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
