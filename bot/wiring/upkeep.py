"""What a replica does beside its worker: tidy up, chain the record, look for what nobody works on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from slack_sdk.web.async_client import AsyncWebClient

from bot.background.relisting import keep_listed
from bot.background.sweeper import keep_swept
from bot.background.timing import Timing
from bot.connection import slack_clock
from bot.conversation.removed_tools import HasTool, keep_finding_removed
from bot.conversation.stranded import keep_finding
from bot.domain.sources import Sources
from bot.domain.tasks import in_background
from bot.settings.config import Settings
from bot.store.audit import AuditLog
from bot.store.inbox import Inbox
from bot.store.threads import ThreadStore
from bot.store.waiting import Waiting
from bot.wiring.connections import Connections
from bot.wiring.recording import keeping_record


@asynccontextmanager
async def looking_after(
    settings: Settings,
    sources: Sources,
    connections: Connections,
    web_client: AsyncWebClient,
    timing: Timing,
    has_tool: HasTool,
) -> AsyncGenerator[None]:
    """End left sandboxes, chain the record, list what waits, find what was approved and never done or waits in vain.

    Slack's clock is read as well.
    """
    redis, sealer, metrics = connections.redis, connections.sealer, connections.metrics
    keys = settings.keys
    inbox = Inbox(redis, keys, sealer, dedupe_ttl=settings.dedupe_ttl, lease=settings.lease)
    threads = ThreadStore(redis, keys, sealer)
    async with AsyncExitStack() as stack:
        if connections.sandboxes is not None:
            await stack.enter_async_context(in_background(keep_swept(connections.sandboxes, metrics)))
        record = AuditLog(redis, keys, sealer)
        await stack.enter_async_context(keeping_record(settings, sources, record, connections.http, metrics))
        await stack.enter_async_context(in_background(keep_finding(threads, inbox, sources.now, metrics)))
        waiting = Waiting(redis, keys, threads)
        await stack.enter_async_context(in_background(keep_listed(waiting, metrics)))
        await stack.enter_async_context(
            in_background(keep_finding_removed(waiting, inbox, has_tool, sources.now, metrics))
        )
        of_slack = slack_clock.keep_measured(
            timing, lambda: web_client.auth_test(), sources.ticks, settings.clock_tolerance, metrics
        )
        await stack.enter_async_context(in_background(of_slack))
        yield
