"""Clicks on approvals: who clicked, does it count, and what is on record then."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.agents.engine import Engine
from bot.conversation.answered_questions import AnsweredQuestions
from bot.conversation.delivery import Delivery
from bot.conversation.eligibility import Eligibility
from bot.conversation.handling import Handling
from bot.conversation.judging import Judging
from bot.conversation.made_before import MadeBefore, may_have_run
from bot.conversation.requests import Requests, cancel_timers
from bot.conversation.second_look import SecondLook
from bot.domain import click_answers, sentences
from bot.domain.approvals.approval import (
    THREAD,
    Approval,
    ApprovalStatus,
    CardRef,
    Decision,
    Edit,
    Question,
)
from bot.domain.approvals.grants import is_grant
from bot.domain.approvals.preview import in_words
from bot.domain.approvals.quorum import Seat
from bot.domain.approvals.transitions import decide, edit, withdraw
from bot.domain.audit import Deed
from bot.domain.errors import (
    AlreadyDecided,
    ApproverUnknown,
    CannotBeDone,
    DecisionRefused,
    NotOffered,
    SaidAlready,
    SlackBusy,
)
from bot.domain.events import Click, ClickTurnedAway, DecisionMade, EditMade
from bot.slack import preview_blocks
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

log = logging.getLogger(__name__)


class Decisions:
    """Records what counts, refuses privately what does not, and writes both down."""

    def __init__(  # noqa: PLR0913 - one for each kind of work
        self,
        threads: ThreadStore,
        eligibility: Eligibility,
        engine: Engine,
        delivery: Delivery,
        requests: Requests,
        second_look: SecondLook,
        judging: Judging,
        made_before: MadeBefore,
        now: Callable[[], datetime],
    ) -> None:
        self._made_before = made_before
        self._threads = threads
        self._eligibility = eligibility
        self._engine = engine
        self._delivery = delivery
        self._requests = requests
        self._second_look = second_look
        self._judging = judging
        self._now = now
        #: What becomes of answered questions about outcomes.
        self.questions = AnsweredQuestions(threads, judging, now)

    async def clicked(self, h: Handling, click: Click) -> bool:
        """Apply a click; True when it (now, or before a crash) changed what the run waits for."""
        approval = await self._threads.approval(click.approval_id)
        if approval is None:
            await self._delivery.tell(click, click_answers.UNKNOWN_CARD)
            return False
        goes_on = h.concerns(approval)
        if (came_to := await self._came_to(h, approval, click)) is not None:
            return came_to
        if await self._is_stranded(h, approval):
            await self._close(h, approval, click)
            return False
        try:
            seats = await self._seats(approval, click)
            if isinstance(click, DecisionMade):
                decided = self._decided(approval, click, seats)
                changed = await self._second_look.at(h, approval, decided, click)
            else:
                changed = await self._second_look.behind(h, await self._edited(h, approval, click, seats))
        except ApproverUnknown as refusal:
            if isinstance(refusal.__cause__, SlackBusy):
                raise refusal.__cause__ from None  # it will answer: the click waits rather than be lost
            await self._refuse(h, approval, click, refusal)
            return False
        except DecisionRefused as refusal:
            await self._refuse(h, approval, click, refusal)
            return False
        await self._record(h, approval, changed, click)
        await self._delivery.news.of_click(h, changed, click)
        return goes_on

    async def _came_to(self, h: Handling, approval: Approval, click: Click) -> bool | None:
        """What a click came to that a worker recorded before it died, or on what was done before; None for one that counts."""
        if approval.seen_anew_by(click.user, click.at) is not None:
            await self._second_look.tell(h, approval, click)
            await self._delivery.news.of_click(h, approval, click)
            return False
        if _is_recorded(approval, click):
            await self.questions.give_back(h, approval)
            await self._delivery.news.of_click(h, approval, click)
            return h.concerns(approval)
        goes_on = h.concerns(approval)
        return goes_on if await self._was_made(h, approval, click) else None

    async def tell_end(self, h: Handling, approval: Approval) -> None:
        """Tell who asked that it is closed, where its run still waits for others."""
        await self._delivery.news.of_end(h, approval)

    async def _is_stranded(self, h: Handling, approval: Approval) -> bool:
        """Whether no run is left that would go on: then nothing may come to look approved."""
        if approval.is_final or approval.question is Question.OUTCOME:
            return False
        return not (h.concerns(approval) and await self._threads.has_run(h.thread))

    async def _was_made(self, h: Handling, approval: Approval, click: Click) -> bool:
        """Whether the service says that the call ran before Redis was restored from a backup: it is closed then."""
        writes = Writes()
        if not may_have_run(h, approval):
            return False
        if not (closed := await self._made_before.of_approval(h, approval, writes)):
            return False
        h.retire(closed)
        await h.save(*closed, writes=cancel_timers(approval, writes))
        await self._delivery.tell(click, click_answers.already_closed(closed[0]))
        return True

    async def _close(self, h: Handling, approval: Approval, click: Click) -> None:
        """Withdraw what is not to be decided any more, and say so to who clicked."""
        closed = withdraw(approval, at=self._now(), why=sentences.RUN_GONE)
        h.note(Deed.WITHDRAWN, closed, person=click.user, why=sentences.RUN_GONE)
        h.retire([closed])
        await h.save(closed, writes=cancel_timers(closed, Writes()))
        await self._delivery.tell(click, click_answers.already_closed(closed))

    def _decided(self, approval: Approval, click: DecisionMade, seats: list[Seat]) -> Approval:
        if _is_said(approval, click):
            raise SaidAlready
        decision = Decision(
            by=click.user,
            verdict=click.verdict,
            at=click.at,
            reason=click.reason,
            digest=_shown(approval, click.digest),
        )
        return decide(approval, decision, seats=seats)

    async def _edited(self, h: Handling, approval: Approval, click: EditMade, seats: list[Seat]) -> Approval:
        if not self._engine.tools.has(approval.tool):
            raise NotOffered
        arguments = json.loads(click.arguments)
        needs = await self._judging.of_edit(h, approval, arguments)
        # What was shown may have changed since the form was opened; then its digest differs.
        change = Edit(click.user, click.at, approval.arguments, click.arguments)
        shown = _shown(approval, click.digest)
        changed = edit(approval, change, digest=shown, seats=seats, needs=needs)
        if self._engine.tools.problems(approval.tool, arguments):
            raise DecisionRefused
        return self._engine.tools.bounded(changed)

    async def _seats(self, approval: Approval, click: Click) -> list[Seat]:
        """Ask Slack, now, about the one person who clicked."""
        if approval.is_final or click.user in approval.authors:
            return []  # no need to ask: it is refused anyway
        return await self._eligibility.seats(approval, click.user, click.at)

    async def _refuse(self, h: Handling, approval: Approval, click: Click, why: DecisionRefused) -> None:
        said = click.verdict.value if isinstance(click, DecisionMade) else click.kind
        if not isinstance(why, SaidAlready):  # it stands on record as it was said first
            h.note(Deed.CLICK_REFUSED, approval, person=click.user, why=type(why).__name__, verdict=said)
        log.info("click refused", extra={"approval": approval.id, "user": click.user})
        closed = isinstance(why, AlreadyDecided)
        told = click_answers.already_closed(approval) if closed else why.user_message
        if isinstance(why, CannotBeDone):
            told = preview_blocks.cannot(why.problem)
        await self._delivery.tell(click, told)
        await self._look_after(h, approval, click)

    async def turned_away(self, h: Handling, click: ClickTurnedAway) -> None:
        """Write down a click from another workspace, and say privately that it did not count."""
        if (approval := await self._threads.approval(click.approval_id)) is not None:
            told = {"verdict": click.verdict, "workspace": click.workspace}
            h.note(Deed.CLICK_REFUSED, approval, person=click.user, why="AnotherWorkspace", **told)
        log.warning("click from another workspace", extra={"approval": click.approval_id, "user": click.user})
        if click.channel:
            await self._delivery.tell(click, click_answers.ANOTHER_WORKSPACE)

    async def _record(self, h: Handling, before: Approval, after: Approval, click: Click) -> None:
        writes = Writes()
        changed = [after]
        self._note(h, before, after, click)
        if isinstance(click, EditMade):
            self._requests.timers(after, writes)
        if after.is_final:
            cancel_timers(after, writes)
        if after.status is ApprovalStatus.ANSWERED:
            changed += await self.questions.resolve(h, after, writes)
        changed[0] = _with_card(changed[0], click)
        h.retire(changed)
        # A message that joined the run meanwhile was not read by who agrees in advance.
        grants = (*h.state.grants, after.id) if is_grant(after) and not h.state.joined else h.state.grants
        await h.save(
            *changed, writes=writes, grants=grants, rejected=(*h.state.rejected, *_rejected(h, after))
        )
        log.info("approval changed", extra={"approval": after.id, "status": after.status})
        await self.questions.give_back(h, after)
        await self._second_look.tell(h, changed[0], click)

    def _note(self, h: Handling, before: Approval, after: Approval, click: Click) -> None:
        """Put on record what a click did."""
        if change := after.seen_anew_by(click.user, click.at):
            seen = {"before": in_words(change.before), "after": in_words(change.after), "shown": after.shown}
            h.note(Deed.SEEN_ANEW, after, person=click.user, **seen)
        elif isinstance(click, DecisionMade):
            last = after.decisions[-1]
            noted = {"verdict": last.verdict.value, "reason": last.reason, "status": after.status.value}
            h.note(Deed.DECIDED, after, person=click.user, place=last.holder, shown=last.digest, **noted)
        else:
            noted = {"before": before.arguments, "after": after.arguments}
            seen = {"preview": in_words(after.preview), "shown": after.shown}
            h.note(Deed.EDITED, after, person=click.user, **noted, **seen)

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
    return approval.seen_anew_by(click.user, click.at) is not None or any(
        (one.by, one.at, one.verdict) == said for one in approval.decisions
    )


def _is_said(approval: Approval, click: DecisionMade) -> bool:
    """Whether a pending approval has this very answer of the person, to what was shown."""
    said = (click.user, click.verdict, _shown(approval, click.digest))
    return not approval.is_final and any((d.by, d.verdict, d.digest) == said for d in approval.decisions)


def _shown(approval: Approval, fingerprint: str) -> str:
    """The fingerprint of what a card showed: of the call as asked, for a card that names none."""
    return fingerprint or approval.asked_digest


def _with_card(approval: Approval, click: Click) -> Approval:
    """Add the clicked card to those of its approval, at the place it must have been posted for."""
    if not click.card_ts or any((c.channel, c.ts) == (click.channel, click.card_ts) for c in approval.cards):
        return approval
    if (click.channel, click.thread_ts) == (approval.thread.channel, approval.thread.root):
        place = THREAD
    else:
        place = click.user if click.channel.startswith("D") else click.channel
    return replace(approval, cards=(*approval.cards, CardRef(click.channel, click.card_ts, place)))


def _rejected(h: Handling, approval: Approval) -> frozenset[str]:
    """The calls that this rejects for the rest of their run."""
    rejects = approval.status is ApprovalStatus.REJECTED and h.concerns(approval)
    return approval.calls if rejects else frozenset()
