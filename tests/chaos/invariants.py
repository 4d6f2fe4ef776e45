"""What must be so at the end, seen from the outside only: Slack, the ledger, Redis, the audit log."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from bot.domain.audit import Deed, Verifier
from bot.store import client
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from devkit.slack.workspace import BOT_USER, TEAM, Message
from tests.chaos.people import Conversation, Kind, answers, event_of, is_lost
from tests.chaos.truth import Seen, Wish, untrue, wrongly_paid
from tests.world import SUPPORT, World, ids

#: What may be left of a thread that waits for nothing, by the last part of its key.
AT_REST = frozenset({"row", "state", "session", "words", "spent", "handled"})

#: The last words of the demo's model on a refund.
MADE = re.compile(r"Done: I refunded|Done, as a person has checked")
NOT_MADE = re.compile(r"The refund of .* was not made")


async def broken(world: World, talks: list[Conversation]) -> list[str]:
    """Say what is not as it must be; nothing, if all is well."""
    problems = [problem for talk in talks for problem in _thread(world, talk)]
    problems += _doubled(world)
    problems += wrongly_paid(world.billing.ledger(), [wish(talk) for talk in talks if talk.wants_refund])
    problems += untrue(world.billing.ledger(), [seen(one) for one in _said(world)], await _pending(world))
    problems += await _record(world, talks)
    return problems + await _redis(world)


def _thread(world: World, talk: Conversation) -> Iterator[str]:
    """Every message answered once and in order; every refund made as often as it was approved."""
    where = f"{talk.kind} thread {talk.thread}"
    if not talk.done:
        yield f"{where} never came to its end"
    replies = world.replies(talk.thread)
    first: list[float] = []
    for message in talk.messages:
        own = [reply for reply in replies if answers(reply, message)]
        parts = Counter((m.metadata or {})["event_payload"].get("part") for m in own)
        doubled = {part for part, count in parts.items() if count > 1}
        if doubled:
            yield f"{where}: message {message} has part {doubled} of its answer twice"
        if not own and talk.kind is not Kind.RESET:
            yield f"{where}: message {message} has no answer"
        first += [float(own[0].ts)] if own and message not in talk.unsaid else []
    if talk.kind is Kind.CHAT and first != sorted(first):
        yield f"{where}: answers are out of order"
    made = any(amount == talk.amount for _, amount in world.refunds)
    said = _told(replies)
    was_lost = said is None and any(is_lost(reply) for reply in replies)  # what was paid says its card
    if talk.may_be_paid and said is not made and not was_lost:
        is_made = "was" if made else "was not"
        yield f"{where}: {talk.amount} {is_made} refunded, but the thread says {said}"


def wish(talk: Conversation) -> Wish:
    """What a conversation asks for, as its people know it."""
    return Wish(talk.amount, talk.kind is not Kind.SMALL, talk.was_approved)


def seen(message: Message) -> Seen:
    """A message of the bot's as people see it, with what it says of itself beside that."""
    payload: dict[str, Any] = (message.metadata or {}).get("event_payload") or {}
    where = f"{message.channel} {message.thread_ts or message.ts} {message.ts} ({event_of(message)})"
    return Seen(
        where,
        message.shown,
        tuple(ids(message)),
        str(payload.get("approval_id", "")),
        bool(payload.get("final", True)),
    )


def _said(world: World) -> Iterator[Message]:
    for messages in world.slack.workspace.messages.values():
        yield from (message for message in messages.values() if message.user == BOT_USER)


async def _pending(world: World) -> frozenset[str]:
    """The approvals that Redis takes for pending."""
    async with client.connect(world.redis_url) as redis:
        threads = ThreadStore(redis, world.keys, Sealer([world.key, *world.newer_keys]))
        return frozenset(approval.id for approval in await threads.pending(TEAM))


def _told(replies: list[Message]) -> bool | None:
    """What a thread says of its refund in the end: made, not made, or nothing that can be understood."""
    told: bool | None = None
    for reply in replies:
        if MADE.search(reply.shown):
            told = True
        elif NOT_MADE.search(reply.shown):
            told = False
    return told


def _doubled(world: World) -> Iterator[str]:
    cards = [
        (card.channel, (card.metadata or {})["event_payload"]["approval_id"])
        for channel in world.slack.workspace.messages
        for card in world.cards_in(channel)
        if "kind" not in (card.metadata or {})["event_payload"]
    ]
    for (channel, approval), count in Counter(cards).items():
        if count > 1:
            yield f"approval {approval} has {count} cards in {channel}"


async def _record(world: World, talks: list[Conversation]) -> list[str]:
    verifier = Verifier()
    links = await world.records()
    for link in links:
        verifier.read(link)
    problems = [f"audit: {problem.text}" for problem in verifier.problems]
    requested = {link.entry.approval for link in links if link.entry.deed is Deed.REQUESTED}
    closing = {Deed.EXPIRED, Deed.WITHDRAWN}
    final = Counter(
        link.entry.approval
        for link in links
        if link.entry.deed in closing
        or (link.entry.deed is Deed.DECIDED and link.entry.details.get("status") != "pending")
    )
    problems += [f"audit: {approval} was closed {n} times" for approval, n in final.items() if n > 1]
    problems += [f"audit: {approval} was never closed" for approval in requested - set(final)]
    executed = Counter(
        (link.entry.details.get("call"), link.entry.thread)
        for link in links
        if link.entry.deed is Deed.EXECUTED and link.entry.details.get("ending") == "done"
    )
    return problems + [f"audit: {call} ended {n} times" for call, n in executed.items() if call[0] and n > 1]


async def _redis(world: World) -> list[str]:
    """Nothing waits, and nothing of what waited is left behind."""
    problems: list[str] = []
    async with client.connect(world.redis_url) as redis:
        async for key in redis.scan_iter(match=f"{world.prefix}:*", count=1000):
            name = key.decode()
            last = name.rsplit(":", 1)[-1]
            if (
                last in {"due", "pending", "inbox", "timers", "events"}
                or f"/{SUPPORT}/" in name
                and last not in AT_REST
                and ":seen:" not in name
            ):
                problems.append(f"Redis: {name} is left")
    return problems
