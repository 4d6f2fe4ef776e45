"""Plays a case with the bot that runs in a world, and reads what came of it where the bot keeps it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from pydantic_evals import increment_eval_metric
from redis.asyncio import Redis

from bot.domain.approvals.approval import Approval, ApprovalStatus
from bot.domain.events import message_id
from bot.domain.run import ThreadState
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.usage import UsageBook
from devkit.slack.workspace import ANA, BOT_USER, GUS, MEI, OMAR, TEAM, THEO
from evals.case import Ask, Asked, Call, Happened, Person
from tests.world import SUPPORT, World

PEOPLE: Final[Mapping[Person, str]] = {"ana": ANA, "omar": OMAR, "mei": MEI, "theo": THEO, "gus": GUS}
#: Who decides, one after the other until nothing waits.
APPROVERS: Final = (OMAR, MEI)
_INVOICE: Final = re.compile(r"INV-\d+")
#: Seconds between two looks at what a thread is at.
LOOKS: Final = 0.25
#: How the SDK calls handing over.
_HANDOVER: Final = "transfer_to_"


class Stage:
    """Cases play at the same time, each in a thread of its own. `patience`: seconds for one answer."""

    def __init__(self, world: World, redis: Redis, *, patience: float) -> None:
        self._world = world
        self._redis = redis
        self._threads = ThreadStore(redis, world.keys, Sealer([world.key]))
        self._books = UsageBook(redis, world.keys)
        self._patience = patience

    async def play(self, asked: Asked) -> Happened:
        """Let people say and decide what they do in a case."""
        root: str | None = None
        files = [(name, text.encode()) for name, text in asked.files.items()]
        for text in asked.says:
            before = len(self._world.replies(root)) if root else 0
            said = await self._world.slack.says(
                PEOPLE[asked.by],
                SUPPORT,
                f"<@{BOT_USER}> {text}",
                thread_ts=root,
                files=[] if root else files,
            )
            root = root or said
            await self._answered(_ref(root), said, before, text)
        assert root is not None
        if asked.decides is not None:
            await self._decide(root, asked)
        await self._count(_ref(root))
        return await self._happened(asked, root)

    async def _decide(self, root: str, asked: Asked) -> None:
        for person in APPROVERS:
            if not [one for one in await self._approvals(asked, root) if not one.is_final]:
                return
            card = await self._world.card(root)
            before = sum(len(one.decisions) for one in await self._approvals(asked, root))
            if asked.decides == "approve":
                await self._world.approves(person, card)
            else:
                await self._world.rejects(person, card, asked.reason)
            await self._until_decided(asked, root, before)
            await self._until(f"an end after {asked.decides}", lambda: self._is_idle(_ref(root)))

    async def _until_decided(self, asked: Asked, root: str, before: int) -> None:
        async def is_decided() -> bool:
            return sum(len(one.decisions) for one in await self._approvals(asked, root)) > before

        await self._until("a decision that counts", is_decided)

    async def _answered(self, ref: ThreadRef, ts: str, before: int, text: str) -> None:
        """Wait until a message has come to the bot, and is done with."""
        event = message_id(ref.channel, ts)

        async def has_come() -> bool:
            state = await self._threads.load(ref)
            seen = ts in state.asked_in or len(self._world.replies(ref.root or "")) > before
            return seen or await self._is_waiting(ref, event)

        async def is_done() -> bool:
            return not await self._is_waiting(ref, event)

        await self._until(f"a sign that {text!r} has come", has_come)
        await self._until(f"an answer to {text!r}", is_done)

    async def _is_waiting(self, ref: ThreadRef, event: str) -> bool:
        return await self._redis.zscore(self._world.keys.inbox(ref), event) is not None

    async def _is_idle(self, ref: ThreadRef) -> bool:
        return not (await self._threads.load(ref)).replies

    async def _until(self, what: str, true: Callable[[], Awaitable[bool]]) -> None:
        try:
            async with asyncio.timeout(self._patience):
                while not await true():
                    await asyncio.sleep(LOOKS)
        except TimeoutError:
            raise TimeoutError(f"there was not {what} within {self._patience:g} seconds") from None

    async def _approvals(self, asked: Asked, root: str) -> list[Approval]:
        """What was asked because of the case, in order."""
        found = await self._threads.asked_by(TEAM, PEOPLE[asked.by], limit=200)
        return sorted((one for one in found if one.thread == _ref(root)), key=lambda one: one.requested_at)

    async def _count(self, ref: ThreadRef) -> None:
        """Put what the case cost into the table."""
        (used,) = await self._books.of_threads([ref])
        increment_eval_metric("dollars", float(used.cost))
        increment_eval_metric("tokens", used.tokens.input + used.tokens.output)
        increment_eval_metric("requests", used.requests)

    async def _happened(self, asked: Asked, root: str) -> Happened:
        state = await self._threads.load(_ref(root))
        items: list[Any] = list(await self._threads.session(_ref(root), state.generation).get_items())
        calls = [_call(one) for one in items if one.get("type") == "function_call"]
        named = set(_INVOICE.findall(" ".join(asked.says)))
        return Happened(
            specialist=_specialist(state, items),
            calls=[one for one in calls if not one.tool.startswith(_HANDOVER)],
            asks=[_ask(one) for one in await self._approvals(asked, root) if _was_asked(one)],
            refunds=[
                f"{one['amount']} {one['currency']} on {one['invoice_id']}"
                for one in self._world.billing.ledger()
                if one["invoice_id"] in named
            ],
            sent=[file.name for message in self._world.replies(root) for file in message.files],
            said="\n".join(message.shown for message in self._world.replies(root)),
        )


def _ref(root: str) -> ThreadRef:
    return ThreadRef(TEAM, SUPPORT, root)


def _specialist(state: ThreadState, items: list[Any]) -> str:
    """Who has the thread; nobody where no agent has said or done anything."""
    spoke = any(one.get("role") == "assistant" or one.get("type") == "function_call" for one in items)
    return state.agent or "" if spoke else ""


def _call(item: Mapping[str, Any]) -> Call:
    try:
        arguments: Any = json.loads(str(item["arguments"]) or "{}")
    except ValueError:
        arguments = {}
    return Call(tool=str(item["name"]), arguments=arguments if isinstance(arguments, dict) else {})


def _was_asked(approval: Approval) -> bool:
    """Whether anybody was asked about a call; one that cannot be done is on record as well."""
    return bool(approval.requirements) and approval.status is not ApprovalStatus.REFUSED


def _ask(approval: Approval) -> Ask:
    (first, *_) = approval.requirements
    arguments: dict[str, Any] = json.loads(approval.arguments)
    return Ask(tool=approval.tool, role=first.role, people=first.quorum, arguments=arguments)


@asynccontextmanager
async def stage(world: World, *, patience: float, **changes: str) -> AsyncGenerator[Stage]:
    """A bot of this world, for as long as the block runs."""
    async with world.bot(**changes), client.connect(world.redis_url) as redis:
        yield Stage(world, redis, patience=patience)
