"""Slack's payloads, damaged, sent over real sockets to a real bot."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
from random import Random
from typing import Any

from bot.store import client
from devkit.slack.workspace import Message
from tests.fuzz.mutate import damaged
from tests.world import ANA, BOT_USER, MEI, OMAR, SUPPORT, World, ids
from tests.world import world as make_world

#: How many envelopes are under way at once; each may take Slack's three seconds to be given up.
AT_ONCE = 60
#: Who may approve in these worlds.
FINANCE = {OMAR, MEI}
#: What may be logged as an error: a form for a click that Slack has forgotten cannot be opened, so
#: the person sees an error; a channel or a thread that a payload made up is not there; and where a
#: stored call was altered after it was approved, operators are to hear of it.
EXPECTED = {
    ("listener failed", "SlackApiError"),
    ("thread is closed to the bot", ""),
    ("call is not what was approved", ""),
}
#: Characters of a strange payload that a report shows.
SHOWN = 500

Envelope = tuple[str, dict[str, Any]]


class Complaints(logging.Handler):
    """What the bot or its libraries complained of that nobody was prepared for."""

    def __init__(self, *libraries: str) -> None:
        super().__init__(logging.ERROR)
        self._libraries = libraries
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = getattr(record, "error", "")
        if (record.getMessage(), error) not in EXPECTED and record.name not in self._libraries:
            raised = record.exc_info[1] if record.exc_info else ""
            text = f"{record.name}: {record.getMessage()[:SHOWN]} {error} {raised!r}"
            self.found.append(text[: 2 * SHOWN])


async def everything(world: World) -> list[Envelope]:
    """Let people do all that can be done, and take what Slack delivered of it."""
    first = await world.asks("refund $29 on INV-1003")
    card = await world.card(first)
    await world.slack.clicks(ANA, card.channel, card.ts, "details")
    await world.rejects(OMAR, card, "too much")
    await world.hears(first, "too much")
    second = await world.asks("refund $31 on INV-1005")
    card = await world.card(second)
    await world.edits(OMAR, card, amount="30.00")
    await world.slack.until(lambda: "30.00" in card.shown)
    await world.approves(MEI, card)
    await world.hears(second, "Done: I refunded")
    third = await world.asks("show me INV-1003")
    await world.hears(third, "Hazel & Co")
    await world.slack.says(ANA, SUPPORT, "and its date?", thread_ts=third)
    await world.hears(third, "is dated")
    await world.slack.command(ANA, SUPPORT, "/reset", "")
    await world.slack.shortcut(ANA, "reset_thread", SUPPORT, third)
    await world.hears(third, "Forgotten, as asked.")
    await world.slack.opens_home(ANA)
    await world.home(ANA, "Waiting for you")
    sent = [(one.kind, json.loads(json.dumps(one.payload))) for one in world.slack.deliveries]
    return [(kind, payload) for kind, payload in sent if not _is_echo(payload)]


def clicks_on(card: Message, originals: list[Envelope]) -> list[Envelope]:
    """A click on each button of a card that waits, made of one on another card."""
    kind, click = next(one for one in originals if one[1].get("type") == "block_actions")
    made: list[Envelope] = []
    for button in card.buttons:
        payload: dict[str, Any] = copy.deepcopy(click) | {"channel": {"id": card.channel, "name": "x"}}
        payload["message"].update(ts=card.ts, thread_ts=card.thread_ts or card.ts)
        payload["actions"][0].update(action_id=button["action_id"], value=button["value"])
        made.append((kind, payload))
    return made


def fresh(envelope: Envelope, number: int, random: Random) -> Envelope:
    """Make of an envelope one that was never delivered before."""
    kind, payload = copy.deepcopy(envelope)
    at = f"{1795600000 + number}.{random.randrange(10**6):06}"
    if "event" in payload:
        payload["event_id"] = f"Ev{number}"
        payload["event"]["ts"] = payload["event"]["event_ts"] = at
    for action in payload.get("actions", ()):
        action["action_ts"] = at
    if "action_ts" in payload:
        payload["action_ts"] = at
    return kind, payload


async def attack(redis_url: str, random: Random, count: int) -> list[str]:
    """Send so many damaged payloads to one bot; returns what was wrong then or afterwards."""
    complaints, problems = Complaints(), list[str]()
    logging.getLogger().addHandler(complaints)
    try:
        async with make_world(redis_url, strict_pace=False) as world, world.bot():
            originals = await everything(world)
            waiting = await world.asks("refund $33 on INV-1005")
            originals += 4 * clicks_on(await world.card(waiting), originals)
            gate = asyncio.Semaphore(AT_ONCE)

            async def send(kind: str, payload: Any) -> None:
                async with gate:
                    answer = await world.slack.envelope(kind, payload)
                if kind == "events_api" and answer is None:
                    problems.append(f"an event was not acked: {str(payload)[:SHOWN]}")

            envelopes = [fresh(random.choice(originals), number, random) for number in range(count)]
            await asyncio.gather(*(send(kind, damaged(payload, random)) for kind, payload in envelopes))
            problems += await closing(world, waiting)
    finally:
        logging.getLogger().removeHandler(complaints)
    return problems + complaints.found


async def closing(world: World, waiting: str) -> list[str]:
    """Look whether anything is stuck, or was done that nobody allowed."""
    problems: list[str] = []
    try:
        await asyncio.wait_for(_at_rest(world), timeout=120)
    except TimeoutError:
        problems.append("events still wait")
    for thread in (waiting, None):
        message = await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> hello", thread_ts=thread)
        try:
            await world.slack.until(
                lambda at=message, t=thread or message: answered(world, t, at), timeout=60
            )
        except AssertionError:
            problems.append(f"thread {thread or message} is stuck")
    for messages in world.slack.workspace.messages.values():
        problems += [
            f"{m.ts} looks as if it were being written" for m in messages.values() if "stop" in ids(m)
        ]
    entries = [link.entry for link in await world.records()]
    allowed = {e.approval for e in entries if e.deed == "decided" and e.person in FINANCE}
    done = [e.approval for e in entries if e.deed == "executed" and e.details.get("ending") == "done"]
    problems += [f"{one} was done twice" for one in set(done) if done.count(one) > 1]
    problems += [f"{one} was done and nobody allowed it" for one in done if one and one not in allowed]
    return problems


def answered(world: World, thread: str, message: str) -> bool:
    """Whether something was said below a message and is finished, and nothing is being written."""
    replies = world.replies(thread)
    behind = [reply for reply in world.done(thread) if float(reply.ts) > float(message)]
    return bool(behind) and len(replies) == len(world.done(thread))


async def _at_rest(world: World) -> None:
    """Wait until no thread has an event that waits."""
    async with client.connect(world.redis_url) as redis:
        while [key async for key in redis.scan_iter(match=f"{world.prefix}:*:inbox", count=1000)]:
            await asyncio.wait({asyncio.ensure_future(world.slack.workspace.change())}, timeout=0.2)


def _is_echo(payload: dict[str, Any]) -> bool:
    return (payload.get("event") or {}).get("subtype") in {"message_changed", "message_deleted"}
