"""Whether a message in a thread is for the bot; one that is not is kept for the next answer, and nothing is said."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from bot.agents.addressee import Addressee
from bot.conversation.delivery import Delivery
from bot.conversation.handling import Handling
from bot.domain import sentences
from bot.domain.approvals.approval import Approval, Question
from bot.domain.asked_first import came_before
from bot.domain.errors import UnknownSchema
from bot.domain.events import MessageReceived, message_id, origin
from bot.domain.overheard import Said, overhear, without
from bot.domain.run import ThreadState
from bot.domain.thread import ThreadRef
from bot.domain.when_to_speak import Talk, ThreadReplies, Why, Written, judge
from bot.store.allowances import Allowances
from bot.store.threads import ThreadStore

log = logging.getLogger(__name__)

#: How many of those who wrote in a thread it remembers: the rules ask whether there is more than one.
PEOPLE: Final = 20


@dataclass(frozen=True, slots=True)
class Attention:
    """Judges by the rules (`when_to_speak`), and asks the model that checks messages where they leave it open."""

    threads: ThreadStore
    delivery: Delivery
    addressee: Addressee
    allowances: Allowances
    setting: ThreadReplies
    bot_names: Collection[str]

    async def is_for_us(self, h: Handling, message: MessageReceived) -> bool:
        """Tell whether a message is to be answered, and note who wrote.

        One that is not goes with the commit into what was overheard. Where nobody could say whom it is for, its author is told
        how to be heard, once in a thread: a wrong silence costs them a mention, a wrong answer speaks in between people.
        """
        if _came_before(h, message):
            return False
        if _was_judged(h, message):
            heard = h.state.overheard
            h.state = replace(h.state, overheard=without(heard, [message.ts]))
            return h.state.overheard != heard
        waiting = await self.threads.readable(h.state.approvals)
        why = self.judged(h.state, message, waiting)
        answers = await self._asked(h, message) if why.is_doubt else why.answers
        h.state = replace(h.state, people=with_writers(h.state, message))
        if not why.answers:
            log.info("message judged", extra={"rule": why.name, "answers": str(answers)})
        return bool(answers)

    def judged(self, state: ThreadState, message: MessageReceived, waiting: Sequence[Approval]) -> Why:
        """What the rules say, by what is known of the thread."""
        people = {*(state.people or state.authors), *message.before, message.user}
        open_requests = [one for one in waiting if not one.is_final and one.question is Question.GO_AHEAD]
        talk = Talk(
            people,
            answered=state.answered,
            asked_back=state.asked_back,
            overheard=bool(state.overheard),
            requesters={one.requester for one in open_requests},
        )
        written = Written(message.user, message.whole, message.addressed, message.to_others, message.late)
        return judge(written, talk, self.setting, bot_names=self.bot_names)

    async def is_plain(self, thread: ThreadRef, message: MessageReceived) -> bool:
        """Tell whether the rules alone say that a message is for the bot."""
        try:
            state = await self.threads.load(thread)
        except UnknownSchema:
            return message.addressed
        return self.judged(state, message, await self.threads.readable(state.approvals)).answers

    async def keep_silent(self, h: Handling, message: MessageReceived) -> None:
        """Keep a message for the next answer, unless that reads it anyway; nothing of it is said."""
        if not (_came_before(h, message) or _was_judged(h, message)):
            heard = without(overhear(h.state.overheard, message), h.state.gone)
            h.state = replace(h.state, overheard=heard)
        h.silent = True

    async def _asked(self, h: Handling, message: MessageReceived) -> bool:
        h.enter_run()
        said = overhear((), message)[0]
        is_for_us, tokens = await self.addressee.judged(
            said, answered=h.state.answered, said=await _last_answer(h), since=h.state.overheard
        )
        await self.allowances.spend(h.thread.team, message.user, f"{h.claim.event_id}:check", tokens)
        if is_for_us is None and not h.state.told_unsure:
            h.state = replace(h.state, told_unsure=True)
            await self.delivery.whisper(h.thread, message.user, sentences.UNSURE_IF_MEANT)
        return bool(is_for_us)


def _came_before(h: Handling, message: MessageReceived) -> bool:
    return came_before(h.state, h.thread, message, is_sure=not (h.is_lost or h.claim.may_repeat))


def _was_judged(h: Handling, message: MessageReceived) -> bool:
    """Whether it was known before it came to mention the bot: it is answered where it was overheard, and only then."""
    own = message_id(h.thread.channel, message.ts)
    return h.claim.event_id != own and origin(h.claim.event_id) == own


async def _last_answer(h: Handling) -> str:
    """What the bot said last in the thread; empty where it said nothing yet."""
    items: list[Any] = list(await h.session.get_items())
    for item in reversed(items):
        if isinstance(item, dict) and item.get("role") == "assistant":  # pyright: ignore[reportUnknownMemberType]
            return _text(item.get("content"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return ""


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text") or "") for part in cast("list[dict[str, Any]]", content or []))


def with_writers(state: ThreadState, message: MessageReceived) -> tuple[str, ...]:
    """Who has written in the thread, by a message too: the latest few."""
    return tuple(dict.fromkeys((*state.people, *message.before, message.user)))[-PEOPLE:]


def told(state: ThreadState) -> tuple[Said, ...]:
    """What the next run is told of what was overheard."""
    return without(state.overheard, state.gone)
