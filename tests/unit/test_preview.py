"""Previews: what is kept of one, what it says differently, and that nobody agrees to what they were not shown."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.agents.tools.preview import looked
from bot.domain.approvals.approval import Approval, ApprovalStatus, Verdict
from bot.domain.approvals.bound import Bound
from bot.domain.approvals.condition import Call
from bot.domain.approvals.grants import grant
from bot.domain.approvals.preview import (
    FACTS,
    PROBLEM,
    TITLE,
    UNREAD,
    VALUE,
    Fact,
    Look,
    Preview,
    PreviewChange,
    bounded,
    compared,
    differences,
)
from bot.domain.approvals.requirement import Requirement
from bot.domain.approvals.transitions import PREVIEW_CHANGES, authorize, decide, edit, seen_anew
from bot.domain.errors import CardOutdated, NotAuthorized
from bot.settings.config import Settings
from bot.wiring.policy_table import fingerprint
from countersign.teams import hr
from tests.factories import MEI, NOON, OMAR, a_decision, an_approval, seated
from tests.unit.test_approval import EDITABLE, an_edit

LEFT = Preview("Refund 29.00 USD to Hazel & Co", (Fact("Left to refund", "29.00 USD"),))
LESS = replace(LEFT, facts=(Fact("Left to refund", "4.00 USD"),))
GONE = replace(LESS, problem="Only 4.00 USD of INV-1003 can be refunded.")
TWO = (Requirement("finance", "Two of finance.", quorum=2),)
CALL = Call("issue_refund", {"amount": "29.00"}, "U0ANA00001", "C0SUPPORT1")


def changed(approval: Approval, after: Preview, by: str = MEI) -> Approval:
    return seen_anew(approval, PreviewChange(by, NOON, approval.preview or UNREAD, after))


def test_without_a_preview_the_fingerprint_is_the_call_s_own() -> None:
    assert an_approval().shown == an_approval().digest


def test_the_fingerprint_covers_everything_that_a_preview_shows() -> None:
    fact = LEFT.facts[0]
    others = [
        *(
            LESS,
            GONE,
            UNREAD,
            Preview(),
            replace(LEFT, title="Refund 29.00 USD to Hazel"),
            replace(LEFT, facts=()),
        ),
        replace(LEFT, facts=(fact, fact)),
        replace(LEFT, facts=(replace(fact, label="Left"),)),
    ]
    shown = {an_approval(preview=one).shown for one in (None, LEFT, *others)}

    assert len(shown) == len(others) + 2
    assert {an_approval(preview=one).digest for one in others} == {an_approval().digest}


def test_an_approval_of_another_preview_counts_for_nothing() -> None:
    asked = an_approval(preview=LEFT)

    with pytest.raises(CardOutdated):
        decide(asked, a_decision(digest=asked.digest), seats=seated(OMAR))
    with pytest.raises(CardOutdated):
        decide(changed(asked, LESS), a_decision(digest=asked.shown), seats=seated(OMAR))
    approved = decide(asked, a_decision(digest=asked.shown), seats=seated(OMAR))
    authorize(approved, approved.asked_digest)
    with pytest.raises(NotAuthorized):
        authorize(replace(approved, preview=LESS), approved.asked_digest)


def test_who_agreed_before_it_changed_has_to_agree_anew() -> None:
    asked = an_approval(preview=LEFT, requirements=TWO)
    half = decide(asked, a_decision(OMAR, digest=asked.shown), seats=seated(OMAR))
    anew = changed(half, LESS)

    assert (half.missing, anew.missing) == ({"finance": 1}, {"finance": 2})
    assert anew.preview_changes[-1].void == (OMAR,)
    assert changed(half, LESS, by=OMAR).preview_changes[-1].void == ()  # who clicks is told at once
    assert anew.decisions == ()  # the card must not say that anybody approved this
    once = decide(anew, a_decision(MEI, digest=anew.shown), seats=seated(MEI))
    assert once.status is ApprovalStatus.PENDING
    both = decide(once, a_decision(OMAR, digest=anew.shown), seats=seated(OMAR))
    assert both.status is ApprovalStatus.APPROVED


def test_a_closed_approval_keeps_what_it_showed() -> None:
    asked = an_approval(preview=LEFT)
    approved = decide(asked, a_decision(digest=asked.shown), seats=seated(OMAR))

    assert changed(approved, LESS) == approved


def test_the_last_changes_are_kept_and_no_more() -> None:
    asked = an_approval(preview=LEFT)
    for _ in range(PREVIEW_CHANGES):
        asked = changed(changed(asked, LESS), LEFT)

    assert len(asked.preview_changes) == PREVIEW_CHANGES
    assert asked.preview_changes[-1] == PreviewChange(MEI, NOON, LESS, LEFT)


def test_an_edit_leaves_no_preview_of_other_arguments() -> None:
    asked = replace(EDITABLE, preview=LEFT)
    edited = edit(asked, an_edit(by=MEI, reason="x"), digest=asked.shown, seats=seated(MEI), needs=())

    assert edited.preview is None


def test_who_agreed_before_it_was_edited_is_kept_with_the_edit() -> None:
    asked = replace(EDITABLE, requirements=TWO)
    half = decide(asked, a_decision(OMAR, digest=asked.shown), seats=seated(OMAR))
    edited = edit(half, an_edit(by=MEI, reason="x"), digest=half.shown, seats=seated(MEI), needs=())

    assert edited.edits[-1].void == (OMAR,)


def test_an_approval_for_the_rest_of_a_run_reaches_a_call_that_shows_something_else() -> None:
    first = an_approval(preview=LEFT, offers=replace(an_approval().offers, rest_of_run=True, bound=Bound(1)))
    given = decide(first, a_decision(verdict=Verdict.APPROVE_REST, digest=first.shown), seats=seated(OMAR))
    later = grant(replace(first, id="03-other", preview=None), given)

    authorize(later, later.asked_digest)


@pytest.mark.parametrize(
    ("shown", "now", "says"),
    [
        (None, None, Look.SAME),
        (LEFT, None, Look.SAME),
        (LEFT, LEFT, Look.SAME),
        (LEFT, LESS, Look.CHANGED),
        (UNREAD, LEFT, Look.CHANGED),
        (GONE, LEFT, Look.CHANGED),
        (LEFT, GONE, Look.PROBLEM),
        (GONE, GONE, Look.PROBLEM),
        (UNREAD, GONE, Look.PROBLEM),
        (LEFT, UNREAD, Look.SILENT),
        (GONE, UNREAD, Look.SILENT),
        (UNREAD, UNREAD, Look.SAME),
    ],
)
def test_what_a_second_look_says(shown: Preview | None, now: Preview | None, says: Look) -> None:
    assert compared(shown, now) is says


def test_what_differs_is_said_by_label() -> None:
    before = replace(LEFT, facts=(Fact("A", "1"), Fact("A", "2"), Fact("Gone", "x")))
    after = Preview("Refund 4.00 USD", (Fact("A", "1"), Fact("A", "3"), Fact("New", "y")))

    assert list(differences(before, after)) == [
        ("What it would do", before.title, after.title),
        ("A", "2", "3"),
        ("Gone", "x", ""),
        ("New", "", "y"),
    ]


def test_what_is_too_long_is_cut_and_says_so() -> None:
    many = tuple(Fact(f"Fact {number}", "x" * (VALUE + 7)) for number in range(FACTS + 5))
    kept = bounded(Preview("t" * (TITLE + 1_000), many, "p" * (PROBLEM + 1)))

    assert kept.title == "t" * TITLE + "… (1,000 more characters)"
    assert kept.problem == "p" * PROBLEM + "… (1 more characters)"
    assert kept.facts[0].value == "x" * VALUE + "… (7 more characters)"
    assert kept.facts[FACTS - 1 :] == (Fact("Not shown", "6 more"),)


def test_a_value_cannot_pass_for_another_fact() -> None:
    kept = bounded(Preview("Refund\n\nApproved", (Fact("A", "1\nB: 2\u2028C: \ud800"),)))

    assert kept == Preview("Refund Approved", (Fact("A", "1 B: 2 C: \\ud800"),))


def test_a_team_s_preview_cannot_say_that_it_was_not_read() -> None:
    assert bounded(Preview("x", unread=True)) == Preview("x")


def test_a_preview_makes_other_policies() -> None:
    """So that a replica which would lose what people were shown rests."""
    tools = hr.team().approved
    without = [replace(tool, preview=None) for tool in tools]
    settings = Settings(approvers={"hr": ["U0THEO0001"]})  # pyright: ignore[reportCallIssue]

    assert fingerprint(settings, hr.team(), tools) != fingerprint(settings, hr.team(), without)


async def never(services: Any, call: Call) -> Preview:
    await asyncio.Event().wait()
    return LEFT


async def stubborn(services: asyncio.Event, call: Call) -> Preview:
    while not services.is_set():
        try:
            await services.wait()
        except asyncio.CancelledError:
            continue  # code that takes no cancellation
    return LEFT


async def late(services: asyncio.Event, call: Call) -> Preview:
    await services.wait()
    return LEFT


async def broken(services: Any, call: Call) -> Preview:
    raise ConnectionError("secret address")


async def no_preview(services: Any, call: Call) -> Any:
    return {"title": "Refund"}


async def a_number(services: Any, call: Call) -> Any:
    return Preview("Refund", (Fact("Left", 29),))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("looks_ahead", [never, broken, no_preview, a_number])
async def test_what_goes_wrong_is_no_preview_and_no_error(looks_ahead: Any) -> None:
    assert await looked(looks_ahead, None, CALL, patience=0.01) == UNREAD


async def test_a_look_has_its_time_and_what_comes_later_is_not_waited_for() -> None:
    released = asyncio.Event()
    asyncio.get_running_loop().call_later(1, released.set)

    assert await looked(late, released, CALL, patience=0.01) == UNREAD


async def test_code_that_takes_no_cancellation_holds_up_nobody() -> None:
    released = asyncio.Event()

    assert await looked(stubborn, released, CALL, patience=0.01) == UNREAD
    released.set()
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)


async def test_whoever_ends_the_look_ends_what_it_asks() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow(services: Any, call: Call) -> Preview:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return LEFT

    task = asyncio.create_task(looked(slow, None, CALL))
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await ended.wait()
