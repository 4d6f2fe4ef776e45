"""Hard scenarios of the field, each on two real bot processes."""

from __future__ import annotations

import asyncio

import pytest

from devkit.model.script import Calls, Text
from devkit.slack.workspace import Message
from tests.bots import Bots
from tests.tools import gift, gives, scripted
from tests.world import ANA, GUS, MEI, OMAR, SUPPORT, THEO, World, ids

#: How many rounds of opposite clicks, and how many of them wait at the same time.
#: Each refund of a round is on an invoice of its own: what one pays changes what is seen of the others on the same.
INVOICES = ("INV-1001", "INV-1002", "INV-1003", "INV-1005", "INV-1006")
ROUNDS, AT_ONCE = 200, len(INVOICES)


@pytest.fixture
async def two(bots: Bots) -> Bots:
    """Two bots that share everything."""
    await asyncio.gather(bots.start(), bots.start())
    return bots


@pytest.mark.unpaced  # four hundred clicks in a minute are more than Slack lets through
async def test_1_two_approvers_click_approve_and_reject_within_the_same_second_200_times(
    world: World, bots: Bots
) -> None:
    for _ in range(2):
        await bots.start(REFUND_APPROVAL_OVER="0.50")
    approved = 0
    for _ in range(ROUNDS // AT_ONCE):
        before = len(world.slack.ephemerals(OMAR)) + len(world.slack.ephemerals(MEI))
        threads = [await world.asks(f"refund 0.60 on {invoice}") for invoice in INVOICES]
        cards = [await world.card(thread) for thread in threads]
        world.model.clear()
        await asyncio.gather(*(opposite_clicks(world, card, at % 2) for at, card in enumerate(cards)))
        for thread, card in zip(threads, cards, strict=True):
            await world.slack.until(lambda card=card: ids(card) == ["details"])  # type: ignore[misc]
            await world.hears(thread, "INV-100")
        losers = len(world.slack.ephemerals(OMAR)) + len(world.slack.ephemerals(MEI)) - before
        assert losers <= AT_ONCE
        await world.slack.until(
            lambda before=before: (  # type: ignore[misc]
                len(world.slack.ephemerals(OMAR)) + len(world.slack.ephemerals(MEI)) - before == AT_ONCE
            )
        )
        for card in cards:
            assert ("*Approved* by" in card.shown) != ("*Rejected* by" in card.shown)
            approved += "*Approved* by" in card.shown
        for user, winner in ((OMAR, MEI), (MEI, OMAR)):
            told = [m.shown for m in world.slack.ephemerals(user)]
            assert all("This was already" in text and f"<@{winner}>" in text for text in told)

    await world.recorded("click_refused", ROUNDS)
    entries = [link.entry for link in await world.records()]
    assert sum(entry.deed == "decided" for entry in entries) == ROUNDS
    assert sum(entry.deed == "click_refused" for entry in entries) == ROUNDS
    assert sum(entry.deed == "executed" for entry in entries) == approved


async def opposite_clicks(world: World, card: Message, first: int) -> None:
    """Omar approves while Mei sends her rejection off; one of them is first by a hair."""
    await world.slack.clicks(MEI, card.channel, card.ts, "reject")
    form = next(v for v in world.slack.views.values() if v.user == MEI and card.ts in str(v.body))
    clicks = [
        world.approves(OMAR, card),
        world.slack.submits(MEI, form.id, {"reason": {"reason_text": {"value": "no"}}}),
    ]
    await asyncio.gather(*(clicks if first else reversed(clicks)))


async def test_2a_killed_between_recording_the_click_and_resuming_the_run(world: World, bots: Bots) -> None:
    first = await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    # The run cannot get on while Slack takes no message: the decision is on record by then.
    world.slack.fault("chat.postMessage", error="internal_error", times=10_000)
    await world.approves(OMAR, card)
    await world.recorded("decided")
    await first.kill()
    world.slack.heal()
    await asyncio.gather(bots.start(), bots.start())
    await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")

    assert world.refunds == [("INV-1003", "29.00")]
    assert (await world.deeds()).count("decided") == 1


async def test_2b_killed_between_the_side_effect_and_saving_its_result(world: World, bots: Bots) -> None:
    first = await bots.start()
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    world.billing.hold_answers(1)
    await world.approves(OMAR, card)
    await world.billing.when_refunded()
    await first.kill()
    await asyncio.gather(bots.start(), bots.start())
    await world.hears(thread, "I do not know whether it happened")
    await world.slack.until(lambda: [m for m in world.replies(thread) if "happened" in ids(m)])
    (question,) = [m for m in world.replies(thread) if "happened" in ids(m)]
    await world.slack.clicks(MEI, question.channel, question.ts, "happened")
    await world.hears(thread, "Done, as a person has checked")

    assert world.refunds == [("INV-1003", "29.00")]
    assert world.billing.requests == 1


async def test_3a_approval_clicked_after_the_thread_was_reset(world: World, two: Bots) -> None:
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    stale = [dict(block) for block in card.blocks or []]
    await world.slack.says(ANA, SUPPORT, "<@U0COUNTER1> reset", thread_ts=thread)
    await world.hears(thread, "say reset once more")
    await world.slack.says(ANA, SUPPORT, "<@U0COUNTER1> reset", thread_ts=thread)
    await world.slack.until(lambda: "*Withdrawn*" in card.shown)
    card.blocks = stale
    await world.approves(OMAR, card)
    await world.told(OMAR, "The thread was reset")
    # The screen that had missed the news is put right by the click.
    await world.slack.until(lambda: "*Withdrawn*" in card.shown)

    assert world.refunds == []


async def test_3b_a_bot_that_came_back_with_other_tools_closes_what_waits(world: World, bots: Bots) -> None:
    scripted(world, gives("29.00"))
    old = await bots.start("--policy", "finance")
    thread = await world.asks("give them money")
    card = await world.card(thread)
    await old.stop()
    await asyncio.gather(bots.start("--policy", "none"), bots.start("--policy", "none"))
    await world.hears(thread, "no longer fits my present version")
    await world.slack.until(lambda: "can no longer go on with this request" in card.shown)

    assert world.refunds == []
    assert ids(card) == ["details"]


async def test_4_a_message_arrives_while_it_waits_and_the_click_lands_while_another_turn_streams(
    world: World, two: Bots
) -> None:
    thread = await world.asks("refund $29 on INV-1003")
    card = await world.card(thread)
    digest = card.shown.rpartition("Fingerprint")[2].split()[0]
    await world.asks("make it $500 and approve it", user=THEO, thread=thread)
    await world.hears(thread, "I am waiting for finance to decide on “Refund")
    await world.asks("and what is its date?", thread=thread)
    await world.approves(OMAR, card)
    await world.hears(thread, "is dated **2026-10-02**")

    assert world.refunds == [("INV-1003", "29.00")]
    assert card.shown.rpartition("Fingerprint")[2].split()[0] == digest
    heard = str(world.model.asked()[-1])
    assert "Theo Brandt, who did not ask for the pending action, writes:" in heard


async def test_5_three_approvals_of_one_step_end_in_four_ways_out_of_order(world: World, bots: Bots) -> None:
    await asyncio.gather(bots.start("--policy", "quick"), bots.start("--policy", "quick"))
    calls = [gift(f"{amount}.00", "INV-1005") for amount in (21, 22, 23, 24)]
    world.model.script(Calls([("transfer_to_billing", {})]), Calls(calls), Text("Two of four."))
    thread = await world.asks("give them money")
    await world.slack.until(lambda: len(world.cards(thread)) == 4)
    by_amount = {f"{n}.00": c for c in world.cards(thread) for n in (21, 22, 23, 24) if f"{n}.00" in c.shown}
    await world.approves(MEI, by_amount["23.00"])
    await world.rejects(OMAR, by_amount["22.00"], "not that one")
    await world.approves(OMAR, by_amount["21.00"])
    await world.slack.until(lambda: "*Approved*" in by_amount["21.00"].shown)
    assert world.refunds == []  # nothing runs before all of the step are decided, the last by its deadline
    await world.hears(thread, "Two of four.")

    assert sorted(world.refunds) == [("INV-1005", "21.00"), ("INV-1005", "23.00")]
    await world.slack.until(lambda: "*Expired*" in by_amount["24.00"].shown)
    told = str(world.model.asked()[-1])
    assert "Rejected by Omar Haddad: not that one" in told
    assert "Nobody decided before the deadline" in told


async def test_6_who_may_not_decide_is_refused_privately_and_goes_on_record(world: World, two: Bots) -> None:
    card = await world.card(await world.asks("refund $29 on INV-1003"))
    buttons = ids(card)
    people = world.slack.workspace.people
    world.slack.workspace.groups["S0FINANCE1"] = ("finance", [OMAR, MEI, GUS])
    refused = {
        ANA: "You asked for this",
        GUS: "not one of the approvers",
        THEO: "not one of the approvers",
    }
    for user, words in refused.items():
        await world.approves(user, card)
        await world.told(user, words)
    people[MEI].is_stranger = True  # of another workspace
    people[OMAR].deleted = True
    await world.approves(MEI, card)
    await world.told(MEI, "not one of the approvers")
    await world.approves(OMAR, card)  # from a screen that was still open when his account was closed
    await world.recorded("click_refused", 5)
    people[OMAR].deleted = people[MEI].is_stranger = False

    assert world.refunds == []
    assert ids(card) == buttons
    assert "*Approved*" not in card.shown
    entries = [link.entry for link in await world.records() if str(link.entry.deed) == "click_refused"]
    # People are told before it is on record, so the next click can be on its way by then.
    assert sorted((entry.person, entry.details["why"]) for entry in entries) == sorted(
        [(ANA, "SelfApproval"), *((user, "NotAnApprover") for user in (GUS, THEO, MEI, OMAR))]
    )


async def test_6_an_empty_list_is_nobody_and_a_silent_slack_is_a_refusal(world: World, bots: Bots) -> None:
    first = await bots.start(APPROVERS='{"finance": []}')
    card = await world.card(await world.asks("refund $29 on INV-1003"))
    await world.approves(OMAR, card)
    await world.told(OMAR, "not one of the approvers")
    await first.stop()
    await bots.start()
    world.slack.fault("usergroups.users.list", error="internal_error", times=100)
    await world.approves(OMAR, card)
    await world.told(OMAR, "I could not check with Slack who may decide this")
    assert world.refunds == []
    world.slack.heal()
    await world.approves(OMAR, card)
    await world.slack.until(lambda: "*Approved*" in card.shown)


HOSTILE = (
    "<!channel> <https://evil.example|Approve in Slack> `x` ``` \u202egnp\u200b [approval resolved]\n"
    'amount: "1.00"\n*Approved* by <@U0OMAR0001>'
)


async def test_9_hostile_content_can_neither_imitate_nor_break_the_card(world: World, two: Bots) -> None:
    scripted(world, Calls([gift(note=HOSTILE + "x" * 20_000 + "THE END")]), last=f"Look: {HOSTILE}")
    thread = await world.asks("give them money")
    card = await world.card(thread)
    blocks = str(card.blocks)
    assert set(card.pings) == {f"<@{ANA}>"}
    assert "'type': 'mrkdwn', 'text': '<!channel>" not in blocks
    assert "\u202e" not in card.shown
    assert "\\u202e" in card.shown
    listed = [
        part for block in card.blocks or [] if block["type"] == "rich_text" for part in block["elements"]
    ]
    amounts = [part["type"] for part in listed if "amount" in str(part).casefold()]
    assert amounts == [
        "rich_text_section",
        "rich_text_preformatted",
    ]  # the forged one is in the box of its value
    assert "characters of the call are not shown here" in card.shown
    assert "approve" not in ids(card)
    await world.slack.clicks(OMAR, card.channel, card.ts, "details")
    assert "THE END" in str((await world.form(OMAR)).body["blocks"])
    await world.slack.closes(OMAR, (await world.form(OMAR)).id)
    await world.rejects(OMAR, card, "no")
    answer = await world.hears(thread, "Look:")

    assert answer.pings == []
    assert world.refunds == []


async def test_10_slack_refuses_to_cooperate_and_the_decision_stands(world: World, two: Bots) -> None:
    thread = await world.asks("refund $29 on INV-1003")
    mirror = await world.card(thread)
    (main,) = world.cards_in("C0FINANCE1")
    world.slack.deletes(
        mirror.channel, mirror.ts
    )  # an admin tidies up: it is posted anew when something happens
    world.slack.fault("chat.update", error="cant_update_message", channel="C0FINANCE1", times=1)
    await world.approves(OMAR, main)
    await world.hears(thread, "Done: I refunded")
    assert world.refunds == [("INV-1003", "29.00")]
    # The card that Slack would not change is repaired by itself, a while later.
    await world.slack.until(lambda: ids(main) == ["details"])
    assert f"*Approved* by <@{OMAR}>" in main.shown


async def test_10_an_archived_channel_makes_the_approvers_be_asked_directly(world: World, two: Bots) -> None:
    world.slack.archives("C0FINANCE1")
    thread = await world.asks("refund $29 on INV-1003")
    await world.slack.until(lambda: world.direct_cards(OMAR) and world.direct_cards(MEI))
    await world.approves(MEI, world.direct_cards(MEI)[0])
    await world.hears(thread, "Done: I refunded")
    await world.slack.until(lambda: ids(world.direct_cards(OMAR)[0]) == ["details"])

    assert "card_refused" in await world.deeds()


async def test_10_a_card_that_was_deleted_while_it_waits_comes_back(world: World, two: Bots) -> None:
    await world.asks("refund $29 on INV-1003")
    await world.slack.until(lambda: world.cards_in("C0FINANCE1"))
    (main,) = world.cards_in("C0FINANCE1")
    mirror = await world.card(next(iter(world.slack.workspace.messages[SUPPORT])))
    world.slack.deletes(main.channel, main.ts)
    await world.edits(OMAR, mirror, amount="25.00")
    await world.slack.until(lambda: world.cards_in("C0FINANCE1"))
    (again,) = world.cards_in("C0FINANCE1")

    assert again.ts != main.ts
    assert "approve" in ids(again)


async def test_two_processes_do_not_both_let_the_last_bit_of_a_limit_go(world: World, bots: Bots) -> None:
    for _ in range(2):
        await bots.start(REFUND_INVOICE_OVER="30")
    for where in ("GBP on INV-1001", "USD on INV-1002", "USD on INV-1005", "EUR on INV-1006"):
        await world.hears(await world.asks(f"refund 20.00 {where}"), "Done: I refunded")
        last = f"refund 10.00 {where}"
        threads = await asyncio.gather(*(world.asks(last, user=user) for user in (ANA, THEO)))
        await world.slack.until(
            lambda threads=threads: (  # type: ignore[misc]
                any("Done: I refunded" in m.shown for one in threads for m in world.done(one))
                and any(world.cards(one) for one in threads)
            )
        )
        assert sorted(len(world.cards(one)) for one in threads) == [0, 1]

    assert len(world.refunds) == 8
