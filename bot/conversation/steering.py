"""A message that comes while the bot works: taken into the run before its next model call, or left to wait.

What is taken in is written together with the run that has read it: the event is gone, its author an author, the grants
ended, all in the one fenced script of the checkpoint. Whoever goes on after a crash finds all of that or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from bot.agents.engine import Engine
from bot.conversation.attention import Attention, told, with_writers
from bot.conversation.daily_use import DailyUse
from bot.conversation.escalations import Escalations
from bot.conversation.handling import Handling
from bot.conversation.model_words import ModelWords
from bot.conversation.reading import Reading
from bot.domain import sentences
from bot.domain.budget_errors import BudgetReached
from bot.domain.errors import InputRefused
from bot.domain.events import MessageReceived, origin
from bot.domain.overheard import speakers
from bot.domain.run import ThreadState
from bot.store.next_messages import NextMessage, NextMessages, taken_in
from bot.store.writes import Writes


class Steer(StrEnum):
    """What becomes of a message while the bot works."""

    AFTER_STEP = "after_step"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Steering:
    """Looks for one at each checkpoint."""

    steer: Steer
    waiting: NextMessages
    engine: Engine
    words: ModelWords
    reading: Reading
    daily_use: DailyUse
    attention: Attention
    escalations: Escalations

    def looks(self, h: Handling) -> bool:
        """Whether a message that waits may be one to take in, and none has been left waiting."""
        return self.steer is not Steer.WAIT and not h.claim.may_repeat and not h.left_waiting

    async def join(self, h: Handling, snapshot: bytes) -> bytes | None:
        """Put the next message of the thread into a run that is about to be saved; None where there is none for it.

        What goes with it is written by the next save of the handling, which has to write the run as well. Where Redis may have
        forgotten what was done, none is: each is answered in its own turn, before which Slack is asked whether it was.
        """
        if self.steer is Steer.WAIT or h.claim.may_repeat or (found := await self._next(h)) is None:
            return None
        try:
            joined = await self.engine.admit(snapshot, await self.words.joining(h, found.message))
        except InputRefused:  # it has no model call left to read it with
            h.left_waiting.add(found.event_id)
            return None
        self._note(h, found)
        return joined

    async def _next(self, h: Handling) -> NextMessage | None:
        """The message that comes next, if it is for this run and nothing speaks against it."""
        found = await self.waiting.behind(h.thread, h.claim.event_id)
        if found is None or found.event_id in h.left_waiting:
            return None
        read = await self._read(h, found)
        if read is None:
            h.left_waiting.add(found.event_id)  # it is judged once more when it is its turn
        return read

    async def _read(self, h: Handling, found: NextMessage) -> NextMessage | None:
        """The message as a model is to read it; None for one that is not for this run, or that may not be read."""
        plainly_ours = self.attention.judged(h.state, found.message, ()).answers
        # One that came to mention the bot later was judged before, and may have its answer.
        is_new = origin(found.event_id) == found.event_id
        if not (is_new and plainly_ours and is_for_run(h.state, found.message)):
            return None
        if not await self.daily_use.allows(h, found.message, found.event_id):
            return None
        message = await self.reading.of(h, found.message)
        try:
            said = self.words.run_workspaces.said(message)
            refused = await self.engine.check(said, partial(self.escalations.in_doubt, h))
        except BudgetReached:  # when it is its turn, people are asked
            return None
        return None if refused is not None else replace(found, message=message)

    def _note(self, h: Handling, found: NextMessage) -> None:
        message, files = found.message, self.words.run_workspaces
        by_requester = bool(h.state.authors) and message.user == h.state.authors[0]
        # What was overheard while the run waited has come in with it.
        hands = (*h.state.authors, message.user, *message.quoted, *speakers(told(h.state)))
        h.remarks += files.refused(message)
        self.escalations.read(h, message)
        h.with_next(
            Writes().what(taken_in(found.event_id)),
            authors=tuple(dict.fromkeys(hands)),
            people=with_writers(h.state, message),
            overheard=(),
            asked_in=(*h.state.asked_in, *([message.ts] if by_requester else [])),
            attached=(*h.state.attached, *files.taken(message)),
            # Nobody agreed to what the run makes of these words.
            joined=(*h.state.joined, message.user),
            grants=(),
        )
        h.state = h.state.with_reply(replace(h.reply, also=(*h.reply.also, found.event_id)))
        show(h, message, found.event_id)


def show(h: Handling, message: MessageReceived, event_id: str) -> None:
    """Say in the reply under way that a message was taken in, and mark the reply as its answer too."""
    if h.stream is None:
        return
    h.stream.answers_also(h.reply.also)
    h.stream.hint("", key="next")
    h.stream.note(sentences.taken_in(message.whole), key=event_id)


def is_for_run(state: ThreadState, message: MessageReceived) -> bool:
    """Whether a message is for this run: said to the bot or by who asked; with words; not forgotten or deleted by now."""
    own = message.addressed or message.user in state.authors[:1]
    forgotten = bool(state.reset_ts) and float(message.ts) < float(state.reset_ts)
    # What was edited meanwhile, or is one click, is read when it is its turn.
    changed = any(one.ts == message.ts for one in state.reworded)
    void = forgotten or message.ts in state.gone or changed or message.continues
    return own and not void and bool(message.whole or message.files)
