"""A thread that is longer than a model reads: what was said first is known, as data, with whose words it is, until a reset."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.notes import MARK
from bot.domain.thread import ThreadRef
from bot.domain.usage import SECONDS_OF_A_DAY, Dimension
from bot.store import client
from bot.store.keys import place
from bot.store.records import STATE
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.usage import UsageBook
from devkit.slack.workspace import TEAM
from tests.world import ANA, MEI, OMAR, SUPPORT, World

FACT = "Our purchase order is PO-4711."


async def test_a_fact_of_the_first_message_is_known_when_it_is_not_shown_any_more_and_forgotten_by_a_reset(
    world: World,
) -> None:
    async with world.bot(HISTORY_TOKENS="2000"), client.connect(world.redis_url) as redis:
        thread = await world.asks(FACT, user=OMAR)
        await world.slack.until(lambda: len(world.done(thread)) == 1)
        for number in range(2, 6):
            await world.asks("write a long answer", thread=thread)
            await world.slack.until(lambda number=number: len(world.done(thread)) == number)  # type: ignore[misc]
        await world.asks("remind me of our purchase order", thread=thread)
        await world.hears(thread, f"You said: {FACT}")

        sent = str(world.model.asked()[-1].body)
        assert sent.count(FACT) == sent.count(f"> - a person said: {FACT}") == 1
        assert sent.count(MARK) == 1
        notes = len(world.model.asked_for_notes())
        day = int((await redis.time())[0]) // SECONDS_OF_A_DAY
        assert notes == (await UsageBook(redis, world.keys).of(Dimension.KIND, "summary", day)).requests > 0

        # Even where the thread's row names nobody any more, whose words are in the notes decides nothing.
        ref, sealer = ThreadRef(TEAM, SUPPORT, thread), Sealer([world.key])
        threads, row = ThreadStore(redis, world.keys, sealer), world.keys.state(ref)
        state = replace(await threads.load(ref), authors=())
        await redis.set(row, STATE.dump(sealer, state, place(row)))
        await world.asks("refund $29 on INV-1003", user=MEI, thread=thread)
        await world.card(thread)
        [approval] = await threads.pending(TEAM)
        assert approval.requester == MEI
        assert {ANA, OMAR} <= {*approval.authors}

        await world.asks("reset", thread=thread)
        await world.hears(thread, "Forgetting it withdraws that")
        await world.asks("reset", thread=thread)
        await world.hears(thread, "Forgotten, as asked.")
        assert await redis.exists(world.keys.memory(ref)) == 0
        await world.asks("remind me of our purchase order", thread=thread)
        await world.hears(thread, "Nothing of that is in what I can see of this thread.")


async def test_what_was_said_is_forgotten_where_nobody_knows_any_more_who_said_it(world: World) -> None:
    async with world.bot(), client.connect(world.redis_url) as redis:
        thread = await world.asks(FACT, user=OMAR)
        await world.slack.until(lambda: len(world.done(thread)) == 1)
        ref = ThreadRef(TEAM, SUPPORT, thread)
        await redis.set(world.keys.state(ref), b"of a release that is not out yet")
        await world.asks("remind me of our purchase order", thread=thread)
        await world.hears(thread, "no longer fits my present version, so I closed it")
        await world.asks("remind me of our purchase order", thread=thread)
        await world.hears(thread, "Nothing of that is in what I can see of this thread.")

        assert FACT not in str(world.model.asked()[-1].body)


async def test_whoever_asks_again_as_told_is_answered_where_the_record_was_not_readable(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
    async with client.connect(world.redis_url) as redis:
        await redis.set(
            world.keys.state(ThreadRef(TEAM, SUPPORT, thread)), b"of a release that is not out yet"
        )
    async with world.bot():
        await world.approves(OMAR, card)
        await world.hears(thread, "so I closed it. Please ask again")
        so_far = len(world.done(thread))
        await world.slack.says(ANA, SUPPORT, "hello there", thread_ts=thread)
        await world.slack.until(lambda: len(world.done(thread)) > so_far)
