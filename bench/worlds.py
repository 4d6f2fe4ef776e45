"""A world with bots in it as `countersign serve` starts them, and what is measured of a turn there."""

from __future__ import annotations

import asyncio
import json
import secrets
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.long_thread import exchange
from bench.processes import processor
from bot.conversation.handling import Handling
from bot.domain.events import MessageReceived
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.claim import Claim
from bot.store.inbox import Inbox
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.wiring.app import real_sources
from devkit.model.script import Text
from devkit.processes import Child
from devkit.slack.workspace import ANA, TEAM
from tests.bots import Bots
from tests.world import SUPPORT, World, world

ROOT: Final = Path(__file__).parents[1]
#: Seconds after an answer in which its worker commits and lets the thread go.
SETTLES: Final = 0.3
PATIENCE: Final = 120
#: What bots have otherwise than in tests: a second between two edits, and no sandbox, as the SDK alone has none.
SETTINGS: Final = {"EDIT_INTERVAL_SECONDS": "1.0", "LEASE_SECONDS": "15", "SANDBOX_BACKEND": "none"}
#: All agents, the guard and the notes speak through one API.
NAMES: Final = ("TRIAGE_MODEL", "ECONOMY_MODEL", "FRONTIER_MODEL", "GUARD_MODEL", "NOTES_MODEL")
MODELS: Final = {"responses": "openai:gpt-6-luna", "chat": "deepseek:deepseek-flash"}


@dataclass(slots=True)
class Scene:
    """A world, its bots, and the moments at which its models have ended an answer."""

    around: World
    bots: Bots
    given: dict[str, str]
    present: list[Child] = field(default_factory=list[Child])
    ended: list[float] = field(default_factory=list[float])

    async def start(self, count: int = 1) -> None:
        """Let so many bots serve, which are new."""
        for child in self.present:
            await child.kill()
        try:
            self.present = [await self.bots.start_other(ROOT, **self.given) for _ in range(count)]
        except AssertionError:
            raise RuntimeError(self.bots.all[-1].last_words()) from None

    @property
    def pid(self) -> int:
        """The number of the one bot there is."""
        (child,) = self.present
        return child.pid or 0

    def processor(self) -> float:
        """Seconds of the processor that the bots have had together."""
        return sum(processor(child.pid or 0) for child in self.present)

    async def turns(self, text: str, times: int, at_once: int) -> float:
        """Milliseconds of the processor for each turn that is answered with a text, in new threads."""
        gate, before = asyncio.Semaphore(at_once), self.processor()

        async def one() -> None:
            async with gate:
                await self.turn(text)

        await asyncio.gather(*(one() for _ in range(times)))
        await asyncio.sleep(SETTLES)
        return (self.processor() - before) / times * 1000

    async def turn(self, text: str, thread: str | None = None) -> str:
        """Let the bot answer with a text; its thread."""
        before = len(self.around.done(thread)) if thread else 0
        self.around.model.script(Text(text))
        thread = await self.around.asks("please tell me", thread=thread)
        await self.around.slack.until(lambda: len(self.around.done(thread)) > before, timeout=PATIENCE)
        return thread

    async def first_words(self, text: str) -> tuple[float, float]:
        """Seconds from a message to the first word of its answer; and from the model's last word to the end of it."""
        asked = time.perf_counter()
        self.around.model.script(Text(text))
        thread = await self.around.asks("please tell me")
        word = text.split()[0]
        await self.around.slack.until(lambda: any(word in m.shown for m in self.around.replies(thread)))
        first = time.perf_counter() - asked
        await self.around.slack.until(lambda: self.around.done(thread))
        return first, time.perf_counter() - self.ended[-1]

    async def filled(self, redis: client.Redis, thread: str, count: int) -> None:
        """Put so many items into the session of a thread that is idle, while no bot serves."""
        settings, sealer = self.around.settings(), Sealer([self.around.key])
        threads = ThreadStore(redis, settings.keys, sealer)
        inbox = Inbox(redis, settings.keys, sealer, dedupe_ttl=settings.dedupe_ttl, lease=settings.lease)
        ref = ThreadRef(TEAM, SUPPORT, thread)
        await inbox.append(ref, MessageReceived("1.1", ANA, "hi"), event_ids=(f"{ref} is filled",))
        claim = await inbox.claim(secrets.token_hex(4))
        if not isinstance(claim, Claim):
            raise TypeError("nothing is due")
        h = Handling(claim, await threads.load(ref), threads.session(ref), inbox, real_sources())
        items = [item for number in range(count // 4) for item in exchange(number)]
        await h.session.add_items(items)
        await inbox.commit(h.claim, h.finish())

    def note(self, event: dict[str, Any]) -> bytes:
        """Write an event of a model's stream as it is, and note when the answer has ended."""
        choices: Sequence[Any] = event.get("choices") or [{}]
        if event.get("type") == "response.completed" or choices[0].get("finish_reason"):
            self.ended.append(time.perf_counter())
        return json.dumps(event).encode()


@asynccontextmanager
async def scene(redis_url: str, api: str = "responses", *, bots: int = 1) -> AsyncGenerator[Scene]:
    """A world with so many bots whose models are reached through one API."""
    with tempfile.TemporaryDirectory() as logs:
        async with world(redis_url, strict_pace=False) as around:
            given = SETTINGS | dict.fromkeys(NAMES, MODELS[api])
            made = Scene(around, Bots(around, Path(logs)), given)
            around.model.garble = made.note
            try:
                await made.start(bots)
                yield made
            finally:
                await made.bots.stop()


@dataclass(frozen=True, slots=True)
class Asked:
    """What Redis was asked for: round trips (requests that it has read at once), and bytes both ways."""

    trips: int
    size: int

    def since(self, before: Asked) -> Asked:
        """What came after another reading, but for that reading itself."""
        return Asked(self.trips - before.trips - 1, self.size - before.size)


async def asked_of(redis: client.Redis) -> Asked:
    """How much Redis was asked for so far."""
    found: dict[str, Any] = await redis.info("stats")
    size = int(found["total_net_input_bytes"]) + int(found["total_net_output_bytes"])
    return Asked(int(found["total_reads_processed"]), size)
