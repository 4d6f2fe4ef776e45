"""The Home tab: what waits for a person, what they asked for, who stands in for them, their threads."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from bot.conversation.eligibility import Eligibility
from bot.conversation.handling import Handling
from bot.conversation.home_page import Pages
from bot.domain.approvals.approval import Approval
from bot.domain.approvals.delegation import delegated
from bot.domain.audit import Deed
from bot.domain.errors import ApproverUnknown, DelegationRefused, SlackRejected
from bot.domain.events import DelegationSet, HomeOpened
from bot.domain.tasks import all_of, for_each
from bot.domain.thread import ThreadRef
from bot.slack import home
from bot.slack.client import Slack
from bot.store.inbox import Inbox

log = logging.getLogger(__name__)


class Homes:
    """Works on Home tabs, each of which is an actor with an inbox of its own, like a thread."""

    def __init__(
        self,
        slack: Slack,
        pages: Pages,
        inbox: Inbox,
        eligibility: Eligibility,
        now: Callable[[], datetime],
    ) -> None:
        self._slack = slack
        self._pages = pages
        self._inbox = inbox
        self._eligibility = eligibility
        self._now = now

    async def answer(self, h: Handling, event: HomeOpened | DelegationSet) -> None:
        """Do what a person wants in their Home, and show it."""
        if isinstance(event, DelegationSet):
            await self._delegate(h, event)
        if await self._inbox.waits(h.thread) <= 1:  # otherwise what waits behind shows it all at once
            await self._show(h.thread.team, event.user)

    async def tell(self, h: Handling, approvals: Iterable[Approval]) -> None:
        """Let the Homes of all concerned show a change; those of people who never opened it stay away."""
        for approval in approvals:
            people = {approval.requester}
            with contextlib.suppress(ApproverUnknown):  # they see it when they open Home
                people |= await self._eligibility.named(approval)
            changed = partial(self._changed, h, approval)
            stand_ins, _ = await all_of(
                self._eligibility.stand_ins(h.thread.team, people, self._now()),
                for_each(changed, sorted(people)),
            )
            await for_each(changed, sorted({*stand_ins.values()} - people))

    async def _changed(self, h: Handling, approval: Approval, user: str) -> None:
        """Let the Home of one person show it."""
        home, event_id = (
            ThreadRef.home(h.thread.team, user),
            f"home:{user}:{h.claim.event_id}:{approval.id}",
        )
        await self._inbox.append(home, HomeOpened(user), event_ids=(event_id,), only_if_known=True)

    async def _delegate(self, h: Handling, event: DelegationSet) -> None:
        """Keep who stands in; refuse those who could not decide anything."""
        if not event.to or event.until is None:
            h.later.delegation(None)
            h.note(Deed.DELEGATED, person=event.user, to="")
            await h.save_beside(h.later)
            return
        try:
            delegation = delegated(event.user, event.to, event.until, at=event.at)
            if not await self._eligibility.is_eligible(event.to, h.thread.team):
                raise DelegationRefused
        except (DelegationRefused, ApproverUnknown) as refusal:
            await self._say(event.user, refusal.user_message)
            return
        if delegation == await self._eligibility.stand_in(h.thread.team, event.user, event.at):
            return  # set by a worker that died after it
        h.later.delegation(delegation)
        h.note(Deed.DELEGATED, person=event.user, to=event.to, until=event.until.isoformat())
        await h.save_beside(h.later)

    async def _show(self, team: str, user: str) -> None:
        view = home.view(await self._pages.of(team, user))
        try:
            await self._slack.publish_home(user, view)
        except SlackRejected as refusal:
            log.warning("home not published", extra={"user": user, "code": refusal.code})

    async def _say(self, user: str, text: str) -> None:
        try:
            await self._slack.post(user, thread_ts=None, text=text)
        except SlackRejected as refusal:
            log.warning("private answer not delivered", extra={"code": refusal.code})
