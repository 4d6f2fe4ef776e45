"""The doctor's question whether there are people enough: each role, and each tool, against what policies may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence

import aiohttp

from bot.agents.tools.approval import ApprovedTool
from bot.domain.approvals.policy import Policy
from bot.domain.approvals.quorum import missing
from bot.domain.approvals.requirement import Requirement, strictest
from bot.domain.finding import Finding
from bot.operations import doctor_slack
from bot.settings.config import Settings


async def check_roles(
    http: aiohttp.ClientSession, settings: Settings, tools: Sequence[ApprovedTool]
) -> AsyncIterator[Finding]:
    """Count who could decide for each role, and seat them for each tool. Roles without anybody have a line elsewhere."""
    policies = {tool.tool.name: tool.policy for tool in tools}
    most = _most(policies.values())
    # Of a large group no more people are asked about than can make a difference.
    enough = 1 + max((_places(policy) for policy in policies.values()), default=0)
    able: dict[str, frozenset[str]] = {}
    for role in sorted(set(most) & set(settings.approvers)):
        try:
            able[role] = await _able(http, settings, role, enough)
        except doctor_slack.Refused:
            continue  # said of the person or the group already
        if settings.approvers[role]:
            yield _judged(role, most[role], len(able[role]))
    for finding in _seated(policies, able):
        yield finding


def _most(policies: Iterable[Policy]) -> dict[str, int]:
    """The largest quorum that is asked of each role; one person of those who join in later or are asked what happened."""
    most: dict[str, int] = {}
    for policy in policies:
        most |= {role: max(1, most.get(role, 0)) for role in policy.roles()}
        for rule in policy.rules:
            one = rule.requirement
            most[one.role] = max(one.quorum, most[one.role])
    return most


def _all_at_once(policy: Policy) -> tuple[Requirement, ...]:
    return strictest(rule.requirement for rule in policy.rules)


def _places(policy: Policy) -> int:
    return sum(one.quorum for one in _all_at_once(policy))


async def _able(http: aiohttp.ClientSession, settings: Settings, role: str, enough: int) -> frozenset[str]:
    """Who could decide for a role, up to so many of them. Raises `Refused` where Slack says nothing of a group."""
    named: dict[str, None] = {}
    for one in settings.approvers[role]:
        named |= dict.fromkeys(await doctor_slack.members_of(http, settings, one))
    found: set[str] = set()
    for person in named:
        if len(found) >= enough:
            break
        if await doctor_slack.counts(http, settings, person):
            found.add(person)
    return frozenset(found)


def _judged(role: str, quorum: int, able: int) -> Finding:
    there = f"{able} could decide for {role}"
    if able < quorum:
        return Finding.failed(f"{there}, where policies may need {quorum}: such a call is decided by nobody.")
    if able == quorum:
        return Finding.ok(
            f"{there}, as many as policies may need: what one of them asks for or changes is then decided by nobody."
        )
    return Finding.ok(f"People enough could decide for {role}: policies may need {quorum}.")


def _seated(policies: Mapping[str, Policy], able: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    """Warn where each role has people enough, but not all roles of a tool at once: a person fills one place."""
    for tool, policy in policies.items():
        needs = _all_at_once(policy)
        if any(len(able.get(one.role, ())) < one.quorum for one in needs):
            continue  # said of the role already
        people = frozenset[str]().union(*able.values())
        lacks = missing(needs, [[role for role, has in able.items() if one in has] for one in sorted(people)])
        if lacks:
            wanted = " and ".join(f"{one.quorum} of {one.role}" for one in needs)
            yield Finding.warning(
                f"{tool} may need {wanted} at once, but some people are of several roles and count for one alone: "
                f"{sum(lacks.values())} more would be needed."
            )
