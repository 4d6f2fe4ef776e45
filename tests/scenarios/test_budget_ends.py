"""A run that nobody lets go on beyond its budget: it ends with a sentence, and what nobody has checked is read by no model."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.domain.approvals.approval import ApprovalStatus
from bot.domain.read_words import DELETED
from bot.domain.sentences import budget_kept
from bot.settings.config import Settings
from devkit.model.script import Calls, Text
from tests.scenarios.test_budgets import of_bot
from tests.world import ANA, MEI, OMAR, SUPPORT, World

#: Words that are nowhere else.
EXPIRED, WITHDRAWN, REJECTED, REFUSED = "quincewort", "brambleby", "ottermoss", "fennelgate"


async def test_a_message_that_nobody_could_pay_to_check_is_read_by_no_model_once_its_run_has_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    penniless = of_bot(world) | {"BUDGET_PER_RUN": "0.0001"}
    ends: dict[ApprovalStatus, str] = {}
    monkeypatch.setattr(Settings, "approval_ttl", timedelta(seconds=1))
    async with world.bot(**penniless):
        ends[ApprovalStatus.EXPIRED] = await world.asks(EXPIRED)
        await world.hears(ends[ApprovalStatus.EXPIRED], "Nobody decided in time whether I may go on")
    monkeypatch.undo()
    async with world.bot(**penniless):
        ends[ApprovalStatus.WITHDRAWN] = await world.asks(WITHDRAWN)
        card = await world.card(ends[ApprovalStatus.WITHDRAWN])
        await world.slack.clicks(ANA, card.channel, card.ts, "withdraw")
        ends[ApprovalStatus.REJECTED] = await world.asks(REJECTED)
        await world.rejects(MEI, await world.card(ends[ApprovalStatus.REJECTED]))
        for status, thread in ends.items():
            await world.hears(thread, budget_kept(status, is_read=False))
        assert world.model.requests == []

        world.model.script_guard(Text('{"label": "injection", "reason": "x"}'))
        refused = await world.asks(REFUSED)
        await world.approves(MEI, await world.card(refused))
        await world.hears(refused, "I can't help with that request")

    async with world.bot(**(penniless | {"BUDGET_PER_RUN": "1.00"})):
        for thread in (*ends.values(), refused):
            await world.asks("hello", thread=thread, user=OMAR)
        for thread in (*ends.values(), refused):
            await world.hears(thread, "Here is what you can try")
    read = json.dumps([asked.body for asked in world.model.asked()])
    assert [word for word in (EXPIRED, WITHDRAWN, REJECTED, REFUSED) if word in read] == []
    assert len(world.model.asked()) == len(ends) + 1


async def test_a_check_in_doubt_is_paid_for_in_turn_and_raises_the_run(world: World) -> None:
    """People are asked for the first look, for the second one, and for the answer."""
    world.model.script_guard(*(Text(f'{{"label": "{label}"}}') for label in ("unsure", "unsure", "ok")))
    world.model.script(Text("Hello."))
    async with world.bot(**(of_bot(world) | {"BUDGET_PER_RUN": "0.0001"})):
        thread = await world.asks("hm")
        for number in range(1, 4):
            await world.slack.until(lambda number=number: len(world.cards_in(SUPPORT)) == number)  # type: ignore[misc]
            await world.approves(MEI, await world.card(thread))
        await world.hears(thread, "Hello.")
    assert any("The check of this message was in doubt" in one.shown for one in world.replies(thread))
    assert [asked.model for asked in world.model.asked()] == ["gpt-5"]
    looks = [asked.model for asked in world.model.asked(guard=True)]
    assert looks == ["deepseek-flash", "deepseek-flash", "gpt-5"]


@pytest.mark.parametrize(
    "status", [ApprovalStatus.REJECTED, ApprovalStatus.EXPIRED, ApprovalStatus.WITHDRAWN]
)
@pytest.mark.parametrize("is_read", [True, False])
def test_it_is_said_who_did_not_want_it_what_became_of_it_and_what_to_do(
    status: ApprovalStatus, is_read: bool
) -> None:
    said = budget_kept(status, is_read=is_read)
    reason, _, rest = said.partition(", so I ")
    assert (
        reason
        == {
            ApprovalStatus.REJECTED: "I was not allowed to go on beyond the budget",
            ApprovalStatus.EXPIRED: "Nobody decided in time whether I may go on beyond the budget",
            ApprovalStatus.WITHDRAWN: "The request to let me go on beyond the budget was withdrawn",
        }[status]
    )
    assert rest == (
        "stopped here. What I had done by then stays done; ask me again if you still need the rest."
        if is_read
        else "have not read your message. Please write it again if you still need it."
    )


async def test_what_has_joined_a_run_that_nobody_lets_go_on_is_read_with_the_next_message(
    world: World,
) -> None:
    world.model.script(
        Calls([("transfer_to_billing", {})]), Calls([("get_invoice", {"invoice_id": "INV-1003"})])
    )
    async with world.bot(**of_bot(world)):
        thread = await world.asks("what about INV-1003?")
        card = await world.card(thread)
        await world.asks("the refund is urgent", thread=thread)
        await world.hears(thread, "I will read your message right after that")
        await world.rejects(MEI, card)
        await world.hears(thread, budget_kept(ApprovalStatus.REJECTED, is_read=True))
        world.model.script(Text("Yes, I know."))
        await world.asks("is it?", thread=thread)
        await world.hears(thread, "Yes, I know.")
    said = [entry.text for entry in world.model.asked()[-1].dialogue.entries if entry.role == "user"]
    assert [text.splitlines()[-1] for text in said] == [
        "what about INV-1003?",
        "the refund is urgent",
        "is it?",
    ]


@pytest.mark.parametrize("is_decided", [True, False], ids=["behind", "before"])
async def test_what_has_joined_such_a_run_and_is_deleted_is_read_no_more(
    world: World, is_decided: bool
) -> None:
    world.model.script(
        Calls([("transfer_to_billing", {})]), Calls([("get_invoice", {"invoice_id": "INV-1003"})])
    )
    async with world.bot(**of_bot(world)):
        thread = await world.asks("what about INV-1003?")
        card = await world.card(thread)
        joined = await world.slack.says(ANA, SUPPORT, "their phone is 5550", thread_ts=thread)
        await world.hears(thread, "I will read your message right after that")
        if is_decided:
            await world.rejects(MEI, card)
            await world.hears(thread, budget_kept(ApprovalStatus.REJECTED, is_read=True))
        world.slack.deletes(SUPPORT, joined)
        await world.taken()
        if not is_decided:
            await world.hears(thread, budget_kept(ApprovalStatus.WITHDRAWN, is_read=True))
        world.model.script(Text("Yes, I know."))
        await world.asks("is it?", thread=thread)
        await world.hears(thread, "Yes, I know.")
    last = str(world.model.asked()[-1].body)
    assert DELETED in last
    assert "5550" not in last
