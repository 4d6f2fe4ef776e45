"""Keeps the audit log chained: every replica looks every now and then, and one of them does it."""

from __future__ import annotations

import asyncio
import logging

from redis.exceptions import RedisError

from bot.domain.errors import UnknownSchema
from bot.store.audit import AuditLog
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving

log = logging.getLogger(__name__)

#: Seconds between two looks. An entry is safe in its outbox meanwhile.
PAUSE = 5.0


async def keep_chained(audit: AuditLog, metrics: Metrics) -> None:
    """Chain what waits, until cancelled."""
    while True:
        with outliving(Loop.AUDIT_CHAIN, metrics):
            try:
                await audit.chain()
            except (RedisError, UnknownSchema) as error:
                # An unreadable head stops the chain for good: `countersign audit verify` names it.
                log.error("audit log not chained", extra={"error": type(error).__name__})
        await asyncio.sleep(PAUSE)
