"""Looks whether anybody could decide what waits: at once, after each change, every day. Says so where nobody can."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bot.conversation.approval_cards import ApprovalCards
from bot.conversation.eligibility import Eligibility
from bot.conversation.handling import Handling
from bot.conversation.requests import set_look
from bot.domain.approvals.approval import THREAD, Approval
from bot.domain.approvals.staffing import Undecidable, is_news
from bot.domain.audit import Deed
from bot.domain.errors import ApproverUnknown, SlackBusy, SlackRejected, SlackUnavailable
from bot.domain.events import StaffingDue
from bot.slack import below_cards, card_mark
from bot.slack.client import Slack
from bot.store.threads import ThreadStore

log = logging.getLogger(__name__)

#: How long until the next look where all is well; while nobody can decide; where Slack did not say who can.
DAILY: Final = timedelta(days=1)
OFTEN: Final = timedelta(minutes=10)
RETRY: Final = timedelta(seconds=15)


class Staffing:
    """Tells the requester, the approvers' channels, the log and the record; once, and once more when it is over."""

    def __init__(
        self, slack: Slack, threads: ThreadStore, eligibility: Eligibility, approval_cards: ApprovalCards
    ) -> None:
        self._slack = slack
        self._threads = threads
        self._eligibility = eligibility
        self._approval_cards = approval_cards

    async def look(self, h: Handling, due: StaffingDue) -> None:
        """Match the places of an approval against the people who could fill them, and plan the next look.

        What Slack does not say for now is no answer: it is asked again.
        """
        approval = await self._threads.approval(due.approval_id)
        if approval is None or approval.is_final or due.edits != len(approval.edits):
            return
        told = _told(h, approval)
        if told is None or told.look != _name(due):  # else a worker died behind it, and it has yet to be said
            try:
                told = await self._found(h, approval, due)
            except ApproverUnknown as unknown:
                log.warning("not known who could decide", extra={"approval": approval.id})
                return _plan(h, due, _patience(unknown))
        _plan(h, due, OFTEN if told and told.gaps else DAILY)
        if told is not None and told.look == _name(due):
            await self._tell(h, approval, told)
        return None

    async def _found(self, h: Handling, approval: Approval, due: StaffingDue) -> Undecidable | None:
        """Look, and write down what is new; what was told last where nothing is."""
        before = _told(h, approval)
        gaps = await self._eligibility.gaps(approval, afresh=bool(due.edits or due.number))
        found = Undecidable(approval.id, gaps, _name(due))
        if not is_news(found, before):
            return before
        roles = ", ".join(sorted(found.roles))
        if gaps:
            log.error("nobody can decide", extra={"approval": approval.id, "roles": roles})
        why = "; ".join(f"{gap.role}: {gap.why.value}" for gap in gaps)
        h.note(Deed.UNDECIDABLE if gaps else Deed.DECIDABLE, approval, roles=roles, why=why)
        await h.save(undecidable=(*_others(h, approval), found))
        return found

    async def _tell(self, h: Handling, approval: Approval, told: Undecidable) -> None:
        if told.gaps:
            text = below_cards.undecidable(approval, told.gaps, h.now())
        else:
            approval = await self._approval_cards.complete(h, approval)  # who is new has no card yet
            text = below_cards.decidable(approval)
        for channel, thread_ts in _places(h, approval):
            await self._say(h, approval, told, channel=channel, thread_ts=thread_ts, text=text)
        if not told.gaps:
            h.state = replace(h.state, undecidable=tuple(_others(h, approval)))

    async def _say(
        self,
        h: Handling,
        approval: Approval,
        told: Undecidable,
        *,
        channel: str,
        thread_ts: str | None,
        text: str,
    ) -> None:
        kind = f"staffing {told.look}"

        def is_it(message: Mapping[str, Any]) -> bool:
            mark = card_mark.mark_of(message)
            return mark is not None and mark.is_of(approval, kind)

        try:
            if h.attempted and await self._slack.history.find(channel, thread_ts, is_it):
                return
            marked = card_mark.metadata(approval, kind)
            await self._slack.deliver(channel, thread_ts=thread_ts, text=text, metadata=marked)
        except SlackRejected as refusal:
            log.warning("notice not posted", extra={"approval": approval.id, "code": refusal.code})


def _places(h: Handling, approval: Approval) -> Iterator[tuple[str, str | None]]:
    """Where it is said: to who asked, in their thread, and below the cards in the approvers' channels."""
    yield h.thread.channel, h.thread.root
    for ref in approval.cards:
        if ref.place != THREAD and not ref.channel.startswith("D"):
            yield ref.channel, ref.ts


def _told(h: Handling, approval: Approval) -> Undecidable | None:
    return next((one for one in h.state.undecidable if one.approval == approval.id), None)


def _others(h: Handling, approval: Approval) -> Iterator[Undecidable]:
    """What was told of others that the thread still waits for."""
    return (
        one
        for one in h.state.undecidable
        if one.approval != approval.id and one.approval in h.state.approvals
    )


def _name(due: StaffingDue) -> str:
    return f"{due.edits}.{due.number}"


def _plan(h: Handling, due: StaffingDue, wait: timedelta) -> None:
    """Look again after a while; it is planned with the commit of this look."""
    set_look(replace(due, number=due.number + 1), h.later, h.now() + wait)


def _patience(unknown: ApproverUnknown) -> timedelta:
    """How long until Slack is asked again: as long as it says, if it says so."""
    match unknown.__cause__:
        case SlackBusy() as busy:
            return timedelta(seconds=busy.retry_after)
        case SlackUnavailable():
            return RETRY
        case _:  # it answers, but not this: an operator has to do something
            return OFTEN
