"""A message is deleted or changed: before its turn, while its call waits for people, or after it was read."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.conversation.delivery import Delivery
from bot.conversation.handling import Handling
from bot.conversation.withdrawals import Withdrawals
from bot.domain import sentences
from bot.domain.approvals.approval import Approval, ApprovalStatus, Question
from bot.domain.approvals.transitions import withdraw
from bot.domain.audit import Deed
from bot.domain.events import MessageReceived, message_id, origin
from bot.domain.requester_events import MessageAltered
from bot.store.threads import ThreadStore

#: How many deleted messages a thread remembers: one that waits in line yet is not answered.
GONE: Final = 20
#: How many changed messages that wait in line yet are remembered with their new words.
REWORDED: Final = 5


class AlteredMessages:
    """Withdraws what a deleted message asked for; says on the cards that one was changed."""

    def __init__(self, threads: ThreadStore, withdrawals: Withdrawals, delivery: Delivery) -> None:
        self._threads = threads
        self._withdrawals = withdrawals
        self._delivery = delivery

    async def look(self, h: Handling, event: MessageAltered) -> bool:
        """Do what it means for the run that waits; True when that (now, or before a crash) closed a call."""
        if not _asks(h, event):
            await self._of_another(h, event)
            return False
        approvals = await self._threads.readable(h.state.approvals)
        pending = [a for a in approvals if not a.is_final and a.question is Question.GO_AHEAD]
        if event.deleted:
            return await self._deleted(h, pending) or any(_is_withdrawn(one) for one in approvals)
        await self._changed(h, event, [one for one in pending if one.words_changed_at is None])
        return False

    async def _of_another(self, h: Handling, event: MessageAltered) -> None:
        """Remember it of a message whose turn has not come: it is answered as it is then, or not at all."""
        if event.deleted:
            h.state = replace(h.state, gone=(*h.state.gone, event.ts)[-GONE:])
        elif (event.text or event.below) and await h.awaits(message_id(h.thread.channel, event.ts)):
            others = (one for one in h.state.reworded if one.ts != event.ts)
            h.state = replace(h.state, reworded=(*others, event)[-REWORDED:])

    async def _deleted(self, h: Handling, pending: list[Approval]) -> bool:
        closed = [withdraw(one, at=h.now(), why=sentences.ASKING_DELETED) for one in pending]
        if closed:
            await self._withdrawals.record(h, closed)
        return bool(closed)

    async def _changed(self, h: Handling, event: MessageAltered, pending: list[Approval]) -> None:
        """Say so on the cards, once, and to who asked: what is asked for stays as it is."""
        if not pending:
            if event.ts not in h.state.changed_late:
                h.state = replace(h.state, changed_late=(*h.state.changed_late, event.ts)[-GONE:])
                await self._delivery.whisper(h.thread, event.user, sentences.READ_BEFORE)
            return
        changed = [replace(one, words_changed_at=h.now()) for one in pending]
        for one in changed:
            h.note(Deed.WORDS_CHANGED, one, person=event.user)
        h.retire(changed)
        await h.save(*changed)
        await self._delivery.whisper(h.thread, event.user, sentences.ASKING_CHANGED)


def as_changed(h: Handling, message: MessageReceived) -> MessageReceived:
    """A message with the words that it was given while it waited for its turn."""
    found = next((one for one in h.state.reworded if (one.ts, one.user) == (message.ts, message.user)), None)
    if found is None:
        return message
    h.state = replace(h.state, reworded=tuple(one for one in h.state.reworded if one is not found))
    return replace(message, text=found.text, below=found.below, quoted=found.quoted, names=found.names)


def _asks(h: Handling, event: MessageAltered) -> bool:
    """Whether it is a message of the requester's own that the present run has read."""
    if event.user != next(iter(h.state.authors), ""):
        return False
    # A run of an earlier release only names the message that began it.
    return event.ts in h.state.asked_in or origin(h.state.run_id) == message_id(h.thread.channel, event.ts)


def _is_withdrawn(approval: Approval) -> bool:
    return (approval.status, approval.closed_why) == (ApprovalStatus.WITHDRAWN, sentences.ASKING_DELETED)
