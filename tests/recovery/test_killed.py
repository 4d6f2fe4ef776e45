"""Real processes, killed for real."""

from __future__ import annotations

from devkit.billing.server import Fault
from tests.bots import Bots
from tests.world import ANA, OMAR, SUPPORT, World, ids


async def test_a_click_resumes_in_another_process_after_the_first_was_killed(
    world: World, bots: Bots
) -> None:
    first = await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    await first.kill()
    await world.slack.until(lambda: world.slack.sockets == 0)
    await bots.start()
    await world.approves(OMAR, card)
    await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")

    assert world.refunds == [("INV-1003", "29.00")]


async def test_a_worker_killed_in_the_middle_of_its_answer_is_replaced_in_the_same_message(
    world: World, bots: Bots
) -> None:
    world.model.delay = 0.05
    first = await bots.start()
    thread = await world.asks("write a long answer")
    await world.slack.until(lambda: [m for m in world.replies(thread) if m.edits])
    await first.kill()
    world.model.delay = 0.01
    await bots.start()
    await world.hears(thread, "Part 5")

    assert len(world.replies(thread)) == 1


async def test_a_worker_killed_while_its_answer_streams_is_replaced_in_the_same_message(
    world: World, bots: Bots
) -> None:
    world.model.delay = 0.05
    first = await bots.start(REPLY_STREAM="native")
    thread = await world.asks("write a long answer")
    await world.slack.until(lambda: [m for m in world.replies(thread) if "Part 1" in m.shown])
    (message,) = world.replies(thread)
    assert world.slack.streams.is_open(message)
    await first.kill()
    world.model.delay = 0.01
    await bots.start(REPLY_STREAM="edits")
    answer = await world.hears(thread, "Part 5")

    assert world.replies(thread) == [answer]
    assert answer.ts == message.ts
    assert not world.slack.streams.is_open(answer)


async def test_a_worker_killed_after_the_refund_and_before_its_note_asks_a_person_what_happened(
    world: World, bots: Bots
) -> None:
    first = await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    world.billing.hold_answers(1)
    await world.approves(OMAR, card)
    await world.billing.when_refunded()
    await first.kill()
    await bots.start()
    await world.hears(thread, "I do not know whether it happened")
    await world.slack.until(lambda: [m for m in world.replies(thread) if "happened" in ids(m)])
    (question,) = [m for m in world.replies(thread) if "happened" in ids(m)]
    assert world.billing.requests == 1  # nothing was tried again behind anybody's back
    await world.slack.clicks(OMAR, question.channel, question.ts, "try_again")
    await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")

    assert world.refunds == [("INV-1003", "29.00")]
    assert world.billing.requests == 2


async def test_a_new_try_after_a_kill_is_not_settled_by_a_refusal(world: World, bots: Bots) -> None:
    first = await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    world.billing.hold_answers(1)
    await world.approves(OMAR, card)
    await world.billing.when_refunded()
    await first.kill()
    await bots.start()
    await world.hears(thread, "I do not know whether it happened")
    await world.slack.until(lambda: [m for m in world.replies(thread) if "happened" in ids(m)])
    (question,) = [m for m in world.replies(thread) if "happened" in ids(m)]
    world.billing.faults.append(Fault(status=401, times=9))
    await world.slack.clicks(OMAR, question.channel, question.ts, "try_again")
    await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")

    assert world.refunds == [("INV-1003", "29.00")]
    assert (world.billing.requests, world.billing.look_ups) == (2, 1)


async def test_two_processes_share_the_work(world: World, bots: Bots) -> None:
    for _ in range(2):
        await bots.start()
    threads = [await world.asks(f"refund ${amount} on INV-1005") for amount in (30, 31, 32, 33)]
    for thread in threads:
        await world.insists(OMAR, await world.card(thread))
    for thread in threads:
        await world.hears(thread, "Done: I refunded")

    assert sorted(amount for _, amount in world.refunds) == ["30.00", "31.00", "32.00", "33.00"]
    assert all(len(world.replies(thread)) == 3 for thread in threads)


async def test_sigterm_drains_and_leaves_nothing_half_said(world: World, bots: Bots) -> None:
    world.model.delay = 0.01
    first = await bots.start()
    thread = await world.asks("write a long answer")
    await world.slack.until(lambda: world.replies(thread))
    await first.stop()
    await bots.start()
    await world.slack.says(ANA, SUPPORT, "hello", thread_ts=thread)
    await world.hears(thread, "Here is what you can try")

    assert len(world.done(thread)) == 2
