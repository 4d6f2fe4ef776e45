"""Settings: what is read, what is refused, and in which words."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from cryptography.fernet import Fernet
from openai.types.shared import ChatModel
from pydantic import SecretStr, ValidationError

from bot.agents.prices import Prices
from bot.domain.budget import Limits
from bot.domain.usage import Tokens
from bot.settings.answer_masks import masks
from bot.settings.config import ConfigError, Settings
from bot.settings.config_rules import FORMS, unreadable
from bot.settings.loading import load
from bot.settings.model_choice import AS_OF, CHECKS, ECONOMY, FRONTIER
from countersign.teams.support.settings import SupportSettings

ROOT = Path(__file__).parents[2]
KEY = Fernet.generate_key().decode()
GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-1-2-abc",
    "SLACK_APP_TOKEN": "xapp-1-A-2-abc",
    "STATE_KEYS": KEY,
    "OPENAI_API_KEY": "sk-openai",
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
    settings = load(None)

    assert settings.slack_bot_token.get_secret_value() == "xoxb-1-2-abc"
    assert settings.approvers == {"finance": ["S0FINANCE1", "U0OMAR0001"]}
    assert settings.approval_ttl.total_seconds() == 72 * 3600
    assert settings.state_key_list == (KEY,)


def test_settings_never_change(environment: pytest.MonkeyPatch) -> None:
    settings = load(None)

    with pytest.raises(ValidationError):
        settings.max_turns = 3  # pyright: ignore[reportAttributeAccessIssue]


def test_a_budget_needs_people_who_may_let_a_run_go_on(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BUDGET_PER_DAY", "12.50")
    assert problems() == [
        "BUDGET_ROLE: APPROVERS lists nobody for it, so no run could go on beyond its budget."
    ]
    environment.setenv("BUDGET_ROLE", "finance")
    assert load(None).budgets == Limits(all=Decimal("12.50"))


def test_with_nothing_set_every_missing_variable_is_named_at_once() -> None:
    named = " ".join(problems())

    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "STATE_KEYS"):
        assert f"{name} is missing: " in named
    assert "No model key is set" in named


def test_problems_of_form_and_of_meaning_are_told_together(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MAX_TURNS", "many")
    environment.setenv("SLACK_BOT_TOKEN", "xoxp-user-token")
    environment.delenv("STATE_KEYS")

    assert problems() == [
        "MAX_TURNS must be a whole number from 1 to 200.",
        "STATE_KEYS is missing: the key that seals what is stored; `countersign new-key` prints one.",
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
        ("REDIS_URL", "redis://bot:sesame/x@db:6379/0"),
        ("REDIS_URL", "redis://sesame:99999/0"),
        ("REDIS_URL", "redis://db:6379/sesame"),
        ("REDIS_URL", "redis://db:6379/0?sesame=1"),
        ("REDIS_URL", "unix:///s?socket_timeout=sesame"),
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
        ("SPECIALIST_MODELS", "sesame"),
        ("SPECIALIST_MODELS", '{"Billing":"sesame"}'),
        ("MASK", "secrets,sesame"),
        ("MASK_EXCEPT", "example.com, @sesame"),
        ("MASK_MORE", "sesame"),
        ("MASK_MORE", '{"a number":"sesame("}'),
        ("MASK_MORE", '{"a number":"sesame*|"}'),
        ("MASK_MORE", '{"a number":"(?=sesame)"}'),
        ("MASK_MORE", '{"a number":"(sesame|s+)+x"}'),
        ("MASK_MORE", '{"a number":"sesame-([0-9]+)+x"}'),
        ("MASK_MORE", '{"a number":"(\\\\w+\\\\s?)+$"}'),
        ("MASK_MORE", '{"a number":"[a-z]*[a-z]*[a-z]*sesame"}'),
        ("MASK_MORE", f'{{"a number":"{"sesame" * 60}"}}'),
        ("MASK_MORE", json.dumps({f"number {number}": "sesame" for number in range(11)})),
        ("MODEL_PRICES", "sesame"),
        ("MODEL_PRICES", '{"sesame":{"input":"1","output":"2"}}'),
        ("MODEL_PRICES", '{"chat:a":{"input":"sesame","output":"2"}}'),
        ("MODEL_PRICES", '{"chat:a":{"input":"1"}}'),
        ("MODEL_PRICES", '{"chat:a":{"input":"1","output":"2","cache":"0.1"}}'),
        ("MODEL_PRICES", '["sesame"]'),
        ("MODEL_PRICES", '{"chat:a":{"input":"-1","output":"2"}}'),
        ("MODEL_PRICES", '{"chat:a":{"input":"1","output":"2","cached":"NaN"}}'),
        ("MODEL_PRICES", '{"chat:a":{"input":1e400,"output":"2"}}'),
        ("BUDGET_PER_RUN", "sesame"),
        ("BUDGET_PER_PERSON_DAY", "0"),
        ("BUDGET_PER_CHANNEL_DAY", "-0.5"),
        ("BUDGET_PER_DAY", "NaN"),
        ("BUDGET_PER_DAY", "1e400"),
        ("BUDGET_PER_DAY", "0.0000001"),
        ("BUDGET_ANSWER_TOKENS", "10"),
        ("TEAM", "sesame street"),
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


@pytest.mark.parametrize(
    ("given", "roles"),
    [
        ("", ("", "")),
        ("C0FINANCE1", ("C0FINANCE1", "C0FINANCE1")),
        ('{"*":"C0FINANCE1"}', ("C0FINANCE1", "C0FINANCE1")),
        (' {"hr":"G0PEOPLE01","*":"C0FINANCE1"}', ("C0FINANCE1", "G0PEOPLE01")),
    ],
)
def test_people_are_asked_in_one_channel_or_in_one_for_each_role(
    environment: pytest.MonkeyPatch, given: str, roles: tuple[str, str]
) -> None:
    environment.setenv("APPROVERS", '{"finance":["S0FINANCE1"],"hr":[]}')
    environment.setenv("APPROVALS_CHANNEL", given)

    channels = load(None).approval_channels

    assert (channels.of("finance"), channels.of("hr")) == roles


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("#finance", "APPROVALS_CHANNEL is not the id of a Slack channel, which begins with C or G."),
        ("U0OMAR0001", "APPROVALS_CHANNEL is not the id of a Slack channel, which begins with C or G."),
        (
            "{finance",
            'APPROVALS_CHANNEL must be the id of a Slack channel, or JSON such as {"hr":"C0PEOPLE01","*":"C0FINANCE1"}, with no name twice.',
        ),
        (
            '{"*":["C0FINANCE1"]}',
            'APPROVALS_CHANNEL must be the id of a Slack channel, or JSON such as {"hr":"C0PEOPLE01","*":"C0FINANCE1"}, with no name twice.',
        ),
        ("{}", 'APPROVALS_CHANNEL lacks "*": the channel of every role that it does not name.'),
        (
            '{"finance":"C0FINANCE1"}',
            'APPROVALS_CHANNEL lacks "*": the channel of every role that it does not name.',
        ),
        (
            '{"hr":"C0PEOPLE01","*":"C0FINANCE1"}',
            "APPROVALS_CHANNEL names the role 'hr', which APPROVERS does not have.",
        ),
        (
            '{"finance":"people","*":"C0FINANCE1"}',
            "APPROVALS_CHANNEL: that of 'finance' is not the id of a Slack channel, which begins with C or G.",
        ),
        (
            '{"*":""}',
            "APPROVALS_CHANNEL: that of '*' is not the id of a Slack channel, which begins with C or G.",
        ),
    ],
)
def test_channels_that_cannot_be_meant_are_said_at_start(
    environment: pytest.MonkeyPatch, given: str, problem: str
) -> None:
    environment.setenv("APPROVALS_CHANNEL", given)

    assert problems() == [problem]


def test_an_empty_value_means_the_default(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HEALTH_PORT", "")
    environment.setenv("TRIAGE_MODEL", "")

    assert load(None).health_port == 0


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("openai",), ("openai:gpt-6-luna", "openai:gpt-6.1-sol", "openai:gpt-6-luna")),
        (("deepseek",), ("deepseek:deepseek-flash", "deepseek:deepseek-v4-pro", "deepseek:deepseek-flash")),
        (("openai", "deepseek"), ("openai:gpt-6-luna", "openai:gpt-6.1-sol", "deepseek:deepseek-flash")),
        (("chat",), ("", "", "")),
    ],
)
def test_models_are_chosen_by_the_keys_that_are_set(keys: tuple[str, ...], expected: tuple[str, ...]) -> None:
    models = Settings.model_validate({f"{key}_api_key": SecretStr("k") for key in keys}).models

    assert (models.triage, models.frontier, models.guard) == expected


def test_the_names_chosen_by_keys_are_models_that_the_installed_lists_know() -> None:
    known = get_args(ChatModel)
    for table in (ECONOMY, FRONTIER, CHECKS):
        for spec in table.values():
            provider, _, name = spec.partition(":")
            price = Prices().of(provider, name, "")
            assert price(Tokens(input=1_000, output=1_000), datetime(2026, 11, 27, tzinfo=UTC)), spec
            assert provider != "openai" or name in known
    assert AS_OF.isoformat() in Path("docs/models.md").read_text(encoding="utf-8")


def test_a_tier_may_be_of_another_provider_and_triage_may_differ_from_it(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("DEEPSEEK_API_KEY", "key")
    environment.setenv("ECONOMY_MODEL", "deepseek:deepseek-flash")
    environment.setenv("SPECIALIST_MODELS", '{"Billing":"economy"}')
    models = load(None).models
    assert (models.triage, models.economy) == ("deepseek:deepseek-flash",) * 2
    assert models.frontier.startswith("openai:")

    environment.setenv("TRIAGE_MODEL", "openai:gpt-6-luna")
    models = load(None).models
    assert (models.triage, models.economy) == ("openai:gpt-6-luna", "deepseek:deepseek-flash")

    environment.setenv("SPECIALIST_MODELS", '{"Billing":"cheap"}')
    assert problems() == [
        "SPECIALIST_MODELS: that of Billing must be openai:NAME, deepseek:NAME or chat:NAME."
    ]


def test_with_another_server_alone_every_model_has_to_be_named(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("OPENAI_API_KEY")
    environment.setenv("CHAT_API_KEY", "key")
    environment.setenv("CHAT_BASE_URL", "http://127.0.0.1:11434/v1")
    environment.setenv("FRONTIER_MODEL", "chat:big")

    assert [problem.split(" ")[0] for problem in problems()] == ["TRIAGE_MODEL", "GUARD_MODEL"]


def test_the_file_is_read_and_the_environment_wins(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('MAX_TURNS=5\nHISTORY_TOKENS=2500\nUNKNOWN=1\nAPPROVERS={"finance":["U0MEI00001"]}\n')
    environment.setenv("MAX_TURNS", "6")
    environment.delenv("APPROVERS")

    settings = load(file)

    assert (settings.max_turns, settings.history_tokens) == (6, 2500)
    assert settings.approvers == {"finance": ["U0MEI00001"]}


def test_a_file_that_is_no_text_is_a_problem_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError) as caught:
        load(file)

    assert caught.value.problems == [f"{file} cannot be read as text."]


def test_secrets_are_hidden_wherever_settings_are_shown(environment: pytest.MonkeyPatch) -> None:
    shown = repr(load(None))

    for secret in ("xoxb-1-2-abc", "xapp-1-A-2-abc", KEY, "sk-openai"):
        assert secret not in shown


def test_the_example_file_is_equal_to_the_settings() -> None:
    text = (ROOT / ".env.example").read_text()
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))

    assert list(example) == [
        name.upper() for model in (Settings, SupportSettings) for name in model.model_fields
    ]
    given = Settings.model_validate({name.lower(): value for name, value in example.items() if value})
    assert given == Settings.model_validate({})


def test_the_example_file_has_the_groups_of_the_settings() -> None:
    groups = "Slack|Redis|Models|The team, and its approvals|Work|The record|Observation"
    in_example = re.findall(rf"^# ({groups})$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    in_settings = re.findall(
        rf"^    # ({groups})$", (ROOT / "bot/settings/config.py").read_text(), re.MULTILINE
    )

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


def test_what_a_command_does_not_use_may_be_missing_or_wrong(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("MAX_TURNS=many\nREDIS_SHARDS=none\nSLACK_BOT_TOKEN=xapp-1\n", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load(env, used={"redis_shards", "state_keys"})

    assert [problem.split()[0] for problem in caught.value.problems] == ["REDIS_SHARDS", "STATE_KEYS"]
    assert load(env, used={"team"}).team == "support"


def test_what_is_masked_is_what_is_set(environment: pytest.MonkeyPatch) -> None:
    usual = masks(load(None))
    environment.setenv("MASK", "ibans, Emails")
    environment.setenv("MASK_MORE", '{"a customer number":"CUST-[0-9]{6}"}')
    environment.setenv("MASK_EXCEPT", "acme.example")
    own = masks(load(None))
    text = "4242424242424242 DE89370400440532013000 x@other.example y@eu.acme.example CUST-123456"

    assert usual.whole(text).hidden == ("a card number", "an IBAN")
    assert own.whole(text).text == "4242424242424242 •••• 3000 •••••• y@eu.acme.example ••••••"
    assert own.whole(text).hidden == ("an IBAN", "an email address", "a customer number")


def test_every_setting_that_is_no_text_says_what_it_must_be() -> None:
    """One that is read wrong is told by its own rule; paths take any text."""
    texts = {str(kind) for kind in (str, SecretStr, Path | None)}
    typed = {name for name, field in Settings.model_fields.items() if str(field.annotation) not in texts}

    assert typed - set(FORMS) == set()
    assert unreadable("slack_sockets") == "SLACK_SOCKETS must be a whole number from 1 to 10."
