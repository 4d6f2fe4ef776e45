"""Everything that can be set: one field each, with its type, its bounds and what it is without a value."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.domain.approvals.channels import OTHERS, ApprovalChannels
from bot.domain.attachment import MEGABYTE
from bot.domain.budget import LARGEST, Limits
from bot.domain.thread import DirectMemory
from bot.domain.usage import OwnPrice
from bot.domain.when_to_speak import ThreadReplies
from bot.sandbox.limits import SandboxLimits
from bot.settings.json_values import read_json
from bot.settings.model_choice import ModelNames, choose_models
from bot.settings.price_table import parse_prices
from bot.store.confirmation import Confirmation, WaitFor
from bot.store.keys import Keys


class ConfigError(Exception):
    """The settings are not usable; `problems` holds one plain sentence for each reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _parse_json(value: object) -> object:
    """Read a value that the environment holds as JSON; raises `ValueError` where it is none, or has a name twice."""
    return read_json(value) if isinstance(value, str) else value


def _parse_table(value: object) -> object:
    """Read a value that is a table where it begins as one; raises `ValueError` where that is no JSON."""
    return _parse_json(value) if isinstance(value, str) and value.lstrip().startswith("{") else value


#: A budget; None where there is none.
Dollars = Annotated[Decimal | None, Field(gt=0, le=LARGEST, decimal_places=6)]


class Settings(BaseSettings):
    """Everything an operator can set. The variable of a field is its name in capitals.

    An empty value counts as not set. Building one directly checks types only; `loading.load`
    checks everything.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        env_file_encoding="utf-8",
        hide_input_in_errors=True,
    )

    # Slack
    slack_bot_token: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_api_base_url: str = "https://slack.com/api/"
    # Slack opens ten for an app, over all its replicas: https://docs.slack.dev/apis/events-api/using-socket-mode
    slack_sockets: int = Field(default=2, ge=1, le=10)
    # https://docs.slack.dev/apis/web-api/rate-limits: chat.update is of tier 3, a channel takes a post a second
    slack_edits_per_minute: int = Field(default=50, ge=1, le=100_000)
    slack_posts_per_minute: int = Field(default=60, ge=1, le=100_000)
    thread_replies: ThreadReplies = "auto"
    dm_memory: DirectMemory = "conversation"

    # Redis
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    redis_prefix: str = Field(default="cs", pattern=r"^[a-z][a-z0-9_-]{0,15}$")
    redis_shards: int = Field(default=4, ge=1, le=100)
    redis_check: Literal["strict", "refuse", "warn"] = "refuse"
    effects_wait_for: Literal["auto", "nothing", "disk", "replicas"] = "auto"
    effects_wait_replicas: int = Field(default=1, ge=1, le=10)
    # Less than a worker's call of Redis may take (`WORK_TIMEOUT`): the confirmation is waited for in one.
    effects_wait_seconds: float = Field(default=3.0, ge=0.1, le=4.0, allow_inf_nan=False)
    state_keys: SecretStr = SecretStr("")
    read_unbound_seals: bool = False

    # Models
    openai_api_key: SecretStr = SecretStr("")
    openai_base_url: str = "https://api.openai.com/v1"
    deepseek_api_key: SecretStr = SecretStr("")
    deepseek_base_url: str = "https://api.deepseek.com"
    chat_api_key: SecretStr = SecretStr("")
    chat_base_url: str = ""
    economy_model: str = ""
    frontier_model: str = ""
    triage_model: str = ""
    specialist_models: Annotated[dict[str, str], NoDecode, BeforeValidator(_parse_json)] = {}
    frontier_answers: int = Field(default=3, ge=0, le=100)
    model_prices: Annotated[dict[str, OwnPrice], NoDecode, BeforeValidator(parse_prices)] = {}
    guard_model: str = ""
    notes_model: str = ""
    guard_failure: Literal["open", "closed"] = "closed"
    model_silence_seconds: int = Field(default=120, ge=1, le=3600)
    max_turns: int = Field(default=20, ge=1, le=200)
    history_tokens: int = Field(default=24_000, ge=2_000, le=1_000_000)
    tracing: bool = True

    # Answers
    mask: str = "secrets,cards,ibans"
    mask_more: Annotated[dict[str, str], NoDecode, BeforeValidator(_parse_json)] = {}
    mask_except: str = ""

    # The team, and its approvals
    team: str = Field(default="support", pattern=r"^[A-Za-z_][\w.-]*(:[A-Za-z_]\w*)?$")
    mcp_file: Path | None = None
    approvers: Annotated[dict[str, list[str]], NoDecode, BeforeValidator(_parse_json)] = {}
    approvals_channel: Annotated[str | dict[str, str], NoDecode, BeforeValidator(_parse_table)] = ""
    approval_ttl_hours: int = Field(default=72, ge=1, le=24 * 365)
    pending_per_run: int = Field(default=10, ge=1, le=1000)
    pending_per_requester: int = Field(default=20, ge=1, le=1000)
    pending_per_role: int = Field(default=100, ge=1, le=10_000)

    # Budgets
    budget_per_run: Dollars = None
    budget_per_person_day: Dollars = None
    budget_per_channel_day: Dollars = None
    budget_per_day: Dollars = None
    budget_role: str = Field(default="budget", min_length=1, max_length=40)
    budget_answer_tokens: int = Field(default=8_000, ge=500, le=1_000_000)

    # Sandbox
    sandbox_backend: Literal["none", "local", "docker", "cloudflare"] = "none"
    sandbox_url: str = ""
    sandbox_api_key: SecretStr = SecretStr("")
    sandbox_image: str = Field(default="python:3.13-slim", pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._:/@-]{0,254}$")
    # https://developers.cloudflare.com/r2/buckets/create-buckets: three to 63 of these
    sandbox_bucket: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9-]{1,61}[a-z0-9])?$")
    sandbox_minutes: int = Field(default=20, ge=1, le=120)
    command_minutes: int = Field(default=10, ge=1, le=60)
    workspace_megabytes: int = Field(default=32, ge=1, le=32)
    shell_ask: str = r"\b(curl|wget|ssh|scp|rsync|telnet|nc)\b|https?://|\b(pip3?|npm|apt-get|apt|git) (install|i|clone|push)\b"
    shell_ask_minutes: int = Field(default=5, ge=1, le=60)
    shell_role: str = Field(default="ops", min_length=1, max_length=40)

    # What Triage answers from
    docs_folder: Path | None = None
    read_pages: bool = True

    # Work
    worker_concurrency: int = Field(default=8, ge=1, le=200)
    control_concurrency: int = Field(default=4, ge=1, le=100)
    messages_per_person_per_day: int = Field(default=1000, ge=0, le=1_000_000)
    tokens_per_person_per_day: int = Field(default=5_000_000, ge=0, le=10**12)
    steer: Literal["after_step", "wait"] = "after_step"
    feedback_buttons: Literal["thumbs", "plain", "none"] = "thumbs"
    long_wait_seconds: int = Field(default=30, ge=0, le=3600)
    lease_seconds: int = Field(default=15, ge=3, le=300)
    drain_seconds: int = Field(default=25, ge=0, le=600)
    # Slack takes about one edit a second of a message: https://docs.slack.dev/apis/web-api/rate-limits
    edit_interval_seconds: float = Field(default=1.0, ge=0.5, le=60, allow_inf_nan=False)
    # Slack's own streams begin without a mark and cannot be told to fetch no link, so they are to be asked for
    reply_stream: Literal["auto", "native", "edits"] = "edits"
    # Of this machine's clock and of Slack's, both against Redis'
    clock_tolerance_seconds: int = Field(default=60, ge=1, le=24 * 3600)
    backfill_after_seconds: int = Field(default=30, ge=10, le=3600)
    # Slack can deliver an event again for 24 h: https://docs.slack.dev/apis/events-api#retries
    dedupe_hours: int = Field(default=26, ge=25, le=24 * 7)

    # The record
    audit_anchor_minutes: int = Field(default=60, ge=0, le=7 * 24 * 60)
    audit_anchor_file: Path | None = None
    audit_anchor_url: SecretStr = SecretStr("")

    # Observation
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "text"] = "json"
    usage_role: str = Field(default="operator", min_length=1, max_length=40)
    # https://opentelemetry.io/docs/specs/otel/protocol/exporter; what else it names is read by the SDK, of the environment
    otel_exporter_otlp_endpoint: str = ""
    otel_exporter_otlp_traces_endpoint: str = ""
    otel_exporter_otlp_headers: SecretStr = SecretStr("")
    otel_exporter_otlp_protocol: Literal["http/protobuf"] = "http/protobuf"
    otel_service_name: str = Field(default="countersign", min_length=1, max_length=80)
    otel_sdk_disabled: bool = False
    trace_text: bool = False
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65535)

    @property
    def state_key_list(self) -> tuple[str, ...]:
        """The Fernet keys in order: the first encrypts, all decrypt."""
        parts = self.state_keys.get_secret_value().split(",")
        return tuple(key for part in parts if (key := part.strip()))

    @property
    def keys(self) -> Keys:
        """The names of everything in Redis."""
        return Keys(self.redis_prefix, self.redis_shards)

    @property
    def confirmation(self) -> Confirmation:
        """What Redis has to confirm before an effect begins; for `auto`, what is tried."""
        asked = "disk" if self.effects_wait_for == "auto" else self.effects_wait_for
        timeout = timedelta(seconds=self.effects_wait_seconds)
        return Confirmation(WaitFor(asked), timeout, self.effects_wait_replicas)

    @property
    def models(self) -> ModelNames:
        """The model of each agent, after the choice that the given keys make for empty ones."""
        of_agents = (self.triage_model, self.economy_model, self.frontier_model)
        named = ModelNames(*of_agents, guard=self.guard_model, notes=self.notes_model)
        openai, deepseek = (
            bool(key.get_secret_value().strip()) for key in (self.openai_api_key, self.deepseek_api_key)
        )
        return choose_models(named, openai=openai, deepseek=deepseek)

    @property
    def budgets(self) -> Limits:
        """How much money models may cost."""
        of_days = (self.budget_per_person_day, self.budget_per_channel_day, self.budget_per_day)
        return Limits(self.budget_per_run, *of_days)

    @property
    def tracing_key(self) -> str:
        """The key with which OpenAI is told of runs; empty where it is not."""
        return self.openai_api_key.get_secret_value() if self.tracing else ""

    @property
    def traces_endpoint(self) -> str:
        """Where traces are posted; empty where they are not."""
        if self.otel_sdk_disabled:
            return ""
        base = self.otel_exporter_otlp_endpoint.rstrip("/")
        return self.otel_exporter_otlp_traces_endpoint or (f"{base}/v1/traces" if base else "")

    @property
    def sandbox_limits(self) -> SandboxLimits:
        return SandboxLimits(
            run=timedelta(minutes=self.sandbox_minutes),
            command=timedelta(minutes=self.command_minutes),
            workspace=self.workspace_megabytes * MEGABYTE,
        )

    @property
    def approval_channels(self) -> ApprovalChannels:
        """Where the people of each role are asked."""
        if isinstance(self.approvals_channel, str):
            return ApprovalChannels(self.approvals_channel)
        own = {role: channel for role, channel in self.approvals_channel.items() if role != OTHERS}
        return ApprovalChannels(self.approvals_channel.get(OTHERS, ""), own)

    @property
    def approval_ttl(self) -> timedelta:
        return timedelta(hours=self.approval_ttl_hours)

    @property
    def dedupe_ttl(self) -> timedelta:
        return timedelta(hours=self.dedupe_hours)

    @property
    def audit_anchor(self) -> timedelta:
        return timedelta(minutes=self.audit_anchor_minutes)

    @property
    def backfill_after(self) -> timedelta:
        return timedelta(seconds=self.backfill_after_seconds)

    @property
    def clock_tolerance(self) -> timedelta:
        return timedelta(seconds=self.clock_tolerance_seconds)

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.lease_seconds)

    @property
    def long_wait(self) -> timedelta:
        return timedelta(seconds=self.long_wait_seconds)

    @property
    def patience(self) -> tuple[float, float]:
        """Seconds until a person reads that the model takes long, and until it is given up."""
        return self.long_wait_seconds / 2, self.model_silence_seconds

    @property
    def drain(self) -> timedelta:
        return timedelta(seconds=self.drain_seconds)
