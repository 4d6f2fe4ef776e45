"""What nobody else handles: acked, so that Slack does not deliver it three times more.

Bolt answers an event without a listener with 404, which is no ack; enough of those and Slack
switches the app's subscriptions off.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import NotUnderstood

log = logging.getLogger(__name__)

ANYTHING = re.compile(".*")


def register(app: AsyncApp) -> None:
    """Ack every other event and action, and log what a listener could not do."""

    @app.event(ANYTHING)
    async def on_other_event(event: dict[str, Any]) -> None:
        log.debug("event ignored", extra={"event_type": event.get("type")})

    @app.action(ANYTHING)
    async def on_other_action(ack: AsyncAck) -> None:
        await ack()

    @app.error
    async def on_error(error: Exception) -> None:
        # The response stays a 500: the envelope is not acked. An event comes again; of a click or
        # a form Slack tells the person that it did not work.
        if isinstance(error, NotUnderstood):
            log.warning("payload not understood", extra={"error": type(error.__cause__).__name__})
            return
        log.error("listener failed", extra={"error": type(error).__name__})
