"""New approvals: made of pending calls, held to the flood limits, with their timers."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.approval import Approval, ApprovalStatus, Question, detach
from bot.audit import Deed
from bot.deadlines import deadline, escalations, next_reminder
from bot.events import EscalationDue, ExpiryDue, ReminderDue
from bot.grants import grant
from bot.handling import Handling
from bot.requirement import Requirement
from bot.run import BrokenCall, PendingCall
from bot.slack.forms import shows_all
from bot.sources import Sources
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

#: Nobody approves what they cannot see, so nobody is asked.
UNSHOWABLE = "its arguments are too long to be shown to anybody; make them shorter"
#: What the model is told of a limit that is reached.
WAIT = "tell the person to wait until some are decided"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """How many approvals may wait at once: of one run, of one requester, for one role's people."""

    per_run: int
    per_requester: int
    per_role: int


@dataclass(frozen=True, slots=True)
class Load:
    """What waits already, counted."""

    run: int
    requester: int
    roles: dict[str, int]

    def refuses(self, needs: Sequence[Requirement], limits: FloodLimits) -> str:
        """Name the limit that one approval more would break; empty where none is."""
        if self.run >= limits.per_run:
            return f"{limits.per_run} approvals of one run wait already"
        if self.requester >= limits.per_requester:
            return f"{limits.per_requester} approvals of one requester wait already"
        for one in needs:
            if self.roles.get(one.role, 0) >= limits.per_role:
                return f"{limits.per_role} approvals wait for {one.role} already"
        return ""

    def plus(self, needs: Sequence[Requirement]) -> Load:
        """Count one more."""
        roles = dict(self.roles)
        for one in needs:
            roles[one.role] = roles.get(one.role, 0) + 1
        return Load(self.run + 1, self.requester + 1, roles)


class Requests:
    """Makes approvals; who saves them also saves their `timers`."""

    def __init__(
        self, threads: ThreadStore, *, approval_ttl: timedelta, limits: FloodLimits, sources: Sources
    ) -> None:
        self._threads = threads
        self._approval_ttl = approval_ttl
        self._limits = limits
        self._sources = sources

    async def ask(self, h: Handling, calls: Sequence[PendingCall]) -> list[Approval]:
        """Make an approval for each call that needs one.

        One over a limit is refused at once, one that was approved for the rest of the run is
        granted at once; both are final then. Two replicas may pass a limit by one each.
        """
        needing = [call for call in calls if call.requirements]
        if not needing:
            return []
        load = await self._load(h)
        grants = await self._threads.readable(h.state.grants)
        made: list[Approval] = []
        for call in needing:
            approval = self._new(h, call.call_id, call.tool, call.arguments, call.requirements)
            approval = replace(approval, offers=call.offers)
            for earlier in grants:
                approval = approval if approval.is_final else grant(approval, earlier)
            if not approval.is_final:
                approval, load = self._within(approval, load)
            self._note(h, approval)
            made.append(approval)
        return made

    def question(self, h: Handling, call: BrokenCall, *, detached: bool = False) -> Approval:
        """Ask whether a call that broke off happened; `detached` where its run is no more.

        Whoever wants it tried again needs the consent of all who had to approve it at first.
        """
        needs = (Requirement(call.role, why="It broke off, so nobody knows whether it happened."),)
        approval = self._new(h, call.call_id, call.tool, call.arguments, needs)
        authors = tuple(dict.fromkeys((*approval.authors, *call.authors)))
        approval = replace(
            approval,
            question=Question.OUTCOME,
            effect=call.effect,
            about=call.approval,
            again=call.needs,
            asked=call.asked,
            authors=authors,
            requester=approval.requester or next(iter(authors), ""),  # the thread's row may be lost
        )
        self._note(h, approval)
        return detach(approval) if detached else approval

    def timers(self, approval: Approval, writes: Writes) -> Writes:
        """Set the timers of a pending approval: deadline, first reminder, escalations."""
        if approval.is_final:
            return writes
        writes.timer(expiry_id(approval.id), ExpiryDue(approval.id), at=approval.expires_at)
        set_reminder(approval, writes, self._sources.now())
        for role, at in escalations(approval):
            writes.timer(escalation_id(approval.id, role), EscalationDue(approval.id, role), at=at)
        return writes

    async def _load(self, h: Handling) -> Load:
        waiting = await self._threads.pending(h.thread.team)
        roles: dict[str, int] = {}
        for approval in waiting:
            for one in approval.requirements:
                roles[one.role] = roles.get(one.role, 0) + 1
        own = [approval for approval in waiting if approval.requester == h.state.authors[0]]
        of_run = [a for a in own if (a.thread, a.run_id) == (h.thread, h.state.run_id)]
        return Load(len(of_run), len(own), roles)

    def _within(self, approval: Approval, load: Load) -> tuple[Approval, Load]:
        why = load.refuses(approval.requirements, self._limits)
        why = f"{why}; {WAIT}" if why else ""
        if not shows_all(approval.arguments):
            why = UNSHOWABLE
        if why:
            log.warning("approval refused", extra={"tool": approval.tool, "limit": why})
            now = self._sources.now()
            return replace(approval, status=ApprovalStatus.REFUSED, closed_at=now, closed_why=why), load
        return approval, load.plus(approval.requirements)

    def _new(
        self, h: Handling, call_id: str, tool: str, arguments: str, needs: tuple[Requirement, ...]
    ) -> Approval:
        now = self._sources.now()
        return Approval(
            id=self._threads.new_approval_id(h.thread, self._sources.token()),
            thread=h.thread,
            generation=h.state.generation,
            call_id=call_id,
            tool=tool,
            arguments=arguments,
            asked=arguments,
            requester=next(iter(h.state.authors), ""),
            authors=h.state.authors,
            requirements=needs,
            requested_at=now,
            expires_at=deadline(needs, now, self._approval_ttl),
            run_id=h.state.run_id,
        )

    def _note(self, h: Handling, approval: Approval) -> None:
        deed = {ApprovalStatus.REFUSED: Deed.REFUSED, ApprovalStatus.APPROVED: Deed.GRANTED}.get(
            approval.status, Deed.REQUESTED
        )
        needs = ", ".join(f"{one.quorum} of {one.role}" for one in approval.requirements)
        h.note(
            deed,
            approval,
            person=approval.requester,
            question=approval.question.value,
            arguments=approval.arguments,
            needs=needs,
            granted_by=approval.granted_by,
            why=approval.closed_why,
        )


def expiry_id(approval_id: str) -> str:
    """Name the timer of an approval's deadline."""
    return f"expiry:{approval_id}"


def reminder_id(approval: Approval) -> str:
    """Name the timer of an approval's next reminder; the one that rings now has another name."""
    return f"reminder:{approval.id}:{approval.reminders + 1}"


def escalation_id(approval_id: str, role: str) -> str:
    """Name the timer at which the backup of a role joins in."""
    return f"escalation:{approval_id}:{role}"


def set_reminder(approval: Approval, writes: Writes, now: datetime) -> None:
    """Set the timer of the next reminder, if there is to be one."""
    at = next_reminder(approval, now)
    if at is not None:
        writes.timer(reminder_id(approval), ReminderDue(approval.id), at=at)


def cancel_timers(approval: Approval, writes: Writes, *, ringing: str = "") -> Writes:
    """Forget every timer of an approval that is closed, but for the one whose event is handled.

    That one goes with its commit. Forgotten before, it would come up without content after a crash.
    """
    roles = [escalation_id(approval.id, one.role) for one in approval.requirements]
    for timer in (expiry_id(approval.id), reminder_id(approval), *roles):
        if timer != ringing:
            writes.cancel_timer(timer)
    return writes
