"""What a person's Home shows, read from the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from bot.conversation.eligibility import Eligibility
from bot.conversation.usage_overview import UsageOverview
from bot.domain.approvals.approval import Approval
from bot.domain.errors import ApproverUnknown
from bot.domain.thread import ThreadRef
from bot.slack.home import Page
from bot.store.inbox import Inbox
from bot.store.recent_threads import RecentThreads
from bot.store.threads import ThreadStore
from bot.store.waiting import Waiting

#: How many of each list Home shows; a view holds 100 blocks.
WAITING, ASKED, THREADS = 10, 8, 8
#: So many of what waits are looked at one by one, so that what is not for this person does not count.
LOOK = 20


@dataclass(frozen=True, slots=True)
class Decidable:
    """What a person may decide: the first of it, how much more there is, and whether that is counted.

    Where it is not, there is at most so much more. `unsure` is set where Slack left gaps.
    """

    first: Sequence[Approval]
    more: int
    counted: bool
    unsure: bool


class Pages:
    """Reads the pages; how long that takes does not hang on how much waits."""

    def __init__(  # noqa: PLR0913 - what it reads, each by its name
        self,
        threads: ThreadStore,
        waiting: Waiting,
        inbox: Inbox,
        eligibility: Eligibility,
        overview: UsageOverview,
        *,
        permalink: Callable[[ThreadRef], str],
        now: Callable[[], datetime],
    ) -> None:
        self._threads = threads
        self._waiting = waiting
        self._recent = RecentThreads(inbox, threads, permalink)
        self._eligibility = eligibility
        self._overview = overview
        self._permalink = permalink
        self._now = now

    async def of(self, team: str, user: str) -> Page:
        """Read what a person's Home is to show now."""
        decidable = await self._decidable(team, user)
        asked = await self._threads.asked_by(team, user, limit=ASKED)
        return Page(
            now=self._now(),
            waiting=[self._linked(approval) for approval in decidable.first],
            more=decidable.more,
            counted=decidable.counted,
            unsure=decidable.unsure,
            asked=[self._linked(approval) for approval in asked],
            stand_in=await self._eligibility.stand_in(team, user, self._now()),
            threads=await self._recent.of(team, user, limit=THREADS),
            used=await self._overview.of(user, team),
        )

    def _linked(self, approval: Approval) -> tuple[Approval, str]:
        return approval, self._permalink(approval.thread)

    async def _decidable(self, team: str, user: str) -> Decidable:
        """What the person may decide, the gravest and oldest first, and how much more there may be."""
        roles, unsure = await self._eligibility.roles_open_to(user, team, self._now())
        found: list[Approval] = []
        seen = 0
        async with aclosing(self._waiting.for_roles(team, roles)) as approvals:
            async for approval in approvals:
                if seen >= LOOK and len(found) >= WAITING:
                    all_in_all = sum((await self._waiting.count(team, roles)).values())
                    return Decidable(found[:WAITING], all_in_all - seen + len(found) - WAITING, False, unsure)
                seen += 1
                try:
                    found += [approval] if await self._is_for(approval, user) else []
                except ApproverUnknown:
                    unsure = True
        return Decidable(found[:WAITING], max(len(found) - WAITING, 0), True, unsure)

    async def _is_for(self, approval: Approval, user: str) -> bool:
        decided = any(decision.by == user for decision in approval.decisions)
        return not decided and await self._eligibility.may_decide(approval, user, self._now())
