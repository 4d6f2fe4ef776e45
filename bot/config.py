"""Settings: read once, from the environment and `.env`, by whoever starts the bot."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot import config_rules
from bot.attachment import MEGABYTE
from bot.config_rules import ModelNames
from bot.sandbox.limits import SandboxLimits
from bot.store.confirmation import Confirmation, WaitFor


class ConfigError(Exception):
    """The settings are not usable; `problems` holds one plain sentence for each reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """Everything an operator can set. The variable of a field is its name in capitals.

    An empty value counts as not set. Building one directly checks types only; `load` checks
    everything.
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
    triage_model: str = ""
    billing_model: str = ""
    guard_model: str = ""
    guard_failure: Literal["open", "closed"] = "closed"
    max_turns: int = Field(default=20, ge=1, le=200)
    history_items: int = Field(default=60, ge=2, le=1000)
    tracing: bool = True

    # Billing and approvals
    billing_base_url: str = ""
    billing_api_key: SecretStr = SecretStr("")
    refund_approval_over: Decimal = Field(default=Decimal("20.00"), ge=0, allow_inf_nan=False)
    refund_two_over: Decimal = Field(default=Decimal("10000.00"), ge=0, allow_inf_nan=False)
    approvers: Annotated[dict[str, list[str]], NoDecode, BeforeValidator(config_rules.parse_json)] = {}
    approvals_channel: str = Field(default="", pattern=r"^([CG][A-Z0-9]{5,20})?$")
    approval_ttl_hours: int = Field(default=72, ge=1, le=24 * 365)
    pending_per_run: int = Field(default=10, ge=1, le=1000)
    pending_per_requester: int = Field(default=20, ge=1, le=1000)
    pending_per_role: int = Field(default=100, ge=1, le=10_000)

    # Sandbox
    sandbox_backend: Literal["none", "local", "docker", "cloudflare"] = "none"
    sandbox_url: str = ""
    sandbox_api_key: SecretStr = SecretStr("")
    sandbox_image: str = Field(default="python:3.13-slim", pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._:/@-]{0,254}$")
    # https://developers.cloudflare.com/r2/buckets/create-buckets: three to 63 of these
    sandbox_bucket: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9-]{1,61}[a-z0-9])?$")
    developer_model: str = ""
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
    lease_seconds: int = Field(default=15, ge=3, le=300)
    drain_seconds: int = Field(default=25, ge=0, le=600)
    # Slack takes about one edit a second of a message: https://docs.slack.dev/apis/web-api/rate-limits
    edit_interval_seconds: float = Field(default=1.0, ge=0.5, le=60, allow_inf_nan=False)
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
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65535)

    @property
    def state_key_list(self) -> tuple[str, ...]:
        """The Fernet keys in order: the first encrypts, all decrypt."""
        return tuple(config_rules.split_keys(self.state_keys.get_secret_value()))

    @property
    def confirmation(self) -> Confirmation:
        """What Redis has to confirm before an effect begins; for `auto`, what is tried."""
        asked = "disk" if self.effects_wait_for == "auto" else self.effects_wait_for
        timeout = timedelta(seconds=self.effects_wait_seconds)
        return Confirmation(WaitFor(asked), timeout, self.effects_wait_replicas)

    @property
    def models(self) -> ModelNames:
        """The model of each agent, after the choice that the given keys make for empty ones."""
        return config_rules.choose_models(self)

    @property
    def sandbox_limits(self) -> SandboxLimits:
        return SandboxLimits(
            run=timedelta(minutes=self.sandbox_minutes),
            command=timedelta(minutes=self.command_minutes),
            workspace=self.workspace_megabytes * MEGABYTE,
        )

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
    def drain(self) -> timedelta:
        return timedelta(seconds=self.drain_seconds)


def load(env_file: Path | None = Path(".env")) -> Settings:
    """Read and check the settings; the environment wins over `env_file`.

    Raises `ConfigError` with every problem at once. No problem repeats a value.
    """
    settings, unread = read(env_file)
    problems = [config_rules.unreadable(name) for name in unread]
    problems += [text for name, text in config_rules.check(settings) if name not in unread]
    if problems:
        raise ConfigError(problems)
    return settings


def read(env_file: Path | None = Path(".env")) -> tuple[Settings, list[str]]:
    """Read what can be read, and check nothing: the settings, and the fields left at their default.

    Raises `ConfigError` for a file that cannot be read at all.
    """
    try:
        return _settings(env_file), []
    except ValidationError as error:
        unread = sorted({str(detail["loc"][0]) for detail in error.errors(include_input=False)})
    except (OSError, UnicodeDecodeError):
        raise ConfigError([f"{env_file} cannot be read as text."]) from None
    return _settings(env_file, **{name: Settings.model_fields[name].default for name in unread}), unread


def _settings(env_file: Path | None, **fixed: object) -> Settings:
    # `_env_file` is an argument of BaseSettings that type checkers do not see on its subclasses.
    return Settings(_env_file=env_file, **fixed)  # pyright: ignore[reportCallIssue, reportArgumentType]
