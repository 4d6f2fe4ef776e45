"""The audit log while a replica runs: entries are chained, and the chain's heads brought elsewhere."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp

from bot.background.audit_anchor import Anchor, Place, into_file, into_log, into_url, keep_anchored
from bot.background.audit_chain import keep_chained
from bot.domain.signed_head import HeadSigner
from bot.domain.sources import Sources
from bot.domain.tasks import in_background
from bot.settings.config import Settings
from bot.store.audit import AuditLog
from bot.telemetry.metrics import Metrics


@asynccontextmanager
async def keeping_record(
    settings: Settings, sources: Sources, audit: AuditLog, http: aiohttp.ClientSession, metrics: Metrics
) -> AsyncGenerator[None]:
    """Chain and anchor while the block runs."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(in_background(keep_chained(audit, metrics)))
        if settings.audit_anchor_minutes:
            anchor = _anchor(settings, sources, audit, http)
            anchoring = keep_anchored(anchor, settings.audit_anchor, metrics)
            await stack.enter_async_context(in_background(anchoring))
        yield


def _anchor(settings: Settings, sources: Sources, audit: AuditLog, http: aiohttp.ClientSession) -> Anchor:
    places = [Place("log", into_log)]
    if settings.audit_anchor_file is not None:
        places.append(Place("file", into_file(settings.audit_anchor_file)))
    if url := settings.audit_anchor_url.get_secret_value():
        places.append(Place("url", into_url(http, url)))
    return Anchor(audit, HeadSigner(settings.state_key_list), places, sources.now)
