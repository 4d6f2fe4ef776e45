"""What must be so at the end, seen from the outside only: Slack, the ledger, Redis, the audit log."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from bot.audit import Deed, Verifier
from bot.store import client
from devkit.slack.workspace import Message
from tests.chaos.people import Conversation, Kind, answers, event_of
from tests.world import SUPPORT, World, ids

#: What may be left of a thread that waits for nothing, by the last part of its key.
AT_REST = frozenset({"row", "state", "session"})

#: The last words of the demo's model on a refund.
MADE = re.compile(r"Done: I refunded|Done, as a person has checked")
NOT_MADE = re.compile(r"The refund of .* was not made")


async def broken(world: World, talks: list[Conversation]) -> list[str]:
    """Say what is not as it must be; nothing, if all is well."""
    problems = [problem for talk in talks for problem in _thread(world, talk)]
    problems += _cards(world)
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
        first += [float(own[0].ts)] if own else []
    if talk.kind is Kind.CHAT and first != sorted(first):
        yield f"{where}: answers are out of order"
    made = sum(amount == talk.amount for _, amount in world.refunds)
    most = {Kind.APPROVE: 1, Kind.OPPOSITE: 1}.get(talk.kind, 0)
    if made > most:
        yield f"{where}: {talk.amount} was refunded {made} times"
    if talk.kind in {Kind.APPROVE, Kind.OPPOSITE} and (said := _told(replies)) is not bool(made):
        yield f"{where}: {talk.amount} was refunded {made} times, but the thread says {said}"


def _told(replies: list[Message]) -> bool | None:
    """What a thread says of its refund in the end: made, not made, or nothing that can be understood."""
    told: bool | None = None
    for reply in replies:
        if MADE.search(reply.shown):
            told = True
        elif NOT_MADE.search(reply.shown):
            told = False
    return told


def _cards(world: World) -> Iterator[str]:
    for messages in world.slack.workspace.messages.values():
        for message in messages.values():
            if live := set(ids(message)) - {"details", "retry"}:
                yield f"{message.channel} {message.ts} ({event_of(message)}) still offers {sorted(live)}"
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
