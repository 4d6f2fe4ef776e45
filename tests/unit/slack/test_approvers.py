from __future__ import annotations

from typing import Any

import pytest

from bot.domain.errors import ApproverUnknown, SlackUnauthorized
from bot.slack.approvers import FRESH_TO_SHOW, Approvers
from bot.slack.client import Slack
from tests.factories import ANA, MEI, OMAR, TEAM, THEO
from tests.unit.slack.clock import Clock
from tests.unit.slack.workspace import Fault, Workspace

GROUP = "S0FINANCE1"


@pytest.fixture
def approvers(slack: Slack, workspace: Workspace, clock: Clock) -> Approvers:
    for user in (ANA, MEI, OMAR, THEO):
        workspace.people[user] = {"id": user, "team_id": TEAM, "name": user.lower()}
    workspace.groups[GROUP] = [OMAR, MEI]
    roles = {"finance": [GROUP, OMAR], "owner": [ANA], "nobody": []}
    return Approvers(slack, roles, clock=clock)


async def who(approvers: Approvers, role: str, team: str) -> frozenset[str]:
    """Everybody of a role who is asked."""
    return frozenset({user for user in await approvers.named(role) if await approvers.shows(user, team)})


async def test_a_role_is_its_people_and_the_members_of_its_groups(approvers: Approvers) -> None:
    assert await who(approvers, "finance", TEAM) == {OMAR, MEI}
    assert await who(approvers, "owner", TEAM) == {ANA}


@pytest.mark.parametrize("role", ["nobody", "unheard of"])
async def test_an_empty_or_unknown_role_is_nobody(approvers: Approvers, role: str) -> None:
    assert await who(approvers, role, TEAM) == frozenset()
    assert not await approvers.allows(role, ANA, TEAM)


@pytest.mark.parametrize(
    "changes",
    [
        {"deleted": True},
        {"is_bot": True},
        {"is_restricted": True},
        {"is_ultra_restricted": True},
        {"is_stranger": True},
        {"is_workflow_bot": True},
        {"team_id": "T0OTHER001"},
        {"team_id": None},
        {"id": THEO},
    ],
    ids=str,
)
async def test_who_is_no_full_member_of_the_workspace_never_counts(
    approvers: Approvers, workspace: Workspace, changes: dict[str, Any]
) -> None:
    workspace.people[OMAR] |= changes

    assert await who(approvers, "finance", TEAM) == {MEI}
    assert not await approvers.allows("finance", OMAR, TEAM)


async def test_a_member_of_the_organisation_counts_in_the_workspaces_they_are_in(
    approvers: Approvers, workspace: Workspace
) -> None:
    workspace.people[OMAR] |= {"team_id": "T0HOME0001", "enterprise_user": {"teams": [TEAM]}}

    assert OMAR in await who(approvers, "finance", TEAM)


async def test_a_person_and_a_group_that_do_not_exist_are_nobody(slack: Slack, clock: Clock) -> None:
    approvers = Approvers(slack, {"finance": ["U0GONE0001", "S0GONE0001"]}, clock=clock)

    assert await who(approvers, "finance", TEAM) == frozenset()


@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list"])
@pytest.mark.parametrize(
    "fault", [Fault(error="missing_scope"), Fault(status=429, retry_after="60")], ids=str
)
async def test_what_slack_does_not_answer_is_never_taken_for_a_yes(
    approvers: Approvers, workspace: Workspace, method: str, fault: Fault
) -> None:
    workspace.fail(method, fault)

    with pytest.raises(ApproverUnknown):
        await who(approvers, "finance", TEAM)


async def test_slack_is_asked_once_a_minute(approvers: Approvers, workspace: Workspace, clock: Clock) -> None:
    await who(approvers, "finance", TEAM)
    asked = len(workspace.calls)
    await who(approvers, "finance", TEAM)
    assert len(workspace.calls) == asked

    workspace.groups[GROUP] = [MEI]
    workspace.people[MEI]["deleted"] = True
    await clock.advance(FRESH_TO_SHOW)
    assert await who(approvers, "finance", TEAM) == {OMAR}


async def test_a_yes_is_never_old(approvers: Approvers, workspace: Workspace) -> None:
    assert await approvers.allows("finance", MEI, TEAM)
    assert MEI in await who(approvers, "finance", TEAM)  # as when a card is posted; what it learns is kept

    workspace.groups[GROUP] = [OMAR]
    assert not await approvers.allows("finance", MEI, TEAM)


async def test_a_deactivated_approver_is_refused_at_once(approvers: Approvers, workspace: Workspace) -> None:
    assert await approvers.allows("finance", OMAR, TEAM)

    workspace.people[OMAR]["deleted"] = True
    assert not await approvers.allows("finance", OMAR, TEAM)


async def test_who_has_left_a_group_is_refused_even_where_slack_does_not_say_who_they_are(
    approvers: Approvers, workspace: Workspace
) -> None:
    assert MEI in await approvers.named("finance")
    workspace.groups[GROUP] = [OMAR]
    workspace.fail("users.info", Fault(error="missing_scope"), times=2)

    assert not await approvers.allows("finance", MEI, TEAM)
    with pytest.raises(ApproverUnknown):
        await approvers.allows("finance", OMAR, TEAM)


async def test_outsiders_who_click_again_and_again_do_not_use_up_slack(
    approvers: Approvers, workspace: Workspace
) -> None:
    for _ in range(30):
        assert not await approvers.allows("finance", THEO, TEAM)

    assert len(workspace.calls) == 1


@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list"])
async def test_a_token_that_is_not_taken_says_nothing_of_anybody(
    approvers: Approvers, workspace: Workspace, method: str
) -> None:
    workspace.fail(method, Fault(error="token_revoked"))

    with pytest.raises(SlackUnauthorized):
        await approvers.allows("finance", OMAR, TEAM)


async def test_some_of_a_large_group_are_named_and_slack_is_asked_about_few(
    approvers: Approvers, workspace: Workspace
) -> None:
    many = [f"U0MANY{number:04d}" for number in range(130)]
    workspace.groups[GROUP] = many
    for user in many:
        workspace.people[user] = {
            "id": user,
            "team_id": TEAM,
            "name": user,
            "is_restricted": user > "U0MANY0003",
        }

    # Four regular members, then nothing but guests: of six looked at, the rest is counted.
    assert await approvers.names("finance", TEAM, 3, {many[0]}) == [*many[1:4], "and up to 127 more"]
    assert await approvers.names("finance", TEAM, 3, set(many[:4])) == []
    assert len(workspace.made("users.info")) == 9
