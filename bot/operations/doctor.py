"""The doctor: asks everything that the settings point to whether it works.

Every check ends in a sentence of its own; no secret and no foreign text is repeated.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from pydantic import BaseModel, SecretStr, ValidationError
from redis.exceptions import RedisError

from bot.agents.team import Team
from bot.domain.finding import Finding, Level
from bot.operations import doctor_slack, doctor_staffing, roster_report
from bot.operations.reachable import PATIENCE, REFUSED, UNREACHABLE
from bot.settings.config import Settings
from bot.store import check as store_check
from bot.store import client as redis_client
from bot.store.epoch import Epoch
from bot.telemetry.resource_limits import shortcomings
from bot.wiring import policy_table
from bot.wiring.assembly import all_approved, model_of
from bot.wiring.sandbox_hosts import sandbox_host

#: What the store calls its findings.
STORE_LEVELS = {"ok": Level.OK, "warn": Level.WARNING, "refuse": Level.FAILED}


SET_BACK = (
    "Redis was restarted or restored, and may have forgotten its last moments: "
    "a running bot has yet to look in Slack for what that was."
)


UNBOUND = (
    "READ_UNBOUND_SEALS is on: what was sealed by a release before 0.2 opens wherever it is put. Take it away when what "
    "waited then is over."
)


class Model(BaseModel):
    """One entry of a provider's list of models."""

    id: str


class ModelList(BaseModel):
    """What a provider answers to `GET /models`."""

    data: list[Model]


async def examine(settings: Settings, team: Team[Any]) -> AsyncIterator[Finding]:
    """Check one thing after the other, and yield each finding at once."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    approved = all_approved(settings, team)
    roles = policy_table.roles(approved)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as http:
        for check in (
            check_machine(settings),
            doctor_slack.check_tokens(http, settings),
            check_redis(settings),
            check_roster(http, settings, team),
            check_models(http, settings, team),
            check_team(team),
            check_sandbox(http, settings),
            doctor_slack.check_approvers(http, settings, roles),
            doctor_staffing.check_roles(http, settings, approved),
            doctor_slack.check_channels(http, settings, roles),
        ):
            async for finding in check:
                yield finding


async def check_machine(settings: Settings) -> AsyncIterator[Finding]:
    """Look whether the machine leaves a process as much as these settings need."""
    found = shortcomings(runs=settings.worker_concurrency, clicks=settings.control_concurrency)
    for problem in found:
        yield Finding.failed(problem)
    if not found:
        yield Finding.ok("Open files, memory and threads suffice, as far as this machine limits them.")


async def check_redis(settings: Settings) -> AsyncIterator[Finding]:
    """Ask whether Redis answers, keeps what it is told, and runs scripts."""
    async with redis_client.connect_for_acks(settings.redis_url.get_secret_value()) as redis:
        found = await store_check.check(redis)
    for finding in found:
        yield Finding(STORE_LEVELS[str(finding.level)], finding.text)
    if any(finding.level is store_check.Level.REFUSE for finding in found):
        return
    async with redis_client.connect(settings.redis_url.get_secret_value()) as redis:
        if_possible = settings.effects_wait_for == "auto"
        keys = settings.keys
        _, finding = await store_check.agree(redis, keys, settings.confirmation, if_possible=if_possible)
        yield Finding(STORE_LEVELS[str(finding.level)], finding.text)
        if settings.read_unbound_seals:
            yield Finding.warning(UNBOUND)
        if await Epoch(redis, keys).is_recovering():
            yield Finding.warning(SET_BACK)


async def check_roster(
    http: aiohttp.ClientSession, settings: Settings, team: Team[Any]
) -> AsyncIterator[Finding]:
    """Ask whether a replica with these settings may serve beside what is stored and those that live."""
    # Slack or Redis that do not answer have a line of their own.
    with contextlib.suppress(doctor_slack.Refused, RedisError, OSError):
        me = await doctor_slack.who_am_i(http, settings)
        async for finding in roster_report.findings(settings, team, me):
            yield finding


async def check_models(
    http: aiohttp.ClientSession, settings: Settings, team: Team[Any]
) -> AsyncIterator[Finding]:
    """Ask each provider that is used for its list of models."""
    wanted: dict[str, list[str]] = {}
    spoken = [model_of(settings, one) for one in team.specialists]
    named = settings.models
    for spec in (named.triage, named.guard, named.notes, named.frontier, *spoken):
        provider, _, name = spec.partition(":")
        names = wanted.setdefault(provider, [])
        if name not in names:
            names.append(name)
    for provider, names in wanted.items():
        yield await _provider(http, settings, provider, names)


async def _provider(
    http: aiohttp.ClientSession, settings: Settings, provider: str, names: list[str]
) -> Finding:
    key: SecretStr = getattr(settings, f"{provider}_api_key")
    url: str = getattr(settings, f"{provider}_base_url")
    try:
        status, body = await _get(http, f"{url.rstrip('/')}/models", key)
    except UNREACHABLE:
        return Finding.failed(f"{provider} could not be reached at {provider.upper()}_BASE_URL.")
    if status in REFUSED:
        return Finding.failed(f"{provider.upper()}_API_KEY was refused.")
    try:
        known = {model.id for model in ModelList.model_validate_json(body).data}
    except ValidationError:
        return Finding.warning(f"{provider} answers, but does not list its models (HTTP {status}).")
    if missing := [name for name in names if name not in known]:
        return Finding.warning(f"{provider} answers, but does not list {', '.join(missing)}.")
    return Finding.ok(f"{provider} answers and has {', '.join(names)}.")


async def check_team(team: Team[Any]) -> AsyncIterator[Finding]:
    """Let the team ask its own services."""
    async with team.services() as services:
        async for finding in team.checks(services):
            yield finding


async def check_sandbox(http: aiohttp.ClientSession, settings: Settings) -> AsyncIterator[Finding]:
    """Ask who makes sandboxes whether that can be; `doctor --sandbox` tries it out."""
    host = sandbox_host(settings, http)
    if host is None:
        return
    if fault := await host.fault():
        yield Finding.failed(fault)
    else:
        yield Finding.ok("Sandboxes can be made; `countersign doctor --sandbox` tries it out.")


async def _get(http: aiohttp.ClientSession, url: str, key: SecretStr) -> tuple[int, bytes]:
    """Fetch a page: its status and its body."""
    async with http.get(url, headers={"Authorization": f"Bearer {key.get_secret_value()}"}) as response:
        return response.status, await response.read()
