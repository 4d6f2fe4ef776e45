"""Clicks on approvals: who clicked, does it count, and what is on record then."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot import words
from bot.agents.engine import Engine
from bot.approval import (
    THREAD,
    Approval,
    ApprovalStatus,
    CardRef,
    Decision,
    Edit,
    Question,
    Verdict,
    decide,
    edit,
    withdraw,
)
from bot.audit import Deed
from bot.consent import of_question
from bot.delivery import Delivery
from bot.electorate import Electorate
from bot.errors import AlreadyDecided, ApproverUnknown, DecisionRefused, SlackBusy
from bot.events import Click, ClickTurnedAway, DecisionMade, EditMade
from bot.handling import Handling
from bot.journal import answered, settled
from bot.quorum import Seat
from bot.requests import Requests, cancel_timers
from bot.run import JournalStatus
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

log = logging.getLogger(__name__)


class Decisions:
    """Records what counts, refuses privately what does not, and writes both down."""

    def __init__(
        self,
        threads: ThreadStore,
        electorate: Electorate,
        engine: Engine,
        delivery: Delivery,
        requests: Requests,
        now: Callable[[], datetime],
    ) -> None:
        self._threads = threads
        self._electorate = electorate
        self._engine = engine
        self._delivery = delivery
        self._requests = requests
        self._now = now

    async def clicked(self, h: Handling, click: Click) -> bool:
        """Apply a click; True when it (now, or before a crash) changed what the run waits for."""
        approval = await self._threads.approval(click.approval_id)
        if approval is None:
            await self._delivery.tell(click, words.UNKNOWN_CARD)
            return False
        goes_on = h.concerns(approval)
        if _is_recorded(approval, click):
            return goes_on  # recorded by a worker that died after it
        if await self._is_stranded(h, approval):
            await self._close(h, approval, click)
            return False
        try:
            seats = await self._seats(approval, click)
            changed = (
                self._decided(approval, click, seats)
                if isinstance(click, DecisionMade)
                else self._edited(approval, click, seats)
            )
        except ApproverUnknown as refusal:
            if isinstance(refusal.__cause__, SlackBusy):
                raise refusal.__cause__ from None  # it will answer: the click waits rather than be lost
            await self._refuse(h, approval, click, refusal)
            return False
        except DecisionRefused as refusal:
            await self._refuse(h, approval, click, refusal)
            return False
        await self._record(h, approval, changed, click)
        return goes_on

    async def _is_stranded(self, h: Handling, approval: Approval) -> bool:
        """Whether no run is left that would go on: then nothing may come to look approved."""
        if approval.is_final or approval.question is Question.OUTCOME:
            return False
        return not (h.concerns(approval) and await self._threads.has_run(h.thread))

    async def _close(self, h: Handling, approval: Approval, click: Click) -> None:
        """Withdraw what is not to be decided any more, and say so to who clicked."""
        closed = withdraw(approval, at=self._now(), why=words.RUN_GONE)
        h.note(Deed.WITHDRAWN, closed, person=click.user, why=words.RUN_GONE)
        h.retire([closed])
        await h.save(closed, writes=cancel_timers(closed, Writes()))
        await self._delivery.tell(click, words.already_closed(closed))

    def _decided(self, approval: Approval, click: DecisionMade, seats: list[Seat]) -> Approval:
        decision = Decision(
            by=click.user,
            verdict=click.verdict,
            at=click.at,
            reason=click.reason,
            digest=_shown(approval, click.digest),
        )
        return decide(approval, decision, seats=seats)

    def _edited(self, approval: Approval, click: EditMade, seats: list[Seat]) -> Approval:
        arguments = json.loads(click.arguments)
        needs = self._engine.judge(approval.tool, arguments, approval.requester, approval.thread.channel)
        # What was shown may have changed since the form was opened; then its digest differs.
        change = Edit(click.user, click.at, approval.arguments, click.arguments)
        shown = _shown(approval, click.digest)
        changed = edit(approval, change, digest=shown, seats=seats, needs=needs)
        if self._engine.problems(approval.tool, arguments):
            raise DecisionRefused
        return changed

    async def _seats(self, approval: Approval, click: Click) -> list[Seat]:
        """Ask Slack, now, about the one person who clicked."""
        if approval.is_final or click.user in approval.authors:
            return []  # no need to ask: it is refused anyway
        return await self._electorate.seats(approval, click.user, click.at)

    async def _refuse(self, h: Handling, approval: Approval, click: Click, why: DecisionRefused) -> None:
        said = click.verdict.value if isinstance(click, DecisionMade) else click.kind
        h.note(Deed.CLICK_REFUSED, approval, person=click.user, why=type(why).__name__, verdict=said)
        log.info("click refused", extra={"approval": approval.id, "user": click.user})
        closed = isinstance(why, AlreadyDecided)
        await self._delivery.tell(click, words.already_closed(approval) if closed else why.user_message)
        await self._look_after(h, approval, click)

    async def turned_away(self, h: Handling, click: ClickTurnedAway) -> None:
        """Write down a click from another workspace, and say privately that it did not count."""
        if (approval := await self._threads.approval(click.approval_id)) is not None:
            told = {"verdict": click.verdict, "workspace": click.workspace}
            h.note(Deed.CLICK_REFUSED, approval, person=click.user, why="AnotherWorkspace", **told)
        log.warning("click from another workspace", extra={"approval": click.approval_id, "user": click.user})
        if click.channel:
            await self._delivery.tell(click, words.ANOTHER_WORKSPACE)

    async def _record(self, h: Handling, before: Approval, after: Approval, click: Click) -> None:
        writes = Writes()
        changed = [after]
        if isinstance(click, DecisionMade):
            last = after.decisions[-1]
            noted = {"verdict": last.verdict.value, "reason": last.reason, "status": after.status.value}
            h.note(Deed.DECIDED, after, person=click.user, place=last.holder, **noted)
        else:
            noted = {"before": before.arguments, "after": after.arguments}
            h.note(Deed.EDITED, after, person=click.user, **noted)
            self._requests.timers(after, writes)
        if after.is_final:
            cancel_timers(after, writes)
        if after.status is ApprovalStatus.ANSWERED:
            changed += await self.resolve(h, after, writes)
        changed[0] = _with_card(changed[0], click)
        h.retire(changed)
        grants = (*h.state.grants, after.id) if _is_grant(after) else h.state.grants
        await h.save(*changed, writes=writes, grants=grants)
        log.info("approval changed", extra={"approval": after.id, "status": after.status})

    async def resolve(self, h: Handling, question: Approval, writes: Writes) -> list[Approval]:
        """Let the journal know what a person said of a call; returns its approval, changed.

        This goes into the write of the answer itself: were it done later and again after a
        crash, a call tried again could be tried a second time without anybody being asked.
        """
        entry, ending, result = answered(question)
        if not question.is_detached:
            before = await self._threads.journal(h.thread, question.effect)
            # What is to be tried again is still not known: its call is kept, should the run end first.
            kept = before.call if before and entry.status is JournalStatus.AGAIN else None
            writes.journal(question.effect, replace(entry, call=kept))
        about = await self._threads.readable([question.about]) if question.about else []
        h.note(
            Deed.EXECUTED,
            question,
            person=question.requester,
            arguments=question.arguments,
            consent=of_question(question, next(iter(about), None)),
            ending=ending.value,
            result=result,
            told="by a person",
        )
        return [settled(approval, ending, self._now(), result) for approval in about]

    async def _look_after(self, h: Handling, approval: Approval, click: Click) -> None:
        """Show on the clicked card how things stand, and keep it in mind if nobody did.

        It may have missed an update, or have been posted right before a crash.
        """
        adopted = _with_card(approval, click)
        if adopted != approval:
            await h.save_beside(Writes().approval(adopted))
        h.outdated += [
            (adopted, c) for c in adopted.cards if (c.channel, c.ts) == (click.channel, click.card_ts)
        ]


def _is_recorded(approval: Approval, click: Click) -> bool:
    if isinstance(click, EditMade):
        return any(
            (one.by, one.at, one.after) == (click.user, click.at, click.arguments) for one in approval.edits
        )
    said = (click.user, click.at, click.verdict)
    return any((one.by, one.at, one.verdict) == said for one in approval.decisions)


def _shown(approval: Approval, fingerprint: str) -> str:
    """The digest of what a card showed: of the call as asked, for a card that names none."""
    return fingerprint or approval.asked_digest


def _with_card(approval: Approval, click: Click) -> Approval:
    """Add the clicked card to those of its approval, at the place it must have been posted for."""
    if not click.card_ts or any((c.channel, c.ts) == (click.channel, click.card_ts) for c in approval.cards):
        return approval
    if (click.channel, click.thread_ts) == (approval.thread.channel, approval.thread.thread_ts):
        place = THREAD
    else:
        place = click.user if click.channel.startswith("D") else click.channel
    return replace(approval, cards=(*approval.cards, CardRef(click.channel, click.card_ts, place)))


def _is_grant(approval: Approval) -> bool:
    givers = [decision.verdict for decision in approval.decisions]
    return approval.status is ApprovalStatus.APPROVED and all(v is Verdict.APPROVE_REST for v in givers)
