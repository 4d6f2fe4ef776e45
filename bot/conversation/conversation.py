"""What the bot does about each event of a thread: the heart.

Every event goes the same three steps, and a crash between any two repeats only the last one:
work (run the agents, checkpointing), settle (one fenced write of the outcome), deliver (Slack).
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from bot.conversation.altered_messages import as_changed
from bot.conversation.attention import Attention, told
from bot.conversation.card_threads import CardThreads
from bot.conversation.delivery import Delivery
from bot.conversation.dispatch import Dispatch
from bot.conversation.handling import Handling
from bot.conversation.homes import Homes
from bot.conversation.in_words import hint_to_decider, instead, noted
from bot.conversation.new_runs import new_run
from bot.conversation.outcomes import Outcomes
from bot.conversation.reading import Reading
from bot.conversation.remembering import Remembering
from bot.conversation.removed_tools import HasTool, waits_in_vain
from bot.conversation.runs import Runs
from bot.domain import click_answers, model_ends, sentences
from bot.domain.errors import InputRefused, KeyMissing, SlackRejected, SlackUnavailable, UnknownSchema
from bot.domain.events import (
    DecisionMade,
    EditMade,
    MessageReceived,
    ResetRequested,
    RetryRequested,
    StopRequested,
)
from bot.domain.overheard import speakers
from bot.domain.run import Failed, Interrupted, Notice, Reply, Unanswered, Unsure
from bot.domain.tasks import all_of
from bot.store.claim import Claim
from bot.store.threads import ThreadStore
from bot.store.writes import Writes


class Conversation:
    """Answers one event at a time; who calls it holds the thread's lease."""

    def __init__(  # noqa: PLR0913 - one for each kind of work
        self,
        threads: ThreadStore,
        runs: Runs,
        outcomes: Outcomes,
        remembering: Remembering,
        controls: Dispatch,
        homes: Homes,
        delivery: Delivery,
        has_tool: HasTool,
        card_threads: CardThreads,
        reading: Reading,
        attention: Attention,
    ) -> None:
        self._threads = threads
        self._runs = runs
        self._outcomes = outcomes
        self._remembering = remembering
        self._dispatch = controls
        self._homes = homes
        self._delivery = delivery
        self._has_tool = has_tool
        self._card_threads = card_threads
        self._reading, self._attention = reading, attention

    async def handle(self, h: Handling) -> Writes:
        """Answer the event and return what its commit still has to write.

        Raises `LeaseLost` when another worker took over, and `SlackUnavailable` when the event
        should be tried again later; whatever was saved before is then not done again.
        """
        if h.reply.outcome is None:
            try:
                await self._work(h)
            except UnknownSchema:
                await self._close_unreadable(h)
        if h.reply.outcome is None and not h.silent and await self._is_half_said(h):
            await h.settle(Notice(sentences.OVERTAKEN))
        # Homes show what is on record, whatever of it is in Slack yet.
        await all_of(self._show(h), self._tell_homes(h))
        await self._remembering.move_on(h)
        return h.finish()

    async def _show(self, h: Handling) -> None:
        """Bring answer, files and cards to Slack."""
        if h.reply.outcome is not None:
            await self._delivery.deliver(h, h.reply.outcome)
            if await self._runs.results.send(h):
                await self._delivery.deliver(h, h.reply.outcome)
        await self._delivery.retire(h)

    async def give_up(self, h: Handling, reference: str) -> Writes:
        """Put an event aside that failed again and again, and tell the thread so."""
        if h.thread.is_home:
            return h.finish()  # there is nobody to tell, and opening Home again tries it again
        with contextlib.suppress(SlackRejected):  # the thread itself may be gone
            await self._delivery.deliver(h, Notice(sentences.gave_up(reference)))
        with contextlib.suppress(SlackRejected, SlackUnavailable):
            await self._delivery.retire(h)  # whatever failed, no card may look undecided for ever
        h.session.discard()
        return h.finish()

    async def say_key_missing(self, claim: Claim) -> None:
        """Tell who wrote or clicked that it has to wait for a key; best effort."""
        if (
            claim.event is not None
            and (user := getattr(claim.event, "user", ""))
            and not claim.thread.is_home
        ):
            await self._delivery.whisper(claim.thread, user, KeyMissing().user_message)

    async def _is_half_said(self, h: Handling) -> bool:
        """Whether an earlier attempt had begun to answer, and its run is no more: a reset overtook it."""
        if not (h.attempted or h.claim.told) or h.thread.is_home:
            return False
        try:
            reply = await self._delivery.open(h)
            return bool(reply.messages) and not reply.is_answered
        except SlackRejected:
            return False  # nobody can see it

    async def _close_unreadable(self, h: Handling) -> None:
        """Give up what cannot be read of a thread, so that it can go on; what can be is kept."""
        h.session.discard()
        # Of a lost thread nobody knows any more whose words are in it.
        if h.is_lost or not await h.session.is_readable():
            await h.session.clear_session()
        left = [*await self._threads.waiting_in(h.thread), *await self._threads.approved_in(h.thread)]
        waiting = dict.fromkeys((*h.state.approvals, *(approval.id for approval in left)))
        # The bot takes part here: nothing that is written now was written before it was asked.
        since = h.thread.thread_ts if h.is_lost else h.state.asked_first
        h.state = replace(h.state, approvals=tuple(waiting), asked_first=since)
        await self._outcomes.close_stale(h)

    async def _work(self, h: Handling) -> None:
        if h.is_lost and not h.thread.is_home:
            raise UnknownSchema
        if await self._waits_in_vain(h):
            await self._outcomes.close_stale(h)
            return
        match h.claim.event:
            case MessageReceived() as message:
                await self._message(h, message)
            case RetryRequested() as retry:
                await self._retry(h, retry)
            case event:
                if await self._dispatch.answer(h, event):
                    await self._go_on(h)

    async def _waits_in_vain(self, h: Handling) -> bool:
        """Whether the thread's run waits for a tool that is no more. A reset or a stop ends it anyway, in its own words."""
        if isinstance(h.claim.event, ResetRequested | StopRequested):
            return False
        looks: list[Awaitable[Any]] = [self._threads.readable(h.state.approvals)]
        if h.state.approvals and isinstance(h.claim.event, DecisionMade | EditMade):
            looks.append(self._threads.has_run(h.thread))  # a click asks for it, too
        approvals, *_ = await all_of(*looks)
        return any(waits_in_vain(approval, self._has_tool) for approval in approvals)

    async def _message(self, h: Handling, message: MessageReceived) -> None:
        if _is_void(h, message) or await self._continues_in_vain(h, message):
            return
        if h.claim.is_doubted and not h.resumed and await self._delivery.is_answered(h):
            return  # Slack shows what Redis has forgotten
        if h.resumed:
            if not await self._runs.shown_answers.stays(h):
                await self._runs.recover(h, message)
        elif await self._card_threads.answers(h, message := as_changed(h, message)):
            return
        # One that has an answer of ours begun, or was told that it waits, is answered whatever the rules say now.
        elif await self._attention.is_for_us(h, message) or await self._is_half_said(h):
            await self._read(h, await self._reading.of(h, message))
        else:
            await self._attention.keep_silent(h, message)

    async def _read(self, h: Handling, message: MessageReceived) -> None:
        """Answer a message that is read: begin a run with it, or let it join the one that waits."""
        if not message.whole and not message.files:
            await h.settle(Notice(sentences.HELLO), answered=message.user, asked_back=True)
        elif h.state.approvals:
            if await self._runs.daily_use.admits(h, message):
                await self._admit(h, message)
        else:
            admits = self._runs.daily_use.admits(h, message)
            hands = self._runs.authors_of_files(h), h.session.authors()
            # What broke off is looked for where the run is over: nothing has, but a worker may have died before.
            may, of_files, of_notes, _ = await all_of(admits, *hands, self._threads.whole_journal(h.thread))
            if not may:
                return
            await self._delivery.cut_answers.retire(h)
            self._runs.escalations.read(h, message, begins=True)
            files = (*h.state.attached, *self._runs.takes(message))
            run = new_run(h, message, hands=(*of_files, *of_notes), files=files)
            await h.save(writes=Writes().run(None).event(h.claim.event_id, message), **run)
            await self._runs.start(h, message)

    async def _continues_in_vain(self, h: Handling, message: MessageReceived) -> bool:
        """Tell who pressed Continue below an answer that the thread has gone on since."""
        event_id = message.continues
        if not event_id or h.resumed or self._delivery.cut_answers.goes_on(h, event_id):
            return False
        await self._delivery.whisper(h.thread, message.user, model_ends.GONE_ON)
        return True

    async def _admit(self, h: Handling, message: MessageReceived, *, again: bool = False) -> None:
        """Put a message into the run that waits, `again` where it could not join, and say what it waits for."""
        approvals = await self._threads.readable(h.state.approvals)
        waiting = [approval for approval in approvals if not approval.is_final]
        if hint := hint_to_decider(message, waiting):
            await self._delivery.whisper(h.thread, message.user, hint)
            return
        if answer := instead(message, waiting):
            await h.settle(answer)
            return
        if refused := await self._runs.check(h, message):
            failed = Unanswered(h.claim.event_id, h.reply.messages, message, joining=True)
            await h.settle(refused, failed=failed if isinstance(refused, Failed) else h.state.failed)
            return
        try:
            snapshot = await self._runs.admit(h, message)
        except UnknownSchema:
            await self._outcomes.close_stale(h)
            return
        except InputRefused as refusal:
            await h.settle(Notice(refusal.user_message))
            return
        h.remarks += self._runs.refuses(message)
        self._runs.escalations.read(h, message)
        approvals = await self._threads.approvals(h.state.approvals)
        pending = [approval for approval in approvals if not approval.is_final]
        hands = (*h.state.authors, message.user, *message.quoted, *speakers(told(h.state)))
        authors = tuple(dict.fromkeys(hands))
        asked_in = (*h.state.asked_in, *([message.ts] if message.user == authors[0] else []))
        attached = (*h.state.attached, *self._runs.takes(message))
        # Nobody agreed to what the run makes of these words.
        joined = (*h.state.joined, message.user)
        joins = {"attached": attached, "asked_in": asked_in, "joined": joined, "grants": (), "overheard": ()}
        h.with_next(Writes().run(snapshot), **joins)
        if pending:
            # Of what has joined nothing is left to be tried again.
            failed = None if again else h.state.failed
            await h.settle(
                noted(message, pending, running=h.thread.is_running), authors=authors, failed=failed
            )
        else:  # decided, but the resumed run failed; this message is as good as a Retry
            # From here on the message is in the run: whoever takes over must not add it once more.
            failed = Unanswered(h.claim.event_id, h.reply.messages, message)
            await h.save(authors=authors, failed=failed)
            await self._runs.recover(h, message)

    async def _go_on(self, h: Handling) -> None:
        """Resume the run once every one of its approvals is decided."""
        approvals = await self._threads.approvals(h.state.approvals)
        # None are left where a worker died behind them: the run then goes on from its checkpoint.
        if all(approval.is_final for approval in approvals):
            beside = [self._retire_if_possible(h)]
            if approvals and h.may_run:  # then a run begins that goes on from these
                beside += [self._threads.foresee_run(h.thread), self._runs.judging.foresee(h, approvals)]
                beside += [self._runs.begin_reply(h, even_unheard=True)]
            await all_of(*beside)
            await self._runs.recover(h, None)

    async def _retire_if_possible(self, h: Handling) -> None:
        """Let cards show how their approvals stand; they are shown at the end, too."""
        with contextlib.suppress(SlackRejected, SlackUnavailable):
            await self._delivery.retire(h)

    async def _tell_homes(self, h: Handling) -> None:
        """Let the Homes of all concerned show what has changed."""
        asked = h.state.approvals if isinstance(h.reply.outcome, Interrupted | Unsure) else ()
        if changed := tuple(dict.fromkeys((*h.reply.closed, *asked))):
            await self._homes.tell(h, await self._threads.readable(changed))

    async def _retry(self, h: Handling, retry: RetryRequested) -> None:
        failed = h.state.failed
        if failed is None or (failed.event_id != retry.event_id and not h.resumed):
            if retry.user:  # nobody pressed what was only found in Slack
                await self._delivery.whisper(h.thread, retry.user, click_answers.GONE_ON)
            return
        if not h.resumed:
            # The failed reply's own messages are filled again: no second answer below it.
            await h.save(reply=Reply(h.claim.event_id, messages=failed.messages, also=failed.also))
        if failed.message is not None and failed.joining:
            await self._admit(h, failed.message, again=True)
        elif not await self._runs.shown_answers.stays(h):
            await self._runs.recover(h, failed.message)


def _is_void(h: Handling, message: MessageReceived) -> bool:
    """Whether a reset has forgotten a message, or it was deleted before it was its turn."""
    forgotten = bool(h.state.reset_ts) and float(message.ts) < float(h.state.reset_ts)
    return forgotten or (message.ts in h.state.gone and not h.resumed)
