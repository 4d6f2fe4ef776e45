"""A whole world for the bot: real Redis, and the devkit's Slack, model and billing service."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import tempfile
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from cryptography.fernet import Fernet
from pydantic_settings import BaseSettings

from bot.agents.tools.approval import ApprovedTool
from bot.domain.audit import Link
from bot.settings.config import Settings
from bot.store import client
from bot.store.audit import AuditLog
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.wiring.app import real_sources, running
from countersign import Team
from countersign.teams import support
from countersign.teams.support.refunds import Support
from countersign.teams.support.settings import SupportSettings
from devkit.billing.server import BillingServer
from devkit.bridge.isolation import CannotIsolate
from devkit.bridge.limits import Limits
from devkit.bridge.server import BridgeServer
from devkit.demo_settings import Addresses, approvers_of, of_bot, of_sandboxes, stand_in_models
from devkit.model.server import ModelServer
from devkit.sandboxes import start_bridge
from devkit.slack.server import PATIENCE, SlackStandIn
from devkit.slack.views import View
from devkit.slack.workspace import ANA, BOT_USER, GUS, MEI, OMAR, TEAM, THEO, Message

__all__ = ["ANA", "BOT_USER", "GUS", "MEI", "OMAR", "SUPPORT", "THEO", "World", "world"]

SUPPORT = "C0SUPPORT1"
MANIFEST = yaml.safe_load((Path(__file__).parents[1] / "manifest.yml").read_text(encoding="utf-8"))


class Present(BaseSettings):
    """CONTRACT_DOCKER_IMAGE names an image of a Docker engine: sandboxes are made there, not by a bridge."""

    contract_docker_image: str = ""


#: In what bots of a test differ from those of the demo: they share one Redis, whoever kills one
#: waits for its lease to lapse, and Slack's clock is moved ahead.
OF_TESTS = {
    "LEASE_SECONDS": "3",
    "DRAIN_SECONDS": "5",
    "EDIT_INTERVAL_SECONDS": "0.5",
    "LOG_FORMAT": "json",
    "CLOCK_TOLERANCE_SECONDS": "86400",
}


#: A bot whose Slack counts no calls does not hold its own back either.
UNPACED = {"SLACK_EDITS_PER_MINUTE": "100000", "SLACK_POSTS_PER_MINUTE": "100000"}


def with_tools(team: Team[Support], tools: Sequence[ApprovedTool]) -> Team[Support]:
    """The support team, with more tools for Billing."""
    billing, *others = team.specialists
    return replace(team, specialists=[replace(billing, tools=[*billing.tools, *tools]), *others])


class World:
    """Everything outside the bot as `make demo` has it, and short words for what people do and see."""

    def __init__(self, redis_url: str, *, strict_pace: bool = True) -> None:
        self.strict_pace = strict_pace
        self.slack = SlackStandIn(MANIFEST, strict_pace=strict_pace)
        self.model = ModelServer()
        self.billing = BillingServer()
        #: Where code runs; None where this machine cannot isolate it, as in the demo.
        self.bridge: BridgeServer | None = None
        self.redis_url = redis_url
        self.prefix = f"t{secrets.token_hex(4)}"
        self.key = Fernet.generate_key().decode()
        #: What the record may be sealed with beside that, where keys are rotated.
        self.newer_keys: list[str] = []

    def variables(self, **changes: str) -> dict[str, str]:
        """The settings of a bot of this world, as environment variables: the demo's own."""
        addresses = Addresses(
            slack_api=self.slack.api_url,
            slack_bot_token=self.slack.bot_token,
            slack_app_token=self.slack.app_token,
            redis=self.redis_url,
            billing=self.billing.url,
            billing_key=self.billing.api_key,
            state_key=self.key,
        )
        models = stand_in_models(self.model.url) | self._of_sandbox()
        of_demo = of_bot(addresses, models, health_port=0)
        if not self.strict_pace:
            of_demo |= UNPACED
        return {**of_demo, **OF_TESTS, "REDIS_PREFIX": self.prefix, **changes}

    def _of_sandbox(self) -> dict[str, str]:
        if image := Present().contract_docker_image:
            return {"SANDBOX_BACKEND": "docker", "SANDBOX_IMAGE": image}
        return of_sandboxes(self.bridge.url, self.bridge.api_key) if self.bridge else {}

    @property
    def keys(self) -> Keys:
        """The keys that its bots have in Redis."""
        return Keys(self.prefix, self._shards)

    @cached_property
    def _shards(self) -> int:
        return self.settings().redis_shards

    @asynccontextmanager
    async def sandboxes(self, limits: Limits | None = None) -> AsyncGenerator[BridgeServer]:
        """The bridge, while the block runs with other limits; raises `CannotIsolate` where there is none."""
        async with AsyncExitStack() as stack:
            usual, self.bridge = self.bridge, await self._start_bridge(stack, limits)
            try:
                yield self.bridge
            finally:
                self.bridge = usual

    async def start(self, stack: AsyncExitStack) -> None:
        """Start everything but the bot, to be stopped with `stack`."""
        async with client.connect(self.redis_url) as redis:
            # The bot of an earlier world had another prefix in the same Redis.
            await redis.delete(self.keys.served(TEAM, BOT_USER))
        for server in (self.slack, self.model, self.billing):
            stack.push_async_callback(server.stop)
            await server.start()
        self.slack.guide(support.EXAMPLES, role="finance", approvers=approvers_of("finance"))
        with suppress(CannotIsolate):
            self.bridge = await self._start_bridge(stack, None)

    async def _start_bridge(self, stack: AsyncExitStack, limits: Limits | None) -> BridgeServer:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-bridge-"))
        return await start_bridge(stack, Path(home), self.slack, limits=limits)

    def settings(self, **changes: str) -> Settings:
        """The same as settings."""
        given = self.variables(**changes)
        values: dict[str, Any] = {name.lower(): value for name, value in given.items() if value}
        values["approvers"] = json.loads(values["approvers"])
        return Settings(_env_file=None, **values)  # pyright: ignore[reportCallIssue]

    def team(self, *tools: ApprovedTool, **changes: str) -> Team[Support]:
        """The support team with this world's billing; `tools` come on top of Billing's own."""
        given = {name.lower(): value for name, value in self.variables(**changes).items() if value}
        settings = SupportSettings(_env_file=None, **given)  # pyright: ignore[reportCallIssue, reportArgumentType]
        return with_tools(support.team(settings), tools)

    @asynccontextmanager
    async def bot(self, *tools: ApprovedTool, **changes: str) -> AsyncGenerator[None]:
        """Run a bot in this process while the block runs."""
        async with self.bot_of(self.team(*tools, **changes), **changes):
            yield

    @asynccontextmanager
    async def bot_of(self, team: Team[Any], **changes: str) -> AsyncGenerator[None]:
        """Run a bot of another team."""
        async with running(self.settings(**changes), real_sources(), team):
            yield

    async def asks(
        self, text: str, *, user: str = ANA, channel: str = SUPPORT, thread: str | None = None
    ) -> str:
        """Mention the bot; returns the thread's ts."""
        ts = await self.slack.says(user, channel, f"<@{BOT_USER}> {text}", thread_ts=thread)
        return thread or ts

    def replies(self, thread: str, channel: str = SUPPORT) -> list[Message]:
        """What the bot wrote in a thread, in order; in a direct message also what it wrote at the top since then."""
        top = self.slack.workspace.messages[channel].values() if channel.startswith("D") else ()
        since = [m for m in top if m.thread_ts is None and float(m.ts) > float(thread)]
        return [m for m in (*self.slack.thread(channel, thread), *since) if m.user == BOT_USER]

    def done(self, thread: str, channel: str = SUPPORT) -> list[Message]:
        """The bot's messages that are finished: nothing to stop any more."""
        return [m for m in self.replies(thread, channel) if "stop" not in ids(m)]

    async def hears(self, thread: str, text: str, *, channel: str = SUPPORT) -> Message:
        """Wait for a finished message of the bot that holds this text."""
        await self.slack.until(lambda: self._found(thread, channel, text))
        return self._found(thread, channel, text)[-1]

    async def hears_in(self, channel: str, text: str) -> None:
        """Wait for a message of the bot anywhere in a channel."""
        messages = self.slack.workspace.messages[channel]
        await self.slack.until(
            lambda: [m for m in messages.values() if m.user == BOT_USER and text in m.shown]
        )

    def said(self) -> Iterator[str]:
        """Everything that the bot's messages and cards say, as they stand now."""
        for messages in self.slack.workspace.messages.values():
            yield from (m.shown for m in messages.values() if m.user == BOT_USER)

    def _found(self, thread: str, channel: str, text: str) -> list[Message]:
        return [m for m in self.done(thread, channel) if text in m.shown]

    async def card(self, thread: str, *, channel: str = SUPPORT) -> Message:
        """Wait for a card that can be decided."""
        await self.slack.until(lambda: self.cards(thread, channel))
        return self.cards(thread, channel)[-1]

    def cards(self, thread: str, channel: str = SUPPORT) -> list[Message]:
        """The cards of a thread that can still be clicked."""
        return [m for m in self.replies(thread, channel) if "reject" in ids(m)]

    async def told(self, user: str, text: str) -> None:
        """Wait until a person was told something that nobody else can read."""
        await self.slack.until(lambda: any(text in m.shown for m in self.slack.ephemerals(user)))

    async def taken(self) -> None:
        """Wait until the bot has taken in all that was delivered: what happens from now on comes behind it."""
        await self.slack.until(lambda: all(one.is_acked for one in self.slack.deliveries))

    async def approves(self, user: str, card: Message) -> bool:
        """Click Approve."""
        return await self.slack.clicks(user, card.channel, card.ts, "approve")

    async def insists(self, user: str, card: Message) -> None:
        """Click Approve, and again where it has changed since the card was shown, until there is nothing to click."""
        while "approve" in ids(card):
            shown = card.shown
            await self.approves(user, card)
            await self.slack.until(lambda shown=shown: card.shown != shown)  # type: ignore[misc]

    async def rejects(self, user: str, card: Message, reason: str = "") -> None:
        """Click Reject and fill the form in."""
        form = await self.opens(user, card, "reject")
        await self.slack.submits(user, form.id, {"reason": {"reason_text": {"value": reason}}})

    async def edits(self, user: str, card: Message, **changes: str) -> dict[str, Any]:
        """Click Edit and change arguments; returns the bot's answer to the form."""
        form = await self.opens(user, card, "edit")
        values = {f"edit:{name}": {"value": {"value": value}} for name, value in changes.items()}
        return await self.slack.submits(user, form.id, values)

    async def opens(self, user: str, card: Message, button: str) -> View:
        """Click what opens a form, and again where none came: Slack gives the bot three seconds, and a machine may be busy."""
        for _ in range(10):
            await self.slack.clicks(user, card.channel, card.ts, button)
            with contextlib.suppress(AssertionError):
                return await self.form(user, patience=12)
        return await self.form(user)

    async def form(self, user: str, *, patience: float = PATIENCE) -> View:
        """Wait for a form that is open for a person."""
        await self.slack.until(
            lambda: [v for v in self.slack.views.values() if v.user == user], timeout=patience
        )
        return next(v for v in self.slack.views.values() if v.user == user)

    async def home(self, user: str, text: str) -> None:
        """Wait until a person's Home says something."""
        await self.slack.until(lambda: text in self.slack.home_text(user))

    def direct_cards(self, user: str) -> list[Message]:
        """The cards that a person has in their direct messages with the bot."""
        return self.cards_in(self.slack.workspace.direct(user).id)

    def cards_in(self, channel: str) -> list[Message]:
        """The cards of a channel, clickable or not, in order."""
        messages = self.slack.workspace.messages.get(channel, {})
        kinds = {m.ts: (m.metadata or {}).get("event_type") for m in messages.values()}
        return [m for _, m in sorted(messages.items()) if kinds[m.ts] == "countersign_card" and ids(m)]

    async def records(self) -> list[Link]:
        """The audit log, with everything chained."""
        async with client.connect(self.redis_url) as redis:
            log = AuditLog(redis, self.keys, Sealer([self.key, *self.newer_keys]))
            await log.chain()
            return [link async for link in log.links(TEAM) if link is not None]

    async def recorded(self, deed: str, count: int = 1) -> None:
        """Wait until something is on record so many times."""
        async with asyncio.timeout(PATIENCE):
            while (await self.deeds()).count(deed) < count:
                await self.moment()

    async def swept(self, bridge: BridgeServer | None) -> None:
        """Wait until no sandbox is left: it goes when its run is over, which may be after the answer."""
        async with asyncio.timeout(PATIENCE):
            while bridge is not None and bridge.ledger():
                await self.moment()

    async def moment(self) -> None:
        """Let something happen in Slack, or a little time pass."""
        await asyncio.wait({asyncio.ensure_future(self.slack.workspace.change())}, timeout=0.05)

    async def deeds(self, *, approvals_only: bool = True) -> list[str]:
        """What is on record, in order, one word each."""
        return [
            str(link.entry.deed) for link in await self.records() if link.entry.approval or not approvals_only
        ]

    @property
    def refunds(self) -> Sequence[tuple[str, str]]:
        """What the ledger holds: invoice and amount of each refund."""
        return [(refund["invoice_id"], refund["amount"]) for refund in self.billing.ledger()]


def ids(message: Message) -> list[str]:
    """The actions of a message's buttons."""
    return [str(button["action_id"]) for button in message.buttons]


@asynccontextmanager
async def world(redis_url: str, *, strict_pace: bool = True) -> AsyncGenerator[World]:
    """Start everything but the bot, and stop it when the block ends."""
    made = World(redis_url, strict_pace=strict_pace)
    async with AsyncExitStack() as stack:
        await made.start(stack)
        yield made
