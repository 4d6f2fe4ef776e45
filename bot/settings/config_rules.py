"""What makes settings usable, one plain sentence for each thing that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import SecretStr

from bot.domain.approvals.channels import OTHERS
from bot.domain.tiers import Tier
from bot.domain.usage import MOST_DOLLARS
from bot.domain.web_address import read_url
from bot.settings import answer_masks, budget_settings, key_rules, trace_rules
from bot.settings.config import Settings
from bot.store.address import is_usable

#: A problem: the field it is about, and the sentence.
Problem = tuple[str, str]

REQUIRED = {
    "slack_bot_token": "the bot token that begins with xoxb-, from OAuth & Permissions of your Slack app",
    "slack_app_token": "the app-level token that begins with xapp-, from Basic Information of your Slack app",
    "state_keys": "the key that seals what is stored; `countersign new-key` prints one",
}
FORMS = {
    "slack_edits_per_minute": "a whole number from 1 to 100000",
    "slack_posts_per_minute": "a whole number from 1 to 100000",
    "slack_sockets": "a whole number from 1 to 10",
    "redis_check": "strict, refuse or warn",
    "effects_wait_for": "auto, nothing, disk or replicas",
    "effects_wait_replicas": "a whole number from 1 to 10",
    "effects_wait_seconds": "a number of seconds from 0.1 to 4",
    "control_concurrency": "a whole number from 1 to 100",
    "messages_per_person_per_day": "a whole number up to 1000000, or 0 for no limit",
    "tokens_per_person_per_day": "a whole number up to 1000000000000, or 0 for no limit",
    "backfill_after_seconds": "a whole number of seconds from 10 to 3600",
    "thread_replies": "auto, always or mention",
    "dm_memory": "conversation or thread",
    "redis_prefix": "a short word of small letters and digits that begins with a letter",
    "redis_shards": "a whole number from 1 to 100, the same for every replica",
    "read_unbound_seals": "true or false",
    "guard_failure": "open or closed",
    "frontier_answers": "a whole number up to 100, or 0 for never",
    "max_turns": "a whole number from 1 to 200",
    "history_tokens": "a whole number from 2000 to 1000000",
    "tracing": "true or false",
    "specialist_models": 'JSON such as {"Billing":"economy","Developer":"openai:NAME"}, with no name twice',
    "mask_more": 'JSON such as {"a customer number":"CUST-[0-9]{6}"}',
    "model_prices": 'JSON such as {"chat:qwen3":{"input":"0.20","cached":"0.05","output":"0.80"}}',
    "team": "the name of a team, or module:object",
    "approvers": 'JSON such as {"finance":["S0FINANCE1","U0OMAR0001"]}, with no name twice',
    "approvals_channel": 'the id of a Slack channel, or JSON such as {"hr":"C0PEOPLE01","*":"C0FINANCE1"}, with no name twice',
    "approval_ttl_hours": "a whole number of hours, at least 1",
    "pending_per_run": "a whole number from 1 to 1000",
    "pending_per_requester": "a whole number from 1 to 1000",
    "pending_per_role": "a whole number from 1 to 10000",
    "sandbox_backend": "none, local, docker or cloudflare",
    "sandbox_image": "the name of a container image, such as python:3.13-slim",
    "sandbox_bucket": "the name of a bucket: small letters, digits and dashes",
    "sandbox_minutes": "a whole number of minutes from 1 to 120",
    "command_minutes": "a whole number of minutes from 1 to 60",
    "workspace_megabytes": "a whole number from 1 to 32",
    "shell_ask_minutes": "a whole number of minutes from 1 to 60",
    "shell_role": "the name of a role of APPROVERS",
    "read_pages": "true or false",
    "worker_concurrency": "a whole number from 1 to 200",
    "steer": "after_step or wait",
    "feedback_buttons": "thumbs, plain or none",
    "clock_tolerance_seconds": "a whole number of seconds from 1 to 86400",
    "long_wait_seconds": "a whole number of seconds from 0 to 3600",
    "model_silence_seconds": "a whole number of seconds from 1 to 3600",
    "lease_seconds": "a whole number of seconds from 3 to 300",
    "drain_seconds": "a whole number of seconds from 0 to 600",
    "edit_interval_seconds": "a number of seconds from 0.5 to 60",
    "reply_stream": "auto, native or edits",
    "dedupe_hours": "a whole number of hours from 25 to 168, for Slack repeats events for 24 hours",
    "audit_anchor_minutes": "a whole number of minutes up to 10080, or 0 for never",
    "log_level": "DEBUG, INFO, WARNING or ERROR",
    "log_format": "json or text",
    "usage_role": "the name of a role of APPROVERS",
    "health_port": "a port number, or 0 for none",
    **(budget_settings.FORMS | trace_rules.FORMS),
}
PROVIDERS = {"openai": "openai_api_key", "deepseek": "deepseek_api_key", "chat": "chat_api_key"}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{5,20}")
MEMBER_ID = re.compile(r"[UWS][A-Z0-9]{5,20}")


def unreadable(name: str) -> str:
    """Say that a value does not have the form it must have."""
    return f"{name.upper()} must be {FORMS.get(name, 'text')}."


def check(settings: Settings) -> Iterator[Problem]:
    """Yield every problem of settings whose types are right, in the order of `.env.example`."""
    yield from _missing(settings)
    yield from _slack(settings)
    yield from _storage(settings)
    yield from key_rules.problems(settings)
    yield from _models(settings)
    yield from answer_masks.problems(settings)
    yield from _prices(settings)
    yield from _approvers(settings.approvers)
    yield from _channels(settings.approvals_channel, settings.approvers)
    yield from (*budget_settings.problems(settings), *trace_rules.problems(settings))
    if settings.docs_folder is not None and not settings.docs_folder.is_dir():
        yield "docs_folder", "DOCS_FOLDER is no folder that can be read."
    if settings.sandbox_backend != "none":
        yield from _sandbox(settings)
    yield from _anchor(settings)


def _anchor(settings: Settings) -> Iterator[Problem]:
    url, file = settings.audit_anchor_url.get_secret_value(), settings.audit_anchor_file
    if file is not None and (file.is_dir() or not file.parent.is_dir()):
        yield "audit_anchor_file", "AUDIT_ANCHOR_FILE is no file in a folder that is there."
    scheme, host = _address(url)
    if url and not (scheme == "https" and host) and not (scheme == "http" and host in LOOPBACK):
        yield (
            "audit_anchor_url",
            "AUDIT_ANCHOR_URL must begin with https:// (http:// is taken on this machine only).",
        )
    if (url or file) and not settings.audit_anchor_minutes:
        yield "audit_anchor_minutes", "AUDIT_ANCHOR_MINUTES is 0: nothing would go to the anchor that is set."


def _sandbox(settings: Settings) -> Iterator[Problem]:
    yield from _docker(settings) if settings.sandbox_backend == "docker" else _bridge(settings)
    try:
        re.compile(settings.shell_ask)
    except re.error:
        yield "shell_ask", "SHELL_ASK is not a regular expression."


def _bridge(settings: Settings) -> Iterator[Problem]:
    if not _given(settings.sandbox_api_key):
        yield "sandbox_api_key", "SANDBOX_API_KEY is missing: the key of your sandbox bridge."
    scheme, host = _address(settings.sandbox_url)
    if settings.sandbox_backend == "local" and not (scheme == "http" and host in LOOPBACK):
        yield "sandbox_url", "SANDBOX_URL must be the http:// address of the local bridge on this machine."
    if settings.sandbox_backend == "cloudflare" and not (scheme == "https" and host):
        yield (
            "sandbox_url",
            "SANDBOX_URL must be the https:// address of your sandbox bridge: its key goes there.",
        )


def _docker(settings: Settings) -> Iterator[Problem]:
    if settings.sandbox_url and not settings.sandbox_url.startswith("unix:///"):
        yield "sandbox_url", "SANDBOX_URL must be the unix:// address of a Docker engine, or empty."
    if settings.sandbox_bucket:
        yield "sandbox_bucket", "SANDBOX_BUCKET needs a bridge: with docker there is no /data."


def _missing(settings: Settings) -> Iterator[Problem]:
    for name, what in REQUIRED.items():
        if not _given(getattr(settings, name)):
            yield name, f"{name.upper()} is missing: {what}."


def _slack(settings: Settings) -> Iterator[Problem]:
    for name, prefix in (("slack_bot_token", "xoxb-"), ("slack_app_token", "xapp-")):
        value: SecretStr = getattr(settings, name)
        if _given(value) and not value.get_secret_value().startswith(prefix):
            yield name, f"{name.upper()} is another kind of token: it must begin with {prefix}."
    scheme, host = _address(settings.slack_api_base_url)
    of_slack = scheme == "https" and (host == "slack.com" or host.endswith(".slack.com"))
    if not of_slack and not (scheme in {"http", "https"} and host in LOOPBACK):
        yield (
            "slack_api_base_url",
            "SLACK_API_BASE_URL must be https://slack.com/api/ or an address on this machine: your tokens go there.",
        )


def _storage(settings: Settings) -> Iterator[Problem]:
    if not is_usable(settings.redis_url.get_secret_value()):
        yield (
            "redis_url",
            "REDIS_URL must look like redis://host:6379/0, rediss://…, unix:///path or redis+sentinel://host,host/service/0; in a password / is written %2F, and # ? @ : are %23 %3F %40 %3A.",
        )


def _models(settings: Settings) -> Iterator[Problem]:
    for name in ("openai_base_url", "deepseek_base_url", "chat_base_url"):
        if (url := getattr(settings, name)) and not _is_web(url):
            yield name, f"{name.upper()} must be an address that begins with https:// or http://."
    names = settings.models
    if not (names.triage or names.frontier or names.guard) and not _given(settings.chat_api_key):
        yield (
            "openai_api_key",
            "No model key is set: give OPENAI_API_KEY, DEEPSEEK_API_KEY, or CHAT_API_KEY with CHAT_BASE_URL.",
        )
        return
    named = [use for use in ("economy", "notes") if getattr(settings, f"{use}_model")]
    for use in ("triage", "frontier", "guard", *named):
        if problem := _model(settings, f"{use.upper()}_MODEL", getattr(names, use)):
            yield f"{use}_model", problem
    for name, spec in settings.specialist_models.items():
        if spec not in set(Tier) and (
            problem := _model(settings, f"SPECIALIST_MODELS: that of {name}", spec)
        ):
            yield "specialist_models", problem


def _prices(settings: Settings) -> Iterator[Problem]:
    for spec, price in settings.model_prices.items():
        provider, _, name = spec.partition(":")
        if provider not in PROVIDERS or not name.strip():
            yield "model_prices", "MODEL_PRICES: each name must be openai:NAME, deepseek:NAME or chat:NAME."
        elif not price.is_possible:
            yield "model_prices", f"MODEL_PRICES: a price of {spec} is below 0 or beyond {MOST_DOLLARS}."


def _model(settings: Settings, name: str, spec: str) -> str | None:
    provider, _, model = spec.partition(":")
    if not spec:
        return f"{name} is missing: with the keys that are set it has to be named, as chat:NAME."
    if provider not in PROVIDERS or not model.strip():
        return f"{name} must be openai:NAME, deepseek:NAME or chat:NAME."
    key = PROVIDERS[provider]
    if not _given(getattr(settings, key)):
        return f"{name} names a model of {provider}, but {key.upper()} is missing."
    if provider == "chat" and not settings.chat_base_url:
        return f"{name} names a chat: model, but CHAT_BASE_URL is missing."
    return None


def _approvers(approvers: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    for role, members in approvers.items():
        for number, member in enumerate(members, start=1):
            if not MEMBER_ID.fullmatch(member):
                yield (
                    "approvers",
                    f"APPROVERS: entry {number} of {role!r} is not a Slack id; people begin with U or W, user groups with S.",
                )


def _channels(given: str | Mapping[str, str], approvers: Mapping[str, object]) -> Iterator[Problem]:
    table = given if isinstance(given, Mapping) else {OTHERS: given} if given else None
    if table is None:
        return
    if OTHERS not in table:
        yield (
            "approvals_channel",
            'APPROVALS_CHANNEL lacks "*": the channel of every role that it does not name.',
        )
    for role in sorted({*table} - {OTHERS, *approvers}):
        yield (
            "approvals_channel",
            f"APPROVALS_CHANNEL names the role {role!r}, which APPROVERS does not have.",
        )
    for role in sorted(role for role, channel in table.items() if not CHANNEL_ID.fullmatch(channel)):
        of = "" if table is not given else f": that of {role!r}"
        yield (
            "approvals_channel",
            f"APPROVALS_CHANNEL{of} is not the id of a Slack channel, which begins with C or G.",
        )


def _given(value: SecretStr | str) -> bool:
    return bool((value.get_secret_value() if isinstance(value, SecretStr) else value).strip())


def _address(url: str) -> tuple[str, str]:
    """Read scheme and host of a web address as the client will; two empty texts where it is none."""
    try:
        read = read_url(url)
    except ValueError:
        return "", ""
    return read.scheme, read.raw_host or ""


def _is_web(url: str) -> bool:
    scheme, host = _address(url)
    return scheme in {"http", "https"} and bool(host)
