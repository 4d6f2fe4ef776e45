"""What people do while everything around them breaks: they write, decide, change their minds, try again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from devkit.slack.workspace import Message
from tests.world import ANA, BOT_USER, MEI, OMAR, SUPPORT, World, ids

#: Seconds after which a person who still sees nothing happen gives up, and the run has failed.
PATIENCE = 150.0
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


#: How many of eleven conversations are of which kind.
MIX = [Kind.CHAT] * 4 + [Kind.APPROVE] * 3 + [Kind.REJECT, Kind.RESET, Kind.STOP, Kind.OPPOSITE]


@dataclass(slots=True)
class Conversation:
    """One thread, as its author remembers it."""

    kind: Kind
    amount: str
    thread: str = ""
    messages: list[str] = field(default_factory=list[str])
    done: bool = False


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
        planned = [
            Conversation(kind, f"{21 + (start + number) // 100}.{(start + number) % 100:02d}")
            for number, kind in enumerate(kinds)
        ]
        self.conversations += planned
        return planned

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
        for words in ("and what is its date?", "who is its customer?", "how much was it?"):
            await self._answered(talk, await self._says(talk, words))

    async def _stop(self, talk: Conversation) -> None:
        message = await self._says(talk, "write a long answer")
        await self._until(lambda: self._about(talk, message))
        for reply in self._about(talk, message):
            if "stop" in ids(reply):
                await self._clicks(ANA, reply, "stop")
        await self._answered(talk, message)

    async def _refund(self, talk: Conversation) -> None:
        await self._answered(talk, await self._says(talk, f"refund {talk.amount} EUR on INV-1006"))
        card = await self._card(talk)
        hurry = await self._says(talk, "hello, are you there?")
        match talk.kind:
            case Kind.APPROVE:
                await self._clicks(self._random.choice([OMAR, MEI]), card, "approve")
            case Kind.REJECT:
                await self._rejects(OMAR, card)
            case Kind.RESET:
                talk.messages.append(await self._world.asks("reset", thread=talk.thread))
            case _:
                await asyncio.gather(self._clicks(MEI, card, "approve"), self._rejects(OMAR, card))
        await self._until(lambda: ids(card) == ["details"])
        if talk.kind is Kind.RESET:
            await self._until(lambda: self._says_somewhere(talk, "Forgotten"))
        else:
            await self._until(lambda: self._quiet(talk))
        if hurry in talk.messages:
            await self._answered(talk, hurry, or_reset=talk.kind is Kind.RESET)

    async def _says(self, talk: Conversation, words: str) -> str:
        if talk.thread:
            ts = await self._world.slack.says(ANA, SUPPORT, words, thread_ts=talk.thread)
        else:
            ts = talk.thread = await self._world.asks(words)
        talk.messages.append(ts)
        return ts

    async def _answered(self, talk: Conversation, message: str, *, or_reset: bool = False) -> None:
        """Wait until a message has its answer, pressing Retry below each that failed."""

        def answered() -> bool:
            replies = self._about(talk, message)
            forgotten = or_reset and self._says_somewhere(talk, "Forgotten")
            return bool(forgotten) or (bool(replies) and not any("stop" in ids(reply) for reply in replies))

        await self._until(answered)

    async def _card(self, talk: Conversation) -> Message:
        await self._until(lambda: self._world.cards(talk.thread))
        return self._world.cards(talk.thread)[-1]

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

    def _all(self) -> list[Message]:
        channels = self._world.slack.workspace.messages.values()
        return [m for channel in channels for m in list(channel.values()) if m.user == BOT_USER]

    def _about(self, talk: Conversation, message: str) -> list[Message]:
        """The bot's replies to one message."""
        return [reply for reply in self._world.replies(talk.thread) if answers(reply, message)]

    def _says_somewhere(self, talk: Conversation, words: str) -> list[Message]:
        return [m for m in self._world.replies(talk.thread) if words in m.shown]

    def _quiet(self, talk: Conversation) -> bool:
        """Whether the thread waits for nothing more: no run, no question, nothing that failed."""
        replies = self._world.replies(talk.thread)
        buttons = {name for message in replies for name in ids(message)} - {"retry"}
        # A failure that the thread has gone on from keeps its button, which then says so.
        buttons |= {"retry"} & set(ids(replies[-1])) if replies else set()
        last = [
            m for m in self._world.replies(talk.thread) if event_of(m).startswith(("click:", "retry:click:"))
        ]
        return bool(last) and not buttons & {"stop", "retry", "happened", "approve"}

    async def _until(self, true: Callable[[], Any]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not true():
                await asyncio.sleep(GLANCE)


def event_of(message: Message) -> str:
    """The event that a reply of the bot answers."""
    metadata = message.metadata or {}
    return str(metadata.get("event_payload", {}).get("event_id", ""))


def answers(reply: Message, message: str) -> bool:
    """Tell whether a reply of the bot is to this message, or to a new try of it."""
    return f"msg:{SUPPORT}:{message}" in event_of(reply)
