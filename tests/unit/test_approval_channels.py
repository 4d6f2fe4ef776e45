"""In which channels people are asked, and whose word is still needed."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import sentences
from bot.domain.approvals.approval import Question
from bot.domain.approvals.channels import ApprovalChannels
from bot.domain.approvals.deadlines import awaited
from bot.domain.approvals.requirement import Requirement
from bot.settings.config import Settings
from bot.wiring.policy_table import fingerprint
from countersign.teams import hr
from tests.factories import a_decision, an_approval

CHANNELS = ApprovalChannels("C0FINANCE1", {"hr": "C0PEOPLE01", "board": "C0FINANCE1"})


def test_each_channel_is_named_once_in_the_order_of_the_roles() -> None:
    assert CHANNELS.for_roles(["hr", "finance", "board", "hr"]) == ("C0PEOPLE01", "C0FINANCE1")
    assert CHANNELS.every == ("C0PEOPLE01", "C0FINANCE1")
    assert CHANNELS.asked_in("C0FINANCE1", ["hr", "finance", "board"]) == ("finance", "board")


def test_without_a_channel_there_is_none_for_anybody() -> None:
    assert ApprovalChannels().every == ApprovalChannels().for_roles(["hr"]) == ()


def test_who_has_agreed_is_awaited_no_more_and_a_backup_only_while_its_role_is() -> None:
    needs = (Requirement("finance", why="", escalate_to="board"), Requirement("hr", why=""))
    asked = an_approval(requirements=needs, escalated=("finance",))
    assert awaited(asked) == {"finance", "board", "hr"}
    agreed = a_decision(roles=("finance",), digest=asked.digest)
    assert awaited(replace(asked, decisions=(agreed,))) == {"hr"}
    assert awaited(replace(asked, decisions=(agreed,), question=Question.OUTCOME)) == {*asked.roles}


def test_replicas_that_ask_in_other_channels_have_other_policies() -> None:
    team = hr.team()
    given = {"approvers": {"hr": ["U0THEO0001"]}}

    def name(channels: str) -> str:
        return fingerprint(Settings(**given, approvals_channel=channels), team, team.approved)  # pyright: ignore[reportArgumentType]

    asked_by = ("", "C0FINANCE1", '{"hr":"C0PEOPLE01","*":"C0FINANCE1"}')
    assert len({name(channels) for channels in asked_by}) == len(asked_by)
    assert name('{"*":"C0FINANCE1"}') == name("C0FINANCE1")


def test_the_sentence_names_every_place_where_people_were_asked() -> None:
    head = "This needs a go-ahead before I do it. I have asked in"
    assert sentences.asked_in(["C0A"]) == f"{head} <#C0A>."
    assert sentences.asked_in(["C0A", "C0B"], here=True) == f"{head} <#C0A> and <#C0B>, and here."
    assert (
        sentences.asked_in(["C0A"], here=True, directly=True)
        == f"{head} <#C0A> and here, and some approvers directly."
    )
    assert sentences.asked_in([], here=True) == sentences.NEEDS_APPROVAL
    assert sentences.asked_in([], directly=True) == sentences.ASKED_DIRECTLY
