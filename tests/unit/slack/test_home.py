"""The Home tab's view."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.approvals.approval import ApprovalStatus, Ending, Execution, Question, canonical
from bot.domain.approvals.delegation import Delegation, delegated
from bot.domain.approvals.preview import Preview
from bot.domain.approvals.requirement import Requirement, Severity
from bot.domain.errors import DelegationRefused
from bot.domain.recent_thread import RecentThread
from bot.domain.thread import ThreadRef
from bot.slack import home
from bot.slack.durations import duration
from tests.factories import ANA, NOON, OMAR, an_approval
from tests.unit.slack import block_kit
from tests.unit.slack.test_cards import HOSTILE, LINK

NOW = NOON + timedelta(hours=3)


def a_page(**changes: object) -> home.Page:
    values = {
        "now": NOW,
        "waiting": [],
        "more": 0,
        "counted": True,
        "unsure": False,
        "asked": [],
        "stand_in": None,
        "threads": [],
    }
    return home.Page(**(values | changes))  # pyright: ignore[reportArgumentType]


def texts(page: home.Page) -> str:
    view = home.view(page)
    block_kit.check_view(view)
    return "\n".join(block_kit.texts(view["blocks"]))


def test_an_empty_home_says_so_in_every_part() -> None:
    shown = texts(a_page())

    for words in (
        "You are up to date.",
        "Nothing that needed anybody.",
        "Nobody decides in your place.",
        "None yet.",
    ):
        assert words in shown


def test_what_waits_has_its_age_amount_and_link() -> None:
    shown = texts(a_page(waiting=[(an_approval(), LINK)]))

    assert "Approval needed: Issue refund · 29.00 USD" in shown
    assert f"<@{ANA}>, 3 hours ago · 21 hours left · <{LINK}|Open the thread>" in shown


def test_what_was_asked_for_says_how_it_stands() -> None:
    done = an_approval(status=ApprovalStatus.APPROVED, execution=Execution(Ending.DONE, NOON))
    shown = texts(a_page(asked=[(done, LINK), (an_approval(), LINK)]))

    assert "Approved: Issue refund · 29.00 USD · done" in shown
    assert "still needed: 1 of finance" in shown


def test_a_stand_in_is_named_with_the_end() -> None:
    assert f"<@{OMAR}> may decide in your place until" in texts(
        a_page(stand_in=Delegation(ANA, OMAR, NOW + timedelta(days=1)))
    )


def test_the_fullest_home_there_can_be_is_one_that_slack_takes() -> None:
    grave = an_approval(
        tool=HOSTILE * 9,
        arguments=canonical({"amount": "9" * 12, "x": HOSTILE * 200}),
        requirements=tuple(
            Requirement(f"{n}{HOSTILE}" * 5, HOSTILE * 20, 9, severity=Severity.HIGH) for n in range(5)
        ),
    )
    asks = an_approval(question=Question.OUTCOME, arguments=canonical({"x": "y" * 9000}))
    page = a_page(
        waiting=[(grave, LINK)] * 6 + [(asks, LINK)] * 6,
        more=90,
        unsure=True,
        asked=[(grave, LINK)] * 8,
        stand_in=Delegation(ANA, OMAR, NOW),
        threads=[RecentThread(ThreadRef("T", "C", f"{n}.0"), HOSTILE * 20, LINK) for n in range(8)],
    )
    view = home.view(page)

    block_kit.check_view(view)
    assert view["blocks"][-1]["type"] == "section"  # nothing was cut off at the end


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(seconds=-5), "less than a minute"),
        (timedelta(seconds=20), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=3, seconds=-1), "3 hours"),
        (timedelta(hours=72, seconds=-1), "72 hours"),
        (timedelta(days=2, hours=5), "53 hours"),
        (timedelta(days=5, hours=1), "5 days 1 hour"),
        (timedelta(days=7, seconds=-1), "7 days"),
    ],
)
def test_how_long_is_said_to_the_nearest_unit(time: timedelta, words: str) -> None:
    assert duration(time) == words


@pytest.mark.parametrize(
    ("to", "days"),
    [(ANA, 1), (OMAR, 0), (OMAR, -1), (OMAR, 91)],
    ids=["oneself", "no time", "over", "too long"],
)
def test_nobody_stands_in_for_themselves_or_for_no_time_or_for_ever(to: str, days: int) -> None:
    with pytest.raises(DelegationRefused):
        delegated(ANA, to, NOW + timedelta(days=days), at=NOW)


def test_a_delegation_ends_at_its_moment() -> None:
    one = delegated(ANA, OMAR, NOW + timedelta(days=90), at=NOW)

    assert one.holds(one.until - timedelta(seconds=1))
    assert not one.holds(one.until)


def test_nothing_is_decided_in_home_that_is_not_wholly_shown_there() -> None:
    view = home.view(a_page(waiting=[(an_approval(arguments=canonical({"note": "x" * 2000})), LINK)]))
    offered = [e["action_id"] for b in view["blocks"] if b["type"] == "actions" for e in b["elements"]]

    assert "characters are not shown; decide on the card." in "\n".join(block_kit.texts(view["blocks"]))
    assert offered == ["details", "stand_in"]


def test_what_cannot_be_done_is_not_offered_to_be_approved_in_home() -> None:
    view = home.view(a_page(waiting=[(an_approval(preview=Preview("Pay", problem="4.00 are left.")), LINK)]))
    offered = [e["action_id"] for b in view["blocks"] if b["type"] == "actions" for e in b["elements"]]

    assert "This cannot be done as it stands: 4.00 are left." in "\n".join(block_kit.texts(view["blocks"]))
    assert offered == ["reject", "details", "stand_in"]
