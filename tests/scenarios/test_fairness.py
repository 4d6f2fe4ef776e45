"""One person asks for too much: others are served, clicks are decided, and a day has an end."""

from __future__ import annotations

from tests.world import ANA, MEI, OMAR, SUPPORT, World, ids

FULL = {"WORKER_CONCURRENCY": "2", "CONTROL_CONCURRENCY": "2"}


async def floods(world: World, count: int, user: str = ANA) -> list[str]:
    """Ask in so many threads at once."""
    return [await world.asks("show me INV-1003", user=user) for _ in range(count)]


def running(world: World) -> int:
    """How many runs show in Slack that they are under way."""
    return sum("stop" in ids(message) for message in world.slack.workspace.messages[SUPPORT].values())


async def test_a_click_is_decided_while_every_slot_runs_and_a_flood_waits(world: World) -> None:
    async with world.bot(**FULL):
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        async with world.model.held():
            await floods(world, 20)
            await world.asks("show me INV-1005", user=MEI)
            await world.slack.until(lambda: running(world) == 2)
            await world.approves(OMAR, card)
            await world.slack.until(lambda: "approve" not in ids(card))
            await world.recorded("decided")
            assert world.refunds == []
        await world.hears(thread, "Done: I refunded **29.00 USD**")

    assert world.refunds == [("INV-1003", "29.00")]


async def test_a_reset_is_answered_while_every_slot_runs(world: World) -> None:
    async with world.bot(**FULL):
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        async with world.model.held():
            await floods(world, 5)
            await world.asks("show me INV-1005", user=MEI)
            await world.slack.until(lambda: running(world) == 2)
            await world.asks("reset", thread=thread)
            await world.hears(thread, "Forgotten, as asked")


async def test_another_person_is_answered_while_one_persons_runs_are_held(world: World) -> None:
    async with world.bot(**FULL):
        async with world.model.held():
            flood = await floods(world, 10)
            await world.slack.until(lambda: running(world) == 1)
            await world.asks("show me INV-1005", user=MEI)
            # One of the two slots is kept from whoever holds the other.
            await world.slack.until(lambda: running(world) == 2)
            assert sum(bool(world.replies(thread)) for thread in flood) == 1
        for thread in flood:
            await world.hears(thread, "Hazel & Co")


async def test_who_has_used_up_their_messages_is_told_so_once_and_can_still_click_and_reset(
    world: World,
) -> None:
    async with world.bot(MESSAGES_PER_PERSON_PER_DAY="2"):
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        second = await world.asks("show me INV-1003")
        await world.hears(second, "Hazel & Co")
        asked = len(world.model.asked())

        refused = [await world.asks("show me INV-1005") for _ in range(3)]
        await world.slack.until(
            lambda: any("midnight UTC" in m.shown for t in refused for m in world.done(t))
        )
        await world.told(ANA, "You have written 2 messages to me today")
        assert len(world.model.asked()) == asked
        assert sum(len(world.replies(t)) for t in refused) == 1

        await world.approves(OMAR, card)
        await world.hears(thread, "Done: I refunded **29.00 USD**")
        await world.asks("reset", thread=second)
        await world.hears(second, "Forgotten, as asked")
        other = await world.asks("show me INV-1003", user=MEI)
        await world.hears(other, "Hazel & Co")

    assert world.refunds == [("INV-1003", "29.00")]


async def test_tokens_of_all_runs_of_a_day_count_and_are_said_to_be_used_up(world: World) -> None:
    async with world.bot(TOKENS_PER_PERSON_PER_DAY="1"):
        thread = await world.asks("show me INV-1003")
        await world.hears(thread, "Hazel & Co")
        again = await world.asks("and INV-1005?", thread=thread)
        await world.hears(again, "used up your share of the models")


async def test_a_message_into_a_run_that_waits_counts_too(world: World) -> None:
    async with world.bot(MESSAGES_PER_PERSON_PER_DAY="1"):
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        await world.asks("because it was late", thread=thread)
        await world.hears(thread, "midnight UTC")
        await world.approves(OMAR, card)
        await world.hears(thread, "Done: I refunded **29.00 USD**")
