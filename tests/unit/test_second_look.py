"""The look at the world right before a click counts: what is not so any more is approved by nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from agents.tool_context import ToolContext

from bot.agents.approved_tools import ApprovedTools
from bot.agents.context import RunContext
from bot.agents.tools.approval import approved_tool
from bot.conversation.handling import Handling
from bot.conversation.previews import Previews
from bot.conversation.second_look import SecondLook
from bot.domain.approvals.approval import Approval, ApprovalStatus, Verdict
from bot.domain.approvals.condition import Call
from bot.domain.approvals.policy import Policy, ask
from bot.domain.approvals.preview import Fact, Preview
from bot.domain.approvals.same_target import OnTarget
from bot.domain.approvals.transitions import decide
from bot.domain.errors import CannotBeDone, NotLookedUp
from bot.domain.events import DecisionMade
from bot.slack.preview_blocks import preview_blocks
from tests.factories import NOON, OMAR, a_decision, an_approval, seated

ALL = Preview("Refund 29.00 USD to Hazel & Co", (Fact("Left to refund", "29.00 USD"),))
LESS = Preview("Refund 29.00 USD to Hazel & Co", (Fact("Left to refund", "17.00 USD"),))
TOO_MUCH = Preview(
    "Refund 29.00 USD to Hazel & Co", (Fact("Left to refund", "4.00 USD"),), "4.00 USD are left."
)
SHOWN = an_approval(preview=ALL)


@dataclass
class World:
    """What there is to look at; None where nobody answers."""

    now: Preview | None


async def in_the_world(world: World, call: Call) -> Preview:
    del call
    if world.now is None:
        raise ConnectionError
    return world.now


@approved_tool(Policy(ask("finance")), preview=in_the_world)
async def issue_refund(
    ctx: ToolContext[RunContext], invoice_id: str, amount: str, currency: str, reason: str
) -> str:
    """Refund money."""
    del ctx, invoice_id, currency, reason
    return amount


OTHERS = OnTarget("INV-1003", count=2)
#: Of these tests nothing needs what an event knows.
H = cast("Any", None)


async def others(h: Handling, approval: Approval) -> OnTarget | None:
    del h, approval
    return OTHERS


def second_look(now: Preview | None) -> SecondLook:
    return SecondLook(Previews(ApprovedTools([issue_refund]), World(now)), others, H)


def click(verdict: Verdict = Verdict.APPROVE) -> DecisionMade:
    return DecisionMade("03-k7Qm2x", OMAR, verdict, NOON, "C1")


APPROVED = decide(SHOWN, a_decision(digest=SHOWN.shown), seats=seated(OMAR, "finance"))


async def test_a_click_counts_where_all_is_as_it_was_shown() -> None:
    assert await second_look(ALL).at(H, SHOWN, APPROVED, click()) == APPROVED


async def test_what_has_changed_is_shown_first_and_the_click_counts_for_nothing() -> None:
    after = await second_look(LESS).at(H, SHOWN, APPROVED, click())

    assert (after.status, after.preview, after.decisions) == (ApprovalStatus.PENDING, LESS, ())
    assert (SHOWN.on_target, after.on_target) == (None, OTHERS)
    assert after.seen_anew_by(OMAR, NOON) is not None
    assert after.shown != SHOWN.shown


async def test_a_new_problem_is_shown_first_and_one_that_stands_there_is_refused() -> None:
    after = await second_look(TOO_MUCH).at(H, SHOWN, APPROVED, click())
    assert (after.status, after.preview) == (ApprovalStatus.PENDING, TOO_MUCH)

    with pytest.raises(CannotBeDone) as refused:
        await second_look(TOO_MUCH).at(H, after, APPROVED, click())
    assert refused.value.problem == "4.00 USD are left."


async def test_a_changed_call_is_shown_with_what_else_there_is_by_then() -> None:
    assert (await second_look(LESS).behind(H, SHOWN)).on_target == OTHERS


async def test_no_click_counts_where_nobody_can_look_any_more() -> None:
    with pytest.raises(NotLookedUp):
        await second_look(None).at(H, SHOWN, APPROVED, click())


async def test_a_rejection_needs_no_look() -> None:
    rejected = decide(
        SHOWN,
        a_decision(verdict=Verdict.REJECT, digest=SHOWN.shown),
        seats=seated(OMAR, "finance"),
    )

    assert await second_look(None).at(H, SHOWN, rejected, click(Verdict.REJECT)) == rejected


async def test_a_card_says_once_what_is_wrong() -> None:
    after = await second_look(TOO_MUCH).at(H, SHOWN, APPROVED, click())
    said = " ".join(block["text"]["text"] for block in preview_blocks(after))

    assert said.count("4.00 USD are left.") == 1
    assert "Changed since this was asked: it cannot be done any more." in said
