"""The doctor: asks everything that the settings point to whether it works.

Every check ends in a sentence of its own; no secret and no foreign text is repeated.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import aiohttp
from pydantic import BaseModel, SecretStr, ValidationError
from redis.exceptions import RedisError

from bot import doctor_slack, policy_table, roster_report
from bot.config import Settings
from bot.findings import PATIENCE, REFUSED, UNREACHABLE, Finding, Level
from bot.outfit import sandbox_host
from bot.store import check as store_check
from bot.store import client as redis_client
from bot.store.epoch import Epoch
from bot.store.keys import Keys

#: What the store calls its findings.
STORE_LEVELS = {"ok": Level.OK, "warn": Level.WARNING, "refuse": Level.FAILED}


SET_BACK = (
    "Redis was restarted or restored, and may have forgotten its last moments: "
    "a running bot has yet to look in Slack for what that was."
)


class Model(BaseModel):
    """One entry of a provider's list of models."""

    id: str


class ModelList(BaseModel):
    """What a provider answers to `GET /models`."""

    data: list[Model]


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Check one thing after the other, and yield each finding at once."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as http:
        for check in (
            doctor_slack.check_tokens(http, settings),
            check_redis(settings),
            check_roster(http, settings),
            check_models(http, settings),
            check_billing(http, settings),
            check_sandbox(http, settings),
            doctor_slack.check_approvers(http, settings, policy_table.roles(settings)),
        ):
            async for finding in check:
                yield finding


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
        keys = Keys(settings.redis_prefix, settings.redis_shards)
        _, finding = await store_check.agree(redis, keys, settings.confirmation, if_possible=if_possible)
        yield Finding(STORE_LEVELS[str(finding.level)], finding.text)
        if not (await Epoch(redis, keys).since()).is_settled:
            yield Finding.warning(SET_BACK)


async def check_roster(http: aiohttp.ClientSession, settings: Settings) -> AsyncIterator[Finding]:
    """Ask whether a replica with these settings may serve beside what is stored and those that live."""
    # Slack or Redis that do not answer have a line of their own.
    with contextlib.suppress(doctor_slack.Refused, RedisError, OSError):
        me = await doctor_slack.who_am_i(http, settings)
        async for finding in roster_report.findings(settings, me):
            yield finding


async def check_models(http: aiohttp.ClientSession, settings: Settings) -> AsyncIterator[Finding]:
    """Ask each provider that is used for its list of models."""
    wanted: dict[str, list[str]] = {}
    for spec in (settings.models.triage, settings.models.billing, settings.models.guard):
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


async def check_billing(http: aiohttp.ClientSession, settings: Settings) -> AsyncIterator[Finding]:
    """Ask the billing service for an invoice that does not exist; "not found" is the right answer."""
    url = f"{settings.billing_base_url.rstrip('/')}/v1/invoices/DOCTOR"
    try:
        status, _ = await _get(http, url, settings.billing_api_key)
    except UNREACHABLE:
        yield Finding.failed("The billing service could not be reached at BILLING_BASE_URL.")
        return
    if status in REFUSED:
        yield Finding.failed("BILLING_API_KEY was refused.")
    elif status == 404:
        yield Finding.ok("The billing service answers.")
    else:
        yield Finding.failed(f"The billing service answers, but not as expected (HTTP {status}).")


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
