"""What people do while everything around them breaks: they write, decide, change their minds, try again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Final

from bot.domain import sentences
from bot.domain.events import message_id
from devkit.slack.workspace import Message
from tests.world import ANA, BOT_USER, MEI, OMAR, SUPPORT, World, ids

#: Seconds after which a person who still sees nothing happen gives up, and the run has failed.
PATIENCE = 150.0
#: Seconds after which a person who clicked and sees nothing come of it clicks again.
AGAIN = 8.0
#: Seconds between two looks at Slack.
GLANCE = 0.25


class Kind(StrEnum):
    """What becomes of a conversation's refund, if it has one."""

    CHAT = "chat"
    STOP = "stop"
    APPROVE = "approve"
    REJECT = "reject"
    RESET = "reset"
    OPPOSITE = "opposite"
    SMALL = "small"


#: How many of eleven conversations are of which kind. About a small refund nobody is asked.
MIX = (
    *[Kind.CHAT] * 2,
    *[Kind.SMALL] * 2,
    *[Kind.APPROVE] * 3,
    *(Kind.REJECT, Kind.RESET, Kind.STOP, Kind.OPPOSITE),
)
#: Whole euros of the smallest refund about which people are asked, and of the smallest about which nobody is.
ASKED, UNASKED = 21, 5


@dataclass(slots=True)
class Conversation:
    """One thread, as its author remembers it."""

    kind: Kind
    amount: str
    invoice: str
    thread: str = ""
    messages: list[str] = field(default_factory=list[str])
    #: Those of which only another message's reply was seen when their author went on, and that had failed or was not
    #: done: where Redis forgets that it took them in, they are answered by themselves, further down.
    unsaid: set[str] = field(default_factory=set[str])
    done: bool = False
    #: Whether somebody has clicked Approve, heard or not.
    was_approved: bool = False

    @property
    def wants_refund(self) -> bool:
        """Whether a refund is asked for."""
        return self.kind not in {Kind.CHAT, Kind.STOP}

    @property
    def may_be_paid(self) -> bool:
        """Whether the refund may be made, or may not be for a reason that is told."""
        return self.kind in {Kind.APPROVE, Kind.OPPOSITE, Kind.SMALL}


def amount(kind: Kind, number: int) -> str:
    """The amount of the refund of a conversation, which no other one has."""
    least = UNASKED if kind is Kind.SMALL else ASKED
    return f"{least + number // 100}.{number % 100:02d}"


#: What the demo's model says where it could not look an invoice up.
COULD_NOT: Final = "I could not do that: "


class GaveUp(Exception):
    """A person has waited for longer than any patience lasts."""


class People:
    """Everybody who talks to the bot. Nothing here looks behind Slack, but who checks the ledger."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random
        self.conversations: list[Conversation] = []

    def plan(self, count: int) -> list[Conversation]:
        """Decide what the next conversations are about; each refund has an amount of its own."""
        start = len(self.conversations)
        kinds = [MIX[number % len(MIX)] for number in range(count)]
        self._random.shuffle(kinds)
        planned = [self._about_an_invoice(kind, start + number) for number, kind in enumerate(kinds)]
        self.conversations += planned
        return planned

    def _about_an_invoice(self, kind: Kind, number: int) -> Conversation:
        """Two have an invoice together: more, and their cards change under the clicks for as long as all wait."""
        invoice = f"INV-{2000 + number // 2}"
        if number % 2 == 0:
            self._world.billing.bill(invoice, "Linden Bau GmbH", "1250.00", "EUR")
        return Conversation(kind, amount(kind, number), invoice)

    async def live(self, conversation: Conversation) -> None:
        """Have one conversation from its first word to its last; raises `GaveUp` with what the thread shows."""
        try:
            match conversation.kind:
                case Kind.CHAT:
                    await self._chat(conversation)
                case Kind.STOP:
                    await self._stop(conversation)
                case _:
                    await self._refund(conversation)
        except TimeoutError:
            replies = self._world.replies(conversation.thread)
            raise GaveUp("\n".join(f"    {event_of(m)} {ids(m)} {m.shown!r}" for m in replies)) from None
        conversation.done = True

    async def _chat(self, talk: Conversation) -> None:
        await self._answered(talk, await self._says(talk, "show me INV-1003"))
        for more in ("and what is its date?", "who is its customer?", "how much was it?"):
            await self._answered(talk, await self._says(talk, more))

    async def _stop(self, talk: Conversation) -> None:
        message = await self._says(talk, "write a long answer")
        await self._until(lambda: self._about(talk, message))
        for reply in self._about(talk, message):
            if "stop" in ids(reply):
                await self._clicks(ANA, reply, "stop")
        await self._answered(talk, message)

    async def _refund(self, talk: Conversation) -> None:
        await self._wishes(talk, f"refund {talk.amount} EUR on {talk.invoice}")
        if talk.kind is Kind.SMALL:
            return
        await self._until(lambda: self._world.cards(talk.thread) or self._is_told_lost(talk))
        if not self._world.cards(talk.thread):
            return  # it was forgotten before anybody was asked, and they were told so
        hurry = await self._says(talk, "hello, are you there?")
        if talk.kind is Kind.RESET:
            await self._resets(talk)
        else:
            await self._decided(talk)
        await self._answered(talk, hurry, or_reset=talk.kind is Kind.RESET)

    async def _resets(self, talk: Conversation) -> None:
        """Say reset, and once more where it is asked whether to."""
        for asked in ("say reset once more", "Forgotten"):
            talk.messages.append(await self._world.asks("reset", thread=talk.thread))
            await self._until(
                lambda asked=asked: any(self._says_somewhere(talk, said) for said in (asked, "Forgotten"))  # type: ignore[misc]
            )
            if self._says_somewhere(talk, "Forgotten"):
                break
        await self._until(lambda: not self._world.cards(talk.thread))

    async def _wishes(self, talk: Conversation, words: str) -> None:
        """Ask for a refund, and once more where the invoice could not even be read: nothing was begun then."""
        while True:
            message = await self._says(talk, words)
            await self._answered(talk, message)
            if not any(COULD_NOT in reply.shown for reply in self._about(talk, message)):
                return

    async def _decided(self, talk: Conversation) -> None:
        """Decide whatever card is there to be decided, again where nothing came of it, until all is quiet."""
        async with asyncio.timeout(PATIENCE):
            while not self._quiet(talk):
                for card in self._world.cards(talk.thread):
                    await self._decides(talk, card)
                with contextlib.suppress(TimeoutError):
                    await self._until(lambda: self._quiet(talk), patience=AGAIN)

    async def _decides(self, talk: Conversation, card: Message) -> None:
        talk.was_approved = talk.was_approved or talk.kind is not Kind.REJECT
        match talk.kind:
            case Kind.APPROVE:
                await self._clicks(self._random.choice([OMAR, MEI]), card, "approve")
            case Kind.REJECT:
                await self._rejects(OMAR, card)
            case _:
                await asyncio.gather(self._clicks(MEI, card, "approve"), self._rejects(OMAR, card))

    async def _says(self, talk: Conversation, words: str) -> str:
        if talk.thread:
            ts = await self._world.slack.says(ANA, SUPPORT, words, thread_ts=talk.thread)
        else:
            ts = talk.thread = await self._world.asks(words)
        talk.messages.append(ts)
        return ts

    async def _answered(self, talk: Conversation, message: str, *, or_reset: bool = False) -> None:
        """Wait until a message has its answer, or is said to have failed."""

        def answered() -> bool:
            replies = self._about(talk, message)
            forgotten = or_reset and self._says_somewhere(talk, "Forgotten")
            return bool(forgotten) or (bool(replies) and not any(is_underway(reply) for reply in replies))

        await self._until(answered)
        if is_unsaid(self._about(talk, message), message):
            talk.unsaid.add(message)

    async def _clicks(self, user: str, message: Message, action: str) -> None:
        """Click until Slack says that the bot has heard it, or there is nothing to click any more."""
        while action in ids(message):
            if await self._world.slack.clicks(user, message.channel, message.ts, action):
                return
            await asyncio.sleep(GLANCE)

    async def _rejects(self, user: str, card: Message) -> None:
        while "reject" in ids(card):
            await self._clicks(user, card, "reject")
            views = self._world.slack.views
            await asyncio.sleep(GLANCE)
            mine = [
                view
                for view in views.values()
                if view.user == user and card.ts in str(view.body.get("private_metadata"))
            ]
            for view in mine:
                reason: dict[str, Any] = {"reason": {"reason_text": {"value": "no"}}}
                try:
                    await self._world.slack.submits(user, view.id, reason)
                except LookupError:
                    continue
                if view.id not in views:
                    return  # else Slack said that it could not reach the bot: send it once more

    async def tidy(self) -> None:
        """Press every Retry, and answer every question by what the ledger says, once."""
        for message in self._all():
            buttons = ids(message)
            if "retry" in buttons:
                await self._clicks(ANA, message, "retry")
            if "happened" in buttons:
                made = any(amount in message.shown for _, amount in self._world.refunds)
                again = "try_again" if "try_again" in buttons else "not_happened"
                await self._clicks(MEI, message, "happened" if made else again)

        for talk in self.conversations:
            if talk.done and talk.wants_refund:  # Redis has forgotten what was decided, and asks again
                for card in self._world.cards(talk.thread):
                    await self._decides(talk, card)

    def _all(self) -> list[Message]:
        channels = self._world.slack.workspace.messages.values()
        return [m for channel in channels for m in list(channel.values()) if m.user == BOT_USER]

    def _about(self, talk: Conversation, message: str) -> list[Message]:
        """The bot's replies to one message."""
        return [reply for reply in self._world.replies(talk.thread) if answers(reply, message)]

    def _says_somewhere(self, talk: Conversation, words: str) -> list[Message]:
        return [m for m in self._world.replies(talk.thread) if words in m.shown]

    def _is_told_lost(self, talk: Conversation) -> bool:
        return any(is_lost(message) for message in self._world.replies(talk.thread))

    def _quiet(self, talk: Conversation) -> bool:
        """Whether the thread waits for nothing more: no run, no question, nothing that failed."""
        replies = self._world.replies(talk.thread)
        buttons = {name for message in replies for name in ids(message)} - {"retry"}
        # A failure that the thread has gone on from keeps its button, which then says so.
        buttons |= {"retry"} & set(ids(replies[-1])) if replies else set()
        # Of a click, or of a new try of it, or of a new try of that.
        by_click = any("click:" in event_of(m) for m in replies)
        is_over = by_click or self._is_told_lost(talk)
        return is_over and not buttons & {"stop", "retry", "happened", "approve"}

    async def _until(self, true: Callable[[], Any], *, patience: float = PATIENCE) -> None:
        async with asyncio.timeout(patience):
            while not true():
                await asyncio.sleep(GLANCE)


def event_of(message: Message) -> str:
    """The event that a reply of the bot answers."""
    metadata = message.metadata or {}
    return str(metadata.get("event_payload", {}).get("event_id", ""))


def is_underway(reply: Message) -> bool:
    """Tell whether a reply is not done: it offers Stop, or says that the bot goes on with it in a moment."""
    payload: dict[str, Any] = (reply.metadata or {}).get("event_payload") or {}
    return "stop" in ids(reply) or not payload.get("final", True)


def is_unsaid(replies: Sequence[Message], message: str) -> bool:
    """Tell whether a message has no answer but in a reply to another one that is not done, or failed."""
    own = [reply for reply in replies if message_id(SUPPORT, message) in event_of(reply)]
    return bool(replies) and not own and not any(_is_done(reply) for reply in replies)


def _is_done(reply: Message) -> bool:
    payload: dict[str, Any] = (reply.metadata or {}).get("event_payload") or {}
    return bool(payload.get("final")) and "retry" not in ids(reply)


def is_lost(message: Message) -> bool:
    """Tell whether a message says that Redis was set back and what it was about is forgotten."""
    return sentences.LOST_CARD in message.shown or sentences.LOST in message.shown


def answers(reply: Message, message: str) -> bool:
    """Tell whether a reply of the bot is to this message, or to a new try of it."""
    metadata = reply.metadata or {}
    also: Sequence[str] = metadata.get("event_payload", {}).get("also", ())  # taken in on the way
    event_id = message_id(SUPPORT, message)
    return event_id in event_of(reply) or event_id in also
