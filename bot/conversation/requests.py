"""New approvals: made of pending calls, held to the flood limits, with their timers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.conversation.handling import Handling
from bot.conversation.previews import Previews
from bot.conversation.same_target import others_for, others_on
from bot.domain.approvals.approval import Approval, ApprovalStatus, Offers, Question, digest
from bot.domain.approvals.deadlines import deadline, escalations, next_reminder
from bot.domain.approvals.grants import grant, passed_on
from bot.domain.approvals.identical import told_apart
from bot.domain.approvals.preview import Preview, in_words
from bot.domain.approvals.requirement import Requirement
from bot.domain.approvals.transitions import detach
from bot.domain.audit import Deed
from bot.domain.events import EscalationDue, ExpiryDue, ReminderDue, StaffingDue
from bot.domain.run import BrokenCall, PendingCall
from bot.domain.sources import Sources
from bot.domain.tasks import all_of
from bot.slack.forms import shows_all
from bot.store.threads import ThreadStore
from bot.store.waiting import Waiting
from bot.store.writes import Writes
from bot.telemetry import tracing

#: Nobody approves what they cannot see, so nobody is asked.
UNSHOWABLE = "its arguments are too long to be shown to anybody; make them shorter"
#: A person has said no to this very call; asking again in the same run would wear them down.
REJECTED_BEFORE = (
    "the very same call was rejected before, or taken back; tell the person so, and do not ask for it again"
)
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
    """Makes approvals; who saves them also saves their `timers`. `title` names a tool as people read it."""

    def __init__(  # noqa: PLR0913 - what it asks, and what its approvals are made with
        self,
        threads: ThreadStore,
        waiting: Waiting,
        *,
        approval_ttl: timedelta,
        limits: FloodLimits,
        sources: Sources,
        title: Callable[[str], str],
        previews: Previews,
    ) -> None:
        self._threads = threads
        self._waiting = waiting
        self._approval_ttl = approval_ttl
        self._limits = limits
        self._sources = sources
        self._title = title
        self._previews = previews

    async def ask(self, h: Handling, calls: Sequence[PendingCall]) -> list[Approval]:
        """Make an approval for each call that needs one.

        One over a limit, or with a preview that says why it cannot be done, is refused at once, one that
        was approved for the rest of the run is granted at once; these are final then. Two replicas may pass
        a limit by one each. Looked at is only what is within the limits: a flood must not reach the services.
        """
        needing = [call for call in calls if call.requirements or call.refused]
        if not needing:
            return []
        grants = self._threads.readable(h.state.grants)
        others = others_for(self._waiting, h.thread.team, needing)
        load, grants, others = await all_of(self._load(h, needing), grants, others)
        made: list[Approval] = []
        for call in needing:
            approval = self._new(h, call.call_id, call.tool, call.arguments, call.requirements)
            approval = replace(approval, offers=_offers(h, call), effect=call.effect, asked=call.asked)
            approval = replace(approval, may_repeat=h.claim.may_repeat, tool_version=call.tool_version)
            if call.refused:
                approval = self._refused(approval, call.refused)
            elif digest(approval.tool, approval.arguments) in h.state.rejected:
                approval = self._refused(approval, REJECTED_BEFORE)
            approval = self._by_grants(h, approval, grants)
            if not approval.is_final:
                approval, load = self._within(approval, load)
            if not approval.is_final and (about := call.on_target):
                waiting = others_on(approval, about.target, [*made, *others[frozenset(approval.roles)]])
                approval = replace(approval, on_target=about.plus(waiting))
            made.append(approval)
        possible = [self._if_possible(approval) for approval in await self._previews.into(made)]
        seen = told_apart(possible)
        for approval in seen:
            self._note(h, approval)
        return seen

    def _by_grants(self, h: Handling, approval: Approval, grants: list[Approval]) -> Approval:
        """Approve it by what was approved in advance, as far as that reaches; it reaches less far from then on."""
        for at, earlier in enumerate(grants):
            if approval.is_final:
                break
            approval = grant(approval, earlier)
            if approval.granted_by:
                grants[at] = passed_on(earlier, approval)
                h.with_next(Writes().approval(grants[at]))  # of the same moment as the approval itself
        return approval

    def question(self, h: Handling, call: BrokenCall, *, detached: bool = False) -> Approval:
        """Ask whether a call that broke off happened; `detached` where its run is no more.

        Whoever wants it tried again needs the consent of all who had to approve it at first.
        """
        why = f"It broke off, so nobody knows whether it happened. {call.said}".strip()
        approval = self._new(h, call.call_id, call.tool, call.arguments, (Requirement(call.role, why=why),))
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
            # Of what people were shown then only its name: the rest may be another by now.
            preview=Preview(title=call.title) if call.title else None,
        )
        self._note(h, approval)
        return detach(approval) if detached else approval

    def timers(self, approval: Approval, writes: Writes) -> Writes:
        """Set the timers of a pending approval: deadline, first reminder, escalations, the look who could decide."""
        if approval.is_final:
            return writes
        set_look(
            StaffingDue(approval.id, len(approval.edits), trace=approval.trace), writes, self._sources.now()
        )
        over = ExpiryDue(approval.id, trace=approval.trace)
        writes.timer(expiry_id(approval.id), over, at=approval.expires_at)
        set_reminder(approval, writes, self._sources.now())
        for role, at in escalations(approval):
            due = EscalationDue(approval.id, role, trace=approval.trace)
            writes.timer(escalation_id(approval.id, role), due, at=at)
        return writes

    async def _load(self, h: Handling, calls: Sequence[PendingCall]) -> Load:
        roles = {one.role for call in calls for one in call.requirements}
        own, by_role = await self._waiting.load(h.thread.team, h.state.authors[0], roles)
        of_run = [a for a in own if (a.thread, a.run_id) == (h.thread, h.state.run_id)]
        return Load(len(of_run), len(own), by_role)

    def _within(self, approval: Approval, load: Load) -> tuple[Approval, Load]:
        why = load.refuses(approval.requirements, self._limits)
        why = f"{why}; {WAIT}" if why else ""
        if not shows_all(approval.arguments):
            why = UNSHOWABLE
        if why:
            log.warning("approval refused", extra={"tool": approval.tool, "limit": why})
            return self._refused(approval, why), load
        return approval, load.plus(approval.requirements)

    def _if_possible(self, approval: Approval) -> Approval:
        if approval.is_final or approval.preview is None or not approval.preview.problem:
            return approval
        log.info("approval refused", extra={"tool": approval.tool, "limit": "its preview has a problem"})
        return self._refused(approval, approval.preview.problem.rstrip(". "))

    def _refused(self, approval: Approval, why: str) -> Approval:
        now = self._sources.now()
        return replace(approval, status=ApprovalStatus.REFUSED, closed_at=now, closed_why=why)

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
            title=self._title(tool),
            words=h.state.words,
            trace=tracing.here(),
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
            preview=in_words(approval.preview),
            shown=approval.shown,
        )


def _offers(h: Handling, call: PendingCall) -> Offers:
    """What approvers of a call may do. Nobody agrees in advance to what is made of a message that has joined the run."""
    return replace(call.offers, rest_of_run=False, bound=None) if h.state.joined else call.offers


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
        writes.timer(reminder_id(approval), ReminderDue(approval.id, trace=approval.trace), at=at)


def staffing_id(due: StaffingDue) -> str:
    """Name the timer of a look at who could decide; the one that rings now has another name."""
    return f"staffing:{due.approval_id}:{due.edits}:{due.number % 2}"


def set_look(due: StaffingDue, writes: Writes, at: datetime) -> None:
    """Set the timer of the next look at who could decide."""
    writes.timer(staffing_id(due), due, at=at)


def cancel_timers(approval: Approval, writes: Writes, *, ringing: str = "") -> Writes:
    """Forget every timer of an approval that is closed, but for the one whose event is handled.

    That one goes with its commit. Forgotten before, it would come up without content after a crash.
    """
    roles = [escalation_id(approval.id, one.role) for one in approval.requirements]
    since = len(approval.edits)
    looks = [staffing_id(StaffingDue(approval.id, since, number)) for number in range(2)]
    timers = (expiry_id(approval.id), reminder_id(approval), *roles, *looks)
    return writes.cancel_timers(*(timer for timer in timers if timer != ringing))
