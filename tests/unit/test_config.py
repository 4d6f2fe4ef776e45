"""Settings: what is read, what is refused, and in which words."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr, ValidationError

from bot.config import ConfigError, Settings, load

ROOT = Path(__file__).parents[2]
KEY = Fernet.generate_key().decode()
GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-1-2-abc",
    "SLACK_APP_TOKEN": "xapp-1-A-2-abc",
    "STATE_KEYS": KEY,
    "OPENAI_API_KEY": "sk-openai",
    "BILLING_BASE_URL": "https://billing.example.com",
    "BILLING_API_KEY": "billing-key",
    "APPROVERS": '{"finance":["S0FINANCE1","U0OMAR0001"]}',
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def problems() -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(None)
    return caught.value.problems


def test_good_settings_are_read_with_their_types(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("REFUND_APPROVAL_OVER", "29.50")

    settings = load(None)

    assert settings.slack_bot_token.get_secret_value() == "xoxb-1-2-abc"
    assert settings.refund_approval_over == Decimal("29.50")
    assert settings.approvers == {"finance": ["S0FINANCE1", "U0OMAR0001"]}
    assert settings.approval_ttl.total_seconds() == 72 * 3600
    assert settings.state_key_list == (KEY,)


def test_settings_never_change(environment: pytest.MonkeyPatch) -> None:
    settings = load(None)

    with pytest.raises(ValidationError):
        settings.max_turns = 3  # pyright: ignore[reportAttributeAccessIssue]


def test_with_nothing_set_every_missing_variable_is_named_at_once() -> None:
    named = " ".join(problems())

    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "STATE_KEYS", "BILLING_BASE_URL", "BILLING_API_KEY"):
        assert f"{name} is missing: " in named
    assert "No model key is set" in named


def test_problems_of_form_and_of_meaning_are_told_together(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MAX_TURNS", "many")
    environment.setenv("SLACK_BOT_TOKEN", "xoxp-user-token")
    environment.delenv("BILLING_API_KEY")

    assert problems() == [
        "MAX_TURNS must be a whole number from 1 to 200.",
        "BILLING_API_KEY is missing: the key for your billing service.",
        "SLACK_BOT_TOKEN is another kind of token: it must begin with xoxb-.",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", "sesame-bot"),
        ("SLACK_APP_TOKEN", "xoxb-sesame"),
        ("SLACK_API_BASE_URL", "https://sesame.slack.com.example.org/api/"),
        ("SLACK_API_BASE_URL", "http://slack.com/sesame"),
        ("REDIS_URL", "postgres://sesame@db"),
        ("REDIS_URL", "redis+sentinel://sesame:1"),
        ("REDIS_URL", "redis+sentinel:///sesame"),
        ("REDIS_URL", "redis+sentinel://sesame:x/money"),
        ("REDIS_URL", "redis+sentinel://sesame:1,/money"),
        ("REDIS_URL", "redis+sentinel://sesame:1/money/x"),
        ("REDIS_PREFIX", "Sesame:"),
        ("REDIS_SHARDS", "0"),
        ("STATE_KEYS", "sesame"),
        ("OPENAI_BASE_URL", "sesame"),
        ("TRIAGE_MODEL", "sesame"),
        ("TRIAGE_MODEL", "deepseek:sesame"),
        ("GUARD_MODEL", "chat:sesame"),
        ("GUARD_FAILURE", "sesame"),
        ("BILLING_BASE_URL", "http://sesame.example.com"),
        ("REFUND_APPROVAL_OVER", "-1"),
        ("REFUND_APPROVAL_OVER", "NaN"),
        ("APPROVERS", "sesame"),
        ("APPROVERS", '{"finance":["@sesame"]}'),
        ("APPROVERS", '{"finance":"U0OMAR0001"}'),
        ("DEDUPE_HOURS", "24"),
        ("EDIT_INTERVAL_SECONDS", "0"),
        ("HEALTH_PORT", "70000"),
        ("LOG_LEVEL", "sesame"),
    ],
)
def test_a_bad_value_is_one_sentence_that_names_the_variable_and_not_the_value(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)

    (problem,) = problems()

    assert problem.startswith(name)
    assert problem.endswith(".")
    assert "sesame" not in problem


def test_an_empty_value_means_the_default(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HEALTH_PORT", "")
    environment.setenv("TRIAGE_MODEL", "")

    assert load(None).health_port == 0


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("openai",), ("openai:gpt-5-mini", "openai:gpt-5", "openai:gpt-5-nano")),
        (("deepseek",), ("deepseek:deepseek-chat",) * 3),
        (("openai", "deepseek"), ("openai:gpt-5-mini", "openai:gpt-5", "deepseek:deepseek-chat")),
        (("chat",), ("", "", "")),
    ],
)
def test_models_are_chosen_by_the_keys_that_are_set(keys: tuple[str, ...], expected: tuple[str, ...]) -> None:
    models = Settings.model_validate({f"{key}_api_key": SecretStr("k") for key in keys}).models

    assert (models.triage, models.billing, models.guard) == expected


def test_with_another_server_alone_every_model_has_to_be_named(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("OPENAI_API_KEY")
    environment.setenv("CHAT_API_KEY", "key")
    environment.setenv("CHAT_BASE_URL", "http://127.0.0.1:11434/v1")
    environment.setenv("BILLING_MODEL", "chat:big")

    assert [problem.split(" ")[0] for problem in problems()] == ["TRIAGE_MODEL", "GUARD_MODEL"]


def test_the_file_is_read_and_the_environment_wins(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('MAX_TURNS=5\nHISTORY_ITEMS=10\nUNKNOWN=1\nAPPROVERS={"finance":["U0MEI00001"]}\n')
    environment.setenv("MAX_TURNS", "6")
    environment.delenv("APPROVERS")

    settings = load(file)

    assert (settings.max_turns, settings.history_items) == (6, 10)
    assert settings.approvers == {"finance": ["U0MEI00001"]}


def test_a_file_that_is_no_text_is_a_problem_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError) as caught:
        load(file)

    assert caught.value.problems == [f"{file} cannot be read as text."]


def test_secrets_are_hidden_wherever_settings_are_shown(environment: pytest.MonkeyPatch) -> None:
    shown = repr(load(None))

    for secret in ("xoxb-1-2-abc", "xapp-1-A-2-abc", KEY, "sk-openai", "billing-key"):
        assert secret not in shown


def test_the_example_file_is_equal_to_the_settings() -> None:
    text = (ROOT / ".env.example").read_text()
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))

    assert list(example) == [name.upper() for name in Settings.model_fields]
    given = Settings.model_validate({name.lower(): value for name, value in example.items() if value})
    assert given == Settings.model_validate({})


def test_the_example_file_has_the_groups_of_the_settings() -> None:
    groups = "Slack|Redis|Models|Billing and approvals|Work|The record|Observation"
    in_example = re.findall(rf"^# ({groups})$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    in_settings = re.findall(rf"^    # ({groups})$", (ROOT / "bot/config.py").read_text(), re.MULTILINE)

    assert in_example == in_settings == groups.split("|")


def test_every_setting_has_a_comment_above_it_or_shares_one() -> None:
    blocks = (ROOT / ".env.example").read_text().split("\n\n")

    for block in blocks[1:]:
        first_setting = re.search(r"^[A-Z_]+=", block, re.MULTILINE)
        assert first_setting is not None
        assert block[: first_setting.start()].count("\n# ") >= 1, block


BRIDGE = {
    "SANDBOX_BACKEND": "cloudflare",
    "SANDBOX_URL": "https://bridge.example.com",
    "SANDBOX_API_KEY": "k",
    "APPROVERS": '{"finance":["S0FINANCE1"],"ops":["S0OPS0001"]}',
}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, []),
        ({"SANDBOX_API_KEY": ""}, ["SANDBOX_API_KEY"]),
        ({"SANDBOX_URL": "http://bridge.example.com"}, ["SANDBOX_URL"]),
        ({"SANDBOX_BACKEND": "local"}, ["SANDBOX_URL"]),
        ({"SANDBOX_BACKEND": "local", "SANDBOX_URL": "http://127.0.0.1:8000"}, []),
        ({"SANDBOX_BACKEND": "docker"}, ["SANDBOX_URL"]),
        ({"SANDBOX_BACKEND": "docker", "SANDBOX_URL": "", "SANDBOX_API_KEY": ""}, []),
        ({"SANDBOX_BACKEND": "docker", "SANDBOX_URL": "unix:///var/run/docker.sock"}, []),
        ({"SANDBOX_BACKEND": "docker", "SANDBOX_URL": "", "SANDBOX_BUCKET": "data"}, ["SANDBOX_BUCKET"]),
        ({"SANDBOX_BACKEND": "docker", "SANDBOX_URL": "", "SANDBOX_IMAGE": "-v/:/host"}, ["SANDBOX_IMAGE"]),
        ({"SHELL_ASK": "("}, ["SHELL_ASK"]),
    ],
)
def test_a_sandbox_needs_what_its_backend_needs(
    environment: pytest.MonkeyPatch, changes: dict[str, str], wrong: list[str]
) -> None:
    for name, value in (BRIDGE | changes).items():
        environment.setenv(name, value)

    assert [text.split()[0] for text in (problems() if wrong else [])] == wrong
    if not wrong:
        assert load(None).sandbox_backend == (BRIDGE | changes)["SANDBOX_BACKEND"]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"AUDIT_ANCHOR_URL": "https://anchors.example.com/x?key=1"}, []),
        ({"AUDIT_ANCHOR_URL": "http://127.0.0.1:9"}, []),
        ({"AUDIT_ANCHOR_URL": "http://anchors.example.com"}, ["AUDIT_ANCHOR_URL"]),
        ({"AUDIT_ANCHOR_URL": "https://"}, ["AUDIT_ANCHOR_URL"]),
        ({"AUDIT_ANCHOR_FILE": "bot"}, ["AUDIT_ANCHOR_FILE"]),
        ({"AUDIT_ANCHOR_FILE": "nowhere/heads"}, ["AUDIT_ANCHOR_FILE"]),
        ({"AUDIT_ANCHOR_FILE": "heads"}, []),
        ({"AUDIT_ANCHOR_FILE": "heads", "AUDIT_ANCHOR_MINUTES": "0"}, ["AUDIT_ANCHOR_MINUTES"]),
        ({"AUDIT_ANCHOR_MINUTES": "0"}, []),
        ({"AUDIT_ANCHOR_MINUTES": "-1"}, ["AUDIT_ANCHOR_MINUTES"]),
    ],
)
def test_an_anchor_goes_where_it_can_and_only_over_a_safe_line(
    environment: pytest.MonkeyPatch, changes: dict[str, str], wrong: list[str]
) -> None:
    for name, value in changes.items():
        environment.setenv(name, value)
    try:
        load(None)
        found: list[str] = []
    except ConfigError as error:
        found = [problem.split()[0] for problem in error.problems]

    assert found == wrong
