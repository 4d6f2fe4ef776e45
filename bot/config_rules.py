"""What makes settings usable, one plain sentence for each thing that is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot.store.address import sentinels
from bot.web_address import read_url

if TYPE_CHECKING:
    from bot.config import Settings

#: A problem: the field it is about, and the sentence.
Problem = tuple[str, str]

REQUIRED = {
    "slack_bot_token": "the bot token that begins with xoxb-, from OAuth & Permissions of your Slack app",
    "slack_app_token": "the app-level token that begins with xapp-, from Basic Information of your Slack app",
    "state_keys": "the key that seals what is stored; `countersign new-key` prints one",
    "billing_base_url": "the address of your billing service",
    "billing_api_key": "the key for your billing service",
}
FORMS = {
    "slack_edits_per_minute": "a whole number from 1 to 100000",
    "slack_posts_per_minute": "a whole number from 1 to 100000",
    "redis_prefix": "a short word of small letters and digits that begins with a letter",
    "redis_shards": "a whole number from 1 to 100, the same for every replica",
    "read_unbound_seals": "true or false",
    "guard_failure": "open or closed",
    "max_turns": "a whole number from 1 to 200",
    "history_items": "a whole number from 2 to 1000",
    "tracing": "true or false",
    "refund_approval_over": "an amount such as 20.00",
    "refund_two_over": "an amount such as 10000.00",
    "approvers": 'JSON such as {"finance":["S0FINANCE1","U0OMAR0001"]}',
    "approvals_channel": "the id of a Slack channel, which begins with C or G",
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
    "clock_tolerance_seconds": "a whole number of seconds from 1 to 86400",
    "lease_seconds": "a whole number of seconds from 3 to 300",
    "drain_seconds": "a whole number of seconds from 0 to 600",
    "edit_interval_seconds": "a number of seconds from 0.5 to 60",
    "dedupe_hours": "a whole number of hours from 25 to 168, for Slack repeats events for 24 hours",
    "audit_anchor_minutes": "a whole number of minutes up to 10080, or 0 for never",
    "log_level": "DEBUG, INFO, WARNING or ERROR",
    "log_format": "json or text",
    "health_port": "a port number, or 0 for none",
}
PROVIDERS = {"openai": "openai_api_key", "deepseek": "deepseek_api_key", "chat": "chat_api_key"}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MEMBER_ID = re.compile(r"[UWS][A-Z0-9]{5,20}")


@dataclass(frozen=True, slots=True)
class ModelNames:
    """The model of each agent as `provider:name`, or "" where none can be chosen."""

    triage: str
    billing: str
    guard: str
    developer: str = ""


def choose_models(settings: Settings) -> ModelNames:
    """Fill in the models that were not named, by the keys that are there."""
    openai, deepseek = map(_given, (settings.openai_api_key, settings.deepseek_api_key))
    flash = "deepseek:deepseek-chat" if deepseek else ""
    return ModelNames(
        triage=settings.triage_model or ("openai:gpt-5-mini" if openai else flash),
        billing=settings.billing_model or ("openai:gpt-5" if openai else flash),
        developer=settings.developer_model or ("openai:gpt-5" if openai else flash),
        guard=settings.guard_model or flash or ("openai:gpt-5-nano" if openai else ""),
    )


def split_keys(text: str) -> Iterator[str]:
    """Read a comma-separated list, without blanks and empty entries."""
    return (key for part in text.split(",") if (key := part.strip()))


def parse_json(value: object) -> object:
    """Read a value that the environment holds as JSON; raises `ValueError` where it is none."""
    return json.loads(value) if isinstance(value, str) else value


def unreadable(name: str) -> str:
    """Say that a value does not have the form it must have."""
    return f"{name.upper()} must be {FORMS.get(name, 'text')}."


def check(settings: Settings) -> Iterator[Problem]:
    """Yield every problem of settings whose types are right, in the order of `.env.example`."""
    yield from _missing(settings)
    yield from _slack(settings)
    yield from _storage(settings)
    yield from _models(settings)
    yield from _billing(settings)
    yield from _approvers(settings.approvers)
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
    if not _is_redis(settings.redis_url.get_secret_value()):
        yield (
            "redis_url",
            "REDIS_URL must look like redis://host:6379/0, rediss://…, unix:///path or redis+sentinel://host,host/service/0.",
        )
    for number, key in enumerate(settings.state_key_list, start=1):
        if not _is_fernet_key(key):
            yield (
                "state_keys",
                f"STATE_KEYS: key number {number} is not a Fernet key; `countersign new-key` prints one.",
            )


def _models(settings: Settings) -> Iterator[Problem]:
    for name in ("openai_base_url", "deepseek_base_url", "chat_base_url"):
        if (url := getattr(settings, name)) and not _is_web(url):
            yield name, f"{name.upper()} must be an address that begins with https:// or http://."
    names = settings.models
    if not (names.triage or names.billing or names.guard) and not _given(settings.chat_api_key):
        yield (
            "openai_api_key",
            "No model key is set: give OPENAI_API_KEY, DEEPSEEK_API_KEY, or CHAT_API_KEY with CHAT_BASE_URL.",
        )
        return
    for agent in (
        "triage",
        "billing",
        "guard",
        *(["developer"] if settings.sandbox_backend != "none" else []),
    ):
        if problem := _model(settings, f"{agent}_model", getattr(names, agent)):
            yield f"{agent}_model", problem


def _model(settings: Settings, name: str, spec: str) -> str | None:
    provider, _, model = spec.partition(":")
    if not spec:
        return f"{name.upper()} is missing: with the keys that are set it has to be named, as chat:NAME."
    if provider not in PROVIDERS or not model.strip():
        return f"{name.upper()} must be openai:NAME, deepseek:NAME or chat:NAME."
    key = PROVIDERS[provider]
    if not _given(getattr(settings, key)):
        return f"{name.upper()} names a model of {provider}, but {key.upper()} is missing."
    if provider == "chat" and not settings.chat_base_url:
        return f"{name.upper()} names a chat: model, but CHAT_BASE_URL is missing."
    return None


def _billing(settings: Settings) -> Iterator[Problem]:
    scheme, host = _address(settings.billing_base_url)
    if (
        settings.billing_base_url
        and not (scheme == "https" and host)
        and not (scheme == "http" and host in LOOPBACK)
    ):
        yield (
            "billing_base_url",
            "BILLING_BASE_URL must begin with https:// (http:// is taken on this machine only): its key goes there.",
        )


def _approvers(approvers: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    for role, members in approvers.items():
        for number, member in enumerate(members, start=1):
            if not MEMBER_ID.fullmatch(member):
                yield (
                    "approvers",
                    f"APPROVERS: entry {number} of {role!r} is not a Slack id; people begin with U or W, user groups with S.",
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


def _is_redis(url: str) -> bool:
    try:
        if sentinels(url):
            return True
        parts = urlsplit(url)
        return parts.scheme == "unix" or (parts.scheme in {"redis", "rediss"} and bool(parts.hostname))
    except ValueError:
        return False


def _is_web(url: str) -> bool:
    scheme, host = _address(url)
    return scheme in {"http", "https"} and bool(host)


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True
