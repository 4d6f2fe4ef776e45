"""Forgetting a thread: its session, its run, and every approval that still waited."""

from __future__ import annotations

import contextlib
import logging

from bot.conversation.closing import Closing
from bot.conversation.handling import Handling
from bot.domain import sentences
from bot.domain.approvals.approval import Approval, ApprovalStatus, Question
from bot.domain.audit import Deed
from bot.domain.errors import SlackRejected, SlackUnavailable, UnknownSchema
from bot.domain.events import ResetRequested
from bot.domain.requester_events import EVERYTHING
from bot.domain.run import Notice, Reply, ThreadState
from bot.slack.blocks import mrkdwn, section
from bot.slack.client import Slack
from bot.slack.reset_picker import question
from bot.store.threads import ThreadStore
from bot.store.workspaces import Workspaces
from bot.store.writes import Writes

log = logging.getLogger(__name__)


class Resets:
    """A reset wins for ever: what it withdraws no later click can bring back."""

    def __init__(self, slack: Slack, threads: ThreadStore, closing: Closing, workspaces: Workspaces) -> None:
        self._slack = slack
        self._threads = threads
        self._closing = closing
        self._workspaces = workspaces

    async def reset(self, h: Handling, event: ResetRequested) -> None:
        """Forget the thread in one fenced write; the delivery then retires the cards.

        Where an approval waits that nobody was told would go with it, ask first: once for each. A button of such a question
        counts for nothing once nothing of what it named waits.
        """
        waiting = await self._waiting(h)
        if event.asked_in and not h.resumed and not {one.id for one in waiting} & {*event.named}:
            await self._answer(h, event.asked_in, sentences.NOTHING_FORGOTTEN)
            return
        if unnamed := self._unnamed(h, event, waiting):
            ids = tuple(one.id for one in unnamed)
            asked = Notice(question(unnamed), forgets=ids, keeps_files=event.keeps_files)
            await h.settle(asked, reset_named=(*h.state.reset_named, *ids))
            return
        writes = Writes()
        changed = await self._closing.end(h, sentences.WAS_RESET, writes, person=event.user)
        h.note(Deed.RESET, person=event.user, via=event.via.value)
        withdrawn = sum(approval.status is ApprovalStatus.WITHDRAWN for approval in changed)
        open_questions = sum(not approval.is_final for approval in changed)
        reply = Reply(
            h.claim.event_id,
            outcome=Notice(sentences.reset(withdrawn, open_questions, keeps_files=event.keeps_files)),
            closed=tuple(approval.id for approval in changed),
        )
        await h.session.clear_session()
        # Replies that were cut off keep their place: their messages come up again, older than
        # the reset, and are then closed instead of answered.
        # One that Slack delivered late does not bring back what a later one has forgotten.
        latest = max(event.ts, h.state.reset_ts or event.ts, key=float)
        h.state = ThreadState(
            generation=h.state.generation + 1,
            reset_ts=latest,
            authors=await self._authors_of_files(h) if event.keeps_files else (),
            replies=h.state.replies,
            people=h.state.people,
            attached=h.state.attached if event.keeps_files else (),
            sent=h.state.sent if event.keeps_files else (),
        )
        await h.save(*changed, writes=writes.forget(keep_files=event.keeps_files), reply=reply)
        if event.asked_in:
            await self._answer(h, event.asked_in, sentences.FORGOTTEN_AS_ASKED)
        log.info("thread reset", extra={"withdrawn": withdrawn})

    async def _waiting(self, h: Handling) -> list[Approval]:
        """What the thread waits for, and a reset would withdraw."""
        approvals = await self._threads.readable(h.state.approvals)
        return [one for one in approvals if not one.is_final and one.question is Question.GO_AHEAD]

    def _unnamed(self, h: Handling, event: ResetRequested, waiting: list[Approval]) -> list[Approval]:
        """What waits, if any of it was not named to who wants it forgotten."""
        if EVERYTHING in event.named or h.resumed:
            return []
        named = {*event.named, *h.state.reset_named}
        return waiting if any(one.id not in named for one in waiting) else []

    async def _answer(self, h: Handling, asked_in: str, text: str) -> None:
        """Take the button away below the question that was answered; best effort."""
        with contextlib.suppress(SlackRejected, SlackUnavailable):
            await self._slack.update(h.thread.channel, asked_in, text=text, blocks=[section(mrkdwn(text))])

    async def _authors_of_files(self, h: Handling) -> tuple[str, ...]:
        """Whose words may lie in the files that are kept: also in those of an earlier release, which name nobody."""
        try:
            has_files = h.state.attached or await self._workspaces.authors(h.thread) is not None
        except UnknownSchema:
            has_files = True
        return h.state.authors if has_files else ()
