"""`python -m bench.long_thread`: what a thread of a hundred turns costs, and what it costs to read one of thousands of items.

The support team's own agents, instructions and tools on the SDK's runner, the session on a real Redis, models and billing of
devkit over HTTP. Of each request of an agent, how much of it is byte for byte the beginning of the one before is counted: that is
what servers keep and charge less for. Tokens are estimated as the bot does (`bot/domain/tokens.py`).
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, cast

from bot.agents.context import RunContext
from bot.agents.engine import Engine
from bot.agents.models import Models
from bot.conversation.daily_use import DailyUse
from bot.conversation.handling import Handling
from bot.conversation.remembering import Remembering
from bot.domain.events import MessageReceived
from bot.domain.run import ThreadState
from bot.domain.sources import Sources
from bot.domain.thread import ThreadRef
from bot.domain.time_zone import sent
from bot.domain.tokens import tokens
from bot.store import client
from bot.store.allowances import Allowances, DailyLimits
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.wiring.app import real_sources
from bot.wiring.assembly import all_approved, build_engine, note_taker, providers
from devkit.model.server import Asked
from devkit.slack.workspace import ANA, TEAM
from tests.redis_server import RedisServer
from tests.world import SUPPORT, World, world

TURNS, SIZES = 100, (40, 400, 2_000)
FACT = "Our purchase order for all of this is PO-4711."
#: What is asked, over and over; each of the invoices is looked up once in a while.
QUESTIONS = (
    "show me INV-1003",
    "what is its date?",
    "and how much of it was refunded?",
    "show me INV-1005, please, since the customer wrote to us that the amount of it is not what was agreed on",
    "write a long answer",
    "thank you, that helps",
)
#: The least share of all requests that has to be the beginning of the one before.
LEAST = 0.80


@dataclass(frozen=True, slots=True)
class Cost:
    """What Redis did: commands, requests that it read, bytes that it sent; and seconds of this process."""

    commands: int
    requests: int
    sent: int
    seconds: float


class Thread:
    """One thread, its agents, and who keeps its notes."""

    def __init__(
        self, around: World, redis: client.Redis, engine: Engine, services: Any, keeper: Any
    ) -> None:
        self.around, self.redis, self.engine, self.services, self.keeper = (
            around,
            redis,
            engine,
            services,
            keeper,
        )
        settings = around.settings()
        sealer = Sealer([around.key])
        self.threads = ThreadStore(redis, settings.keys, sealer)
        ttl, lease = settings.dedupe_ttl, settings.lease
        self.inbox = Inbox(redis, settings.keys, sealer, dedupe_ttl=ttl, lease=lease)
        use = DailyUse(
            Allowances(redis, settings.keys, DailyLimits(0, 0), real_sources().now), cast("Any", None)
        )
        self.remembering = Remembering(self.threads, keeper, use, settings.history_tokens)
        self.ref = ThreadRef(TEAM, SUPPORT, f"1795435200.{secrets.randbelow(10**6):06}")
        self.agent: str | None = None

    async def handling(self, number: int) -> Handling:
        """Claim the next message, as a worker does."""
        await self.inbox.append(
            self.ref, MessageReceived("1.1", ANA, "hi"), event_ids=(f"{self.ref} {number}",)
        )
        claim = await self.inbox.claim(secrets.token_hex(4))
        if not isinstance(claim, Claim):
            raise TypeError("nothing is due")
        sources = Sources(real_sources().now, lambda: secrets.token_hex(8), time.monotonic)
        state = ThreadState(run_id=f"m{number}", authors=(ANA,))
        return Handling(claim, state, self.threads.session(self.ref), self.inbox, sources)

    async def turn(self, number: int, text: str) -> None:
        """Answer a message, and commit."""
        h = await self.handling(number)
        await self.run(h, number, text)
        await self.remembering.move_on(h)
        await self.inbox.commit(h.claim, h.finish())

    async def run(self, h: Handling, number: int, text: str) -> None:
        """Let the agents answer a message."""
        context = RunContext(self.ref, ANA, self.services, cast("Any", None), {})
        at = datetime.fromtimestamp(1_795_435_200 + 60 * number, UTC)
        progress = self.engine.run(
            sent(text, at, None), agent=self.agent, session=h.session, context=context, checkpoint=_nothing
        )
        async for _ in progress:
            pass
        self.agent = getattr(progress.outcome, "agent", self.agent)
        await h.settle(progress.outcome)

    async def fill(self, count: int) -> None:
        """Put so many items into the session, as a release without notes has left it."""
        h = await self.handling(0)
        await h.session.add_items([item for number in range(count // 4) for item in exchange(number)])
        await self.inbox.commit(h.claim, h.finish())

    async def read(self) -> Cost:
        """Read what a run needs, and measure."""
        before, started = await self.redis.info("stats"), time.process_time()
        await self.threads.session(self.ref).get_items()
        seconds, after = time.process_time() - started, await self.redis.info("stats")
        names = ("total_commands_processed", "total_reads_processed", "total_net_output_bytes")
        commands, requests, size = (int(after[name]) - int(before[name]) for name in names)
        # The first INFO is answered after it has counted itself, and so is the second.
        return Cost(commands - 1, requests - 1, size - len(_as_sent(before)), seconds)


def exchange(number: int) -> list[Any]:
    """Four items of the size that they have in practice."""
    call = {
        "type": "function_call",
        "call_id": f"c{number}",
        "name": "get_invoice",
        "arguments": '{"invoice_id":"INV-1003"}',
    }
    found = json.dumps({"id": f"INV-{number}", "lines": [secrets.token_hex(16) for _ in range(15)]})
    return [
        {
            "role": "user",
            "content": f"[Sent on Monday] and what of invoice {number}? " + secrets.token_hex(30),
        },
        call,
        {"type": "function_call_output", "call_id": f"c{number}", "output": found},
        {"role": "assistant", "content": f"Invoice {number} is " + secrets.token_hex(200)},
    ]


def _as_sent(info: dict[str, Any]) -> str:
    return "".join(f"{name}:{value}\r\n" for name, value in info.items())


async def _nothing(_: bytes) -> None:
    """Checkpoints are not what is measured."""


def prompt(asked: Asked) -> bytes:
    """A request as a server reads it: tools, instructions, then what was said."""
    parts = ("tools", "instructions", "input", "messages")
    return b"".join(json.dumps(asked.body[part]).encode() for part in parts if asked.body.get(part))


def shared(before: bytes, now: bytes) -> int:
    """How many bytes the two begin with alike."""
    return len(os.path.commonprefix([before, now]))


def report(name: str, asked: Sequence[Asked], notes: int, knows: bool) -> float:
    """Print what the requests of a thread have in common; returns the share."""
    prompts = [prompt(one) for one in asked]
    same = sum(shared(*pair) for pair in pairwise(prompts))
    share = same / sum(map(len, prompts[1:]))
    sizes = [tokens(one.decode()) for one in prompts]
    moved = sum(shared(*pair) < len(pair[0]) * 0.5 for pair in pairwise(prompts))
    print(
        f"{name}: {len(prompts)} requests in {TURNS} turns; as the one before begins: {share:.1%}; "
        f"began anew {moved} times; tokens of a request: mean {sum(sizes) / len(sizes):,.0f}, most {max(sizes):,}; "
        f"of a turn {sum(sizes) / TURNS:,.0f}, not shared {sum(sizes) / TURNS * (1 - share):,.0f}; notes made {notes} times; "
        f"turn 1 known at turn {TURNS}: {'yes' if knows else 'NO'}",
        flush=True,
    )
    return share


async def thread(stack: AsyncExitStack, around: World, redis: client.Redis, model: str) -> Thread:
    """A thread whose agents have this model."""
    named = {f"{use}_MODEL": model for use in ("TRIAGE", "ECONOMY", "FRONTIER", "GUARD")}
    settings = around.settings(
        OPENAI_BASE_URL=around.model.url, OPENAI_API_KEY="devkit", TRACING="false", **named
    )
    team = around.team()
    models = Models(providers(settings))
    stack.push_async_callback(models.close)
    engine = build_engine(settings, models, real_sources(), team, all_approved(settings, team))
    services = await stack.enter_async_context(team.services())
    return Thread(around, redis, engine, services, note_taker(settings, models))


async def main() -> int:
    """Measure and print."""
    server, fine = RedisServer(), True
    server.start()
    async with AsyncExitStack() as stack:
        stack.callback(server.remove)
        around = await stack.enter_async_context(world(server.url))
        redis = await stack.enter_async_context(client.connect(server.url))
        for name, model in (("Responses", "openai:gpt-5"), ("Chat Completions", "deepseek:deepseek-chat")):
            around.model.requests.clear()
            one = await thread(stack, around, redis, model)
            await one.turn(1, f"show me INV-1003. {FACT}")
            for number in range(2, TURNS):
                await one.turn(number, QUESTIONS[number % len(QUESTIONS)])
            await one.turn(TURNS, "remind me of our purchase order for all of this")
            asked = around.model.asked()
            knows = "PO-4711" in asked[-1].body.__repr__()
            fine = report(name, asked, len(around.model.asked_for_notes()), knows) >= LEAST and knows and fine
        print("reading a session for a run     commands  round trips  bytes from Redis     ms")
        for size in SIZES:
            one = await thread(stack, around, redis, "deepseek:deepseek-chat")
            await one.fill(size)
            await one.turn(1, "thank you")
            costs = [await one.read() for _ in range(5)]
            best = min(costs, key=lambda cost: cost.seconds)
            print(
                f"  {size:6,} items {best.commands:24} {best.requests:12} {best.sent:17,} {best.seconds * 1000:6.1f}"
            )
    return 0 if fine else 1


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    raise SystemExit(asyncio.run(main()))
