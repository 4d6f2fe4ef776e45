"""At start: by which clock to work, beside whom, and with which keys."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.background.presence import Presence, on_roster
from bot.background.timing import Timed, Timing, on_redis_time
from bot.connection.socket import who_am_i
from bot.domain.roster import Replica
from bot.domain.sources import Sources
from bot.settings.config import Settings
from bot.store import check
from bot.store.roster import Roster
from bot.store.sealer import Sealer
from bot.telemetry.metrics import Metrics

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Agreement:
    """The clock that decides, the replica's place on the roster, and what seals."""

    timing: Timing
    presence: Presence
    sealer: Sealer


async def agree(  # noqa: PLR0913 - what has to agree, and who counts
    stack: AsyncExitStack,
    settings: Settings,
    sources: Sources,
    redis: Redis,
    said: Timed[AsyncSlackResponse],
    describe: Callable[[tuple[str, str], str], Replica],
    metrics: Metrics,
) -> Agreement:
    """Set the clock and join the others, until `stack` ends; `said` is Slack's word on who the bot is, and
    `describe` makes a replica of that and an id.

    Raises `CannotStart` where a clock is too far off, or settings or keys do not agree.
    """
    headers = Timed(cast("Any", said.answer.headers), said.asked, said.answered)
    terms = (headers, settings.clock_tolerance, metrics)
    timing = await stack.enter_async_context(on_redis_time(redis, sources, *terms))
    keys, me = settings.keys, who_am_i(said.answer)
    replica = describe((me.team, me.user), sources.token())
    # Who was silent for as long as a lease holds no thread any more.
    presence = Presence(Roster(redis, keys, settings.lease), replica, settings.redis_prefix)
    await stack.enter_async_context(on_roster(presence))
    if settings.read_unbound_seals:
        log.warning("READ_UNBOUND_SEALS is on: what an earlier release sealed opens wherever it is put")
    sealer = Sealer(
        settings.state_key_list, read_unbound=settings.read_unbound_seals, elsewhere=presence.keys
    )
    await check.insist_on_keys(redis, keys, sealer)
    return Agreement(timing, presence, sealer)
