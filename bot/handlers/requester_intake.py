"""What who asked for a call does about it: one durable append each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.domain.approvals.approval import Approval
from bot.domain.requester_events import MessageAltered, ReminderAsked, RequesterClick, WithdrawalAsked
from bot.handlers.places import Places
from bot.slack.altered import altered
from bot.slack.click import Click
from bot.slack.me import Me
from bot.store.inbox import Appended, Inbox


class RequesterIntake:
    """Stores it in the inbox of the call's thread; whether it is theirs to do is decided there."""

    def __init__(
        self, inbox: Inbox, me: Me, places: Places, find: Callable[[str], Awaitable[Approval | None]]
    ) -> None:
        self._inbox = inbox
        self._places = places
        self._me = me
        self._find = find

    async def altered(self, event: Mapping[str, Any], *, delivery_id: str) -> Appended | None:
        """Store that a message of a thread that the bot knows was changed or deleted; None for any other event."""
        found = altered(event, us=self._me.installation, bot_user=self._me.user)
        if found is None:
            return None
        ids = (f"altered:{found.thread.channel}:{found.ts}:{found.at}", f"evt:{delivery_id}")
        named = tuple(dict.fromkeys((*found.names, *found.below.names)))
        words = (found.text, found.below.text, found.below.authors, named)
        told = MessageAltered(found.ts, found.user, found.deleted, *words)
        thread = await self._places.of_message(found.thread, found.ts)
        return await self._inbox.append(thread, told, event_ids=ids, order=found.at, only_if_known=True)

    async def withdraw(self, approval_id: str, click: Click, *, asked_back: bool) -> bool:
        """Store that somebody wants a call withdrawn; False if the card is not one of ours."""
        approval = await self._find(approval_id)
        if approval is None:
            return False
        event = WithdrawalAsked(
            approval_id=approval.id,
            user=click.user,
            at=click.at,
            channel=click.channel,
            thread_ts=click.answer_in,
            card_ts=click.message_ts,
            asked_back=asked_back,
        )
        await self._store(approval, event, click)
        return True

    async def remind(self, approval_id: str, click: Click) -> bool:
        """Store that somebody wants the approvers reminded; False if the card is not one of ours."""
        approval = await self._find(approval_id)
        if approval is None:
            return False
        event = ReminderAsked(approval.id, click.user, click.at, click.channel, click.answer_in)
        await self._store(approval, event, click)
        return True

    async def _store(self, approval: Approval, event: RequesterClick, click: Click) -> None:
        event_ids = (f"click:{approval.id}:{click.user}:{click.action_ts}",)
        await self._inbox.append(approval.thread, event, event_ids=event_ids, order=click.action_ts)
