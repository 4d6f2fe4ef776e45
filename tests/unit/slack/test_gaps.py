"""Whether anybody could decide, as Slack tells it: busy is not nobody, and nobody is asked about in vain."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from bot.conversation.eligibility import Eligibility
from bot.domain.approvals.requirement import Requirement
from bot.domain.approvals.staffing import Gap, Why
from bot.domain.errors import ApproverUnknown
from bot.slack.approvers import Approvers
from bot.slack.client import Slack
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from tests.factories import ANA, MEI, OMAR, TEAM, an_approval
from tests.unit.slack.clock import Clock
from tests.unit.slack.workspace import Fault, Workspace

GROUP = "S0FINANCE1"


@pytest.fixture
def eligibility(slack: Slack, workspace: Workspace, clock: Clock) -> Eligibility:
    """Who may decide where finance is a group of Omar and Mei; nothing of what is stored is asked for."""
    for user in (ANA, MEI, OMAR):
        workspace.people[user] = {"id": user, "team_id": TEAM, "name": user.lower()}
    workspace.groups[GROUP] = [ANA, OMAR, MEI]
    threads = ThreadStore(Redis(port=1), Keys("cs", 1), Sealer([Fernet.generate_key().decode()]))
    return Eligibility(Approvers(slack, {"finance": [GROUP], "legal": []}, clock=clock), threads)


def needs(quorum: int = 1, role: str = "finance") -> Requirement:
    return Requirement(role, "because", quorum)


async def lacking(eligibility: Eligibility, *wanted: Requirement, afresh: bool = False) -> list[Gap]:
    return list(await eligibility.gaps(an_approval(requirements=wanted), afresh=afresh))


async def test_slack_is_asked_about_no_more_people_than_needed(
    eligibility: Eligibility, workspace: Workspace
) -> None:
    assert await lacking(eligibility, needs()) == []
    assert len(workspace.made("users.info")) == 1


@pytest.mark.parametrize("status", [429, 500])
@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list"])
async def test_a_slack_that_does_not_say_is_not_nobody(
    eligibility: Eligibility, workspace: Workspace, clock: Clock, method: str, status: int
) -> None:
    workspace.fail(method, Fault(status, retry_after="60"), times=6)

    with pytest.raises(ApproverUnknown):
        await clock.run(lacking(eligibility, needs()))


async def test_what_slack_does_not_say_does_not_matter_where_the_others_suffice(
    eligibility: Eligibility, workspace: Workspace
) -> None:
    workspace.fail("users.info", Fault(error="user_is_a_riddle"))
    assert await lacking(eligibility, needs()) == []
    workspace.fail("users.info", Fault(error="user_is_a_riddle"))
    with pytest.raises(ApproverUnknown):
        await lacking(eligibility, needs(2))


async def test_a_group_is_read_again_where_it_is_asked_afresh(
    eligibility: Eligibility, workspace: Workspace
) -> None:
    assert await lacking(eligibility, needs(2)) == []
    workspace.groups[GROUP] = [OMAR]

    assert await lacking(eligibility, needs(2)) == []  # as a moment ago
    assert await lacking(eligibility, needs(2), afresh=True) == [Gap("finance", 1, 1, Why.TOO_FEW)]
    assert await lacking(eligibility, needs(role="legal")) == [Gap("legal", 1, 0, Why.NOT_LISTED)]
    workspace.groups.pop(GROUP)
    assert await lacking(eligibility, needs(), afresh=True) == [Gap("finance", 1, 0, Why.NO_MEMBERS)]
    workspace.groups[GROUP] = [ANA]
    assert await lacking(eligibility, needs(), afresh=True) == [Gap("finance", 1, 0, Why.HAD_A_HAND)]
    workspace.groups[GROUP] = ["U0BOT00001"]
    workspace.people["U0BOT00001"] = {"id": "U0BOT00001", "team_id": TEAM, "is_bot": True}
    assert await lacking(eligibility, needs(), afresh=True) == [Gap("finance", 1, 0, Why.NOT_REGULAR)]
