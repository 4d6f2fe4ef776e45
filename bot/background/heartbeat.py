"""How a worker keeps a thread while it works: the lease is renewed, and what runs is cut off when it is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from redis.exceptions import RedisError

from bot.conversation.handling import Handling
from bot.domain import model_ends, sentences
from bot.domain.errors import LeaseLost
from bot.domain.events import Lane, MessageReceived
from bot.domain.lease import Lease
from bot.domain.tasks import end, mourn
from bot.store.claim import Renewal
from bot.store.inbox import Inbox

#: Renewals in the life of a lease; also how soon a Stop is noticed.
BEATS = 10


@asynccontextmanager
async def heartbeat(inbox: Inbox, h: Handling, lease: Lease) -> AsyncGenerator[None]:
    """Renew the lease while the body runs; cut the body off when the lease is gone.

    Raises `LeaseLost` then.
    """
    body = asyncio.current_task()
    beat = asyncio.create_task(_beat(inbox, h, lease), name="heartbeat")
    beat.add_done_callback(mourn)  # else a loss of the lease would be all that is known of its error

    def cut_off(ended: asyncio.Task[None]) -> None:
        if not ended.cancelled() and body is not None:
            body.cancel()

    beat.add_done_callback(cut_off)
    try:
        yield
    except asyncio.CancelledError:
        if beat.done() and not beat.cancelled() and body is not None:
            body.uncancel()
            raise LeaseLost from None
        raise
    finally:
        beat.remove_done_callback(cut_off)
        await end(beat)


async def _beat(inbox: Inbox, h: Handling, lease: Lease) -> None:
    """Renew until the lease is lost."""
    while True:
        await asyncio.sleep(inbox.lease.total_seconds() / BEATS)
        asked = lease.ask()
        try:
            renewal = await inbox.renew(h.claim)
        except RedisError:
            continue  # the lease may still hold; the next write finds out
        if renewal is Renewal.LOST:
            return
        _hear(h, renewal)
        lease.granted(asked)
        with contextlib.suppress(RedisError):
            await _tell_of_next(inbox, h)


def _hear(h: Handling, renewal: Renewal) -> None:
    """End the run where a person wants that. A reset that was said once is told what it would end; it waits for its turn."""
    is_answered = h.reply.outcome is not None
    if renewal is Renewal.INTERRUPTED or (renewal is Renewal.RESET_SAID and is_answered):
        h.interrupted.set()
    elif renewal is Renewal.RESET_SAID and h.stream is not None:
        h.stream.hint(sentences.RESET_AFTERWARDS, key="reset")


async def _tell_of_next(inbox: Inbox, h: Handling) -> None:
    """Say in the reply under way that messages of the thread wait behind it."""
    if h.stream is None:
        return
    own = isinstance(h.claim.event, MessageReceived)
    behind = await inbox.waits(h.thread, since=Lane.MESSAGE) - own
    h.stream.hint(model_ends.read_next(behind) if behind > 0 else "", key="next")
