"""What the bot does about each event of a thread: the heart.

Every event goes the same three steps, and a crash between any two repeats only the last one:
work (run the agents, checkpointing), settle (one fenced write of the outcome), deliver (Slack).
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

from bot import words
from bot.controls import Controls
from bot.delivery import Delivery
from bot.errors import InputRefused, KeyMissing, SlackRejected, SlackUnavailable, UnknownSchema
from bot.events import MessageReceived, RetryRequested
from bot.handling import Handling
from bot.homes import Homes
from bot.run import Failed, Interrupted, Notice, Reply, Unanswered, Unsure
from bot.runs import Runs
from bot.settlement import Settlement
from bot.store.inbox import Claim
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

#: Characters of the first message that name a thread in the /reset picker.
TITLE_LENGTH = 60


class Conversation:
    """Answers one event at a time; who calls it holds the thread's lease."""

    def __init__(
        self,
        threads: ThreadStore,
        runs: Runs,
        settlement: Settlement,
        controls: Controls,
        homes: Homes,
        delivery: Delivery,
    ) -> None:
        self._threads = threads
        self._runs = runs
        self._settlement = settlement
        self._controls = controls
        self._homes = homes
        self._delivery = delivery

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
        if h.reply.outcome is None and await self._is_half_said(h):
            await h.settle(Notice(words.OVERTAKEN))
        if h.reply.outcome is not None:
            await self._delivery.deliver(h, h.reply.outcome)
            if await self._runs.results.send(h):
                await self._delivery.deliver(h, h.reply.outcome)
        await self._delivery.retire(h)
        await self._tell_homes(h)
        return h.finish()

    async def give_up(self, h: Handling, reference: str) -> Writes:
        """Put an event aside that failed again and again, and tell the thread so."""
        if h.thread.is_home:
            return h.finish()  # there is nobody to tell, and opening Home again tries it again
        with contextlib.suppress(SlackRejected):  # the thread itself may be gone
            await self._delivery.deliver(h, Notice(words.gave_up(reference)))
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
        if not h.attempted or h.thread.is_home:
            return False
        try:
            reply = await self._delivery.open(h)
            return bool(reply.messages) and not reply.is_answered
        except SlackRejected:
            return False  # nobody can see it

    async def _close_unreadable(self, h: Handling) -> None:
        """Give up what cannot be read of a thread, so that it can go on; what can be is kept."""
        h.session.discard()
        try:
            await h.session.get_items()
        except UnknownSchema:
            await h.session.clear_session()
        left = [*await self._threads.waiting_in(h.thread), *await self._threads.approved_in(h.thread)]
        waiting = [approval.id for approval in left]
        h.state = replace(h.state, approvals=tuple(dict.fromkeys((*h.state.approvals, *waiting))))
        await self._settlement.close_stale(h)

    async def _work(self, h: Handling) -> None:
        if h.is_lost and not h.thread.is_home:
            raise UnknownSchema
        match h.claim.event:
            case MessageReceived() as message:
                await self._message(h, message)
            case RetryRequested() as retry:
                await self._retry(h, retry)
            case event:
                if await self._controls.answer(h, event):
                    await self._go_on(h)

    async def _message(self, h: Handling, message: MessageReceived) -> None:
        if h.state.reset_ts and float(message.ts) < float(h.state.reset_ts):
            return
        if h.claim.is_doubted and not h.resumed and await self._delivery.is_answered(h):
            return  # Slack shows what Redis has forgotten
        if h.resumed:
            await self._runs.recover(h, message)
        elif not message.text.strip() and not message.files:
            await h.settle(Notice(words.HELLO))
        elif not await self._runs.admits(h, message):
            return
        elif h.state.approvals:
            await self._admit(h, message)
        else:
            await h.save(
                writes=Writes().run(None),
                title=h.state.title or (message.text or message.files[0].name)[:TITLE_LENGTH],
                attached=(*h.state.attached, *self._runs.takes(message)),
                run_id=h.claim.event_id,
                # What was said before in this thread is read as well, and may be what moves the run.
                authors=tuple(dict.fromkeys((message.user, *h.state.authors))),
                grants=(),
                effects=(),
                failed=None,
            )
            await self._runs.start(h, message)

    async def _admit(self, h: Handling, message: MessageReceived) -> None:
        """Put a new message into the run that waits, and say what it waits for."""
        if refused := await self._runs.check(message):
            again = Unanswered(h.claim.event_id, h.reply.messages, message, joining=True)
            await h.settle(refused, failed=again if isinstance(refused, Failed) else h.state.failed)
            return
        try:
            snapshot = await self._runs.admit(h, message)
        except UnknownSchema:
            await self._settlement.close_stale(h)
            return
        except InputRefused as refusal:
            await h.settle(Notice(refusal.user_message))
            return
        h.remarks += self._runs.refuses(message)
        approvals = await self._threads.approvals(h.state.approvals)
        pending = [approval for approval in approvals if not approval.is_final]
        authors = tuple(dict.fromkeys((*h.state.authors, message.user)))
        h.with_next(Writes().run(snapshot), attached=(*h.state.attached, *self._runs.takes(message)))
        if pending:
            await h.settle(Notice(words.waiting(pending)), authors=authors)
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
            with contextlib.suppress(SlackRejected, SlackUnavailable):  # they are shown at the end, too
                await self._delivery.retire(h)
            await self._runs.recover(h, None)

    async def _tell_homes(self, h: Handling) -> None:
        """Let the Homes of all concerned show what has changed."""
        asked = h.state.approvals if isinstance(h.reply.outcome, Interrupted | Unsure) else ()
        if changed := tuple(dict.fromkeys((*h.reply.closed, *asked))):
            await self._homes.tell(h, await self._threads.readable(changed))

    async def _retry(self, h: Handling, retry: RetryRequested) -> None:
        failed = h.state.failed
        if failed is None or (failed.event_id != retry.event_id and not h.resumed):
            await self._delivery.whisper(h.thread, retry.user, words.GONE_ON)
            return
        if not h.resumed:
            # The failed reply's own messages are filled again: no second answer below it.
            await h.save(reply=Reply(h.claim.event_id, messages=failed.messages))
        if failed.message is not None and failed.joining:
            await self._admit(h, failed.message)
        else:
            await self._runs.recover(h, failed.message)
