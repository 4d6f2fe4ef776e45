"""Is this Redis one that keeps what it is told?"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.domain.errors import CannotStart, UnknownSchema
from bot.store.confirmation import Confirmation, WaitFor
from bot.store.keys import Keys, place
from bot.store.sealer import Sealer

log = logging.getLogger(__name__)

CANNOT = (
    "this Redis does not confirm what is on disk in time: that takes 7.2 or newer, appendonly yes and appendfsync "
    "always or everysec. What Valkey says of it is not relied on: use nothing there, with appendfsync always."
)
UNCONFIRMED = (
    f"Effects are not confirmed before they begin, for {CANNOT} After a power loss the bot may not know of one that it "
    "had begun; it may then be repeated, under the same idempotency key."
)
#: ZADD … LT, which the scripts need, came with it.
OLDEST = (6, 2)


class Level(StrEnum):
    """Whether the bot can work with what was found."""

    OK = "ok"
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about the server, in one sentence."""

    level: Level
    text: str


async def check(redis: Redis) -> list[Finding]:
    """Look at the server and run a script on it; never raises for what Redis does."""
    try:
        info: dict[str, Any] = await redis.info()
        await redis.eval("return 1", 0)  # pyright: ignore[reportGeneralTypeIssues] - typed for both clients
    except (RedisError, OSError):
        return [Finding(Level.REFUSE, "Redis could not be reached at REDIS_URL, or refuses scripts.")]
    version = str(info.get("redis_version", "0"))
    findings = [Finding(Level.OK, f"Redis {version} answers and runs scripts.")]
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        findings.append(Finding(Level.REFUSE, "Redis is too old: 6.2 or newer is needed."))
    if info.get("role") != "master":
        findings.append(Finding(Level.REFUSE, "This Redis is a replica: it cannot be written to."))
    findings.append(_eviction(info))
    findings.append(_durability(info))
    return findings


async def persists(redis: Redis) -> bool:
    """Whether it keeps an append-only file, and could write it last."""
    return _durability(await redis.info("persistence")).level is Level.OK


async def insist(redis: Redis, *, strict: bool, refuse: bool) -> None:
    """Check the server at start: log what is wrong with it, and raise `CannotStart` for the gravest.

    `strict` refuses what may lose messages in a crash of Redis as well; without `refuse` nothing
    but a server that does not answer is refused.
    """
    findings = [finding for finding in await check(redis) if finding.level is not Level.OK]
    fatal = {Level.REFUSE, Level.WARN} if strict else {Level.REFUSE}
    for finding in findings:
        log.warning("redis check", extra={"finding": finding.text})
    refused = [finding.text for finding in findings if finding.level in fatal]
    if refused and refuse:
        raise CannotStart(" ".join(refused))


async def agree(
    redis: Redis, keys: Keys, wanted: Confirmation, *, if_possible: bool
) -> tuple[Confirmation, Finding]:
    """Find out whether this server confirms the beginning of an effect, and say what that means.

    With `if_possible` nothing is waited for where it does not.
    """
    nothing = replace(wanted, wait_for=WaitFor.NOTHING)
    if wanted.wait_for is WaitFor.NOTHING:
        return nothing, Finding(
            Level.OK, "Effects begin before Redis has confirmed that it keeps it, as set."
        )
    believed = wanted.wait_for is not WaitFor.DISK or says_what_is_on_disk(await redis.info("server"))
    if believed and await wanted.is_given(redis, keys):
        return wanted, Finding(Level.OK, f"Redis confirms the beginning of each effect ({wanted.wait_for}).")
    if if_possible:
        return nothing, Finding(Level.WARN, UNCONFIRMED)
    if wanted.wait_for is WaitFor.DISK:
        return wanted, Finding(Level.REFUSE, f"EFFECTS_WAIT_FOR=disk, but {CANNOT}")
    few = f"Fewer than {wanted.replicas} replicas confirm writes now; until they do, effects wait."
    return wanted, Finding(Level.WARN, few)


def says_what_is_on_disk(info: Mapping[str, Any]) -> bool:
    """Whether a server's WAITAOF can be relied on.

    That of Valkey 9.1.2 answers under `everysec` before anything was synced: of eight answers within 0.8 s
    one followed an fdatasync (Redis 8.2.3: each of eight).
    """
    return info.get("server_name") != "valkey"


async def insist_on_confirmation(
    redis: Redis, keys: Keys, wanted: Confirmation, *, if_possible: bool
) -> Confirmation:
    """Agree at start on what effects wait for, and log what is not promised; raises `CannotStart`."""
    agreed, finding = await agree(redis, keys, wanted, if_possible=if_possible)
    if finding.level is Level.REFUSE:
        raise CannotStart(finding.text)
    if finding.level is Level.WARN:
        log.warning("redis check", extra={"finding": finding.text})
    return agreed


async def insist_on_keys(redis: Redis, keys: Keys, sealer: Sealer) -> None:
    """Raise `CannotStart` where the keys do not open what is stored.

    To a bot with the wrong keys every thread would look damaged, and it would close them all.
    """
    where = place(keys.canary())
    sealed: Any = await redis.get(keys.canary())
    if sealed is not None and (problem := _unopened(sealer, sealed, where)):
        raise CannotStart(problem)
    await redis.set(keys.canary(), sealer.seal("canary", "", where))


def _unopened(sealer: Sealer, sealed: bytes, where: str) -> str:
    """Say why the canary does not open; empty where it does."""
    try:
        sealer.open("canary", sealed, where)
    except UnknownSchema:
        if sealer.is_unbound("canary", sealed):
            return (
                "What is stored was sealed by an earlier release: set READ_UNBOUND_SEALS=true for this one."
            )
        return "STATE_KEYS does not open what is stored: put the earlier key behind the new one."
    return ""


def _eviction(info: dict[str, Any]) -> Finding:
    policy = str(info.get("maxmemory_policy", ""))
    if policy == "noeviction":
        return Finding(Level.OK, "Redis evicts nothing.")
    level = Level.REFUSE if int(info.get("maxmemory") or 0) else Level.WARN
    return Finding(
        level, f"Redis may drop approvals when it is full (maxmemory-policy {policy}); set noeviction."
    )


def _durability(info: dict[str, Any]) -> Finding:
    if int(info.get("aof_enabled") or 0):
        if info.get("aof_last_write_status") == "err":
            return Finding(Level.REFUSE, "Redis could not write its append-only file.")
        return Finding(Level.OK, "Redis keeps an append-only file.")
    return Finding(
        Level.WARN, "Redis keeps no append-only file: a crash of it loses messages; set appendonly yes."
    )
