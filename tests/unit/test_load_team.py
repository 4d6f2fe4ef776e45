"""TEAM: what it finds, and the sentence for each way in which it does not."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from bot.settings.config import ConfigError, Settings
from bot.wiring.team import WHERE, load_team, read_policies

GOOD = """
from countersign import Specialist, Team, TeamSettings, function_tool

class Own(TeamSettings):
    payroll_key: str
    payroll_limit: int = 5

def team() -> Team[None]:
    Own()
    return Team("payroll", [Specialist("Payroll", "Pays people.", "You pay people.")])

other = Team("other", [Specialist("Other", "Does other things.", "You do.")])
wrong = 5

def twice() -> Team[None]:
    one = Specialist("Payroll", "Pays people.", "You pay people.")
    return Team("payroll", [one, one])
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a team's module in the folder where the bot is started."""
    name = f"payroll_{secrets.token_hex(4)}"
    (tmp_path / f"{name}.py").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYROLL_KEY", "sesame")
    return name


def problems(team: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_team(Settings(team=team))
    return caught.value.problems


def test_the_support_team_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLING_BASE_URL", "https://billing.example.com")
    monkeypatch.setenv("BILLING_API_KEY", "sesame")

    team = load_team(Settings())

    assert [one.name for one in team.specialists] == ["Billing", "Developer"]


def test_a_module_of_the_folder_where_the_bot_is_started_is_found(module: str) -> None:
    assert load_team(Settings(team=module)).name == "payroll"
    assert load_team(Settings(team=f"{module}:other")).name == "other"


def test_what_a_team_lacks_of_its_own_settings_is_said_without_any_value(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAYROLL_KEY")
    monkeypatch.setenv("PAYROLL_LIMIT", "sesame")

    assert problems(module) == [
        f"PAYROLL_KEY is missing: the team {module} needs it. {WHERE}",
        "PAYROLL_LIMIT input should be a valid integer, unable to parse string as an integer.",
    ]


def test_what_the_support_team_lacks_is_told_with_what_it_is_for_and_where_it_is_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("BILLING_BASE_URL", "BILLING_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    assert problems("support") == [
        f"BILLING_BASE_URL is missing: the https:// address of the billing service that refunds go to. {WHERE}",
        f"BILLING_API_KEY is missing: the key that the billing service takes. {WHERE}",
    ]
    assert ".env.example" in WHERE


def test_an_address_that_a_key_would_go_to_in_the_clear_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLING_BASE_URL", "http://sesame.example.com")
    monkeypatch.setenv("BILLING_API_KEY", "sesame")

    assert problems("support") == [
        "BILLING_BASE_URL must begin with https:// (http:// is taken on this machine only): its key goes there."
    ]


def test_a_team_that_is_none_is_said_in_a_sentence(module: str) -> None:
    assert problems("nowhere") == [
        "TEAM=nowhere was not found; it is a module of yours, or one of: hr, operations, support."
    ]
    assert problems(f"{module}:nothing") == [f"TEAM={module}:nothing: {module} has no nothing."]
    assert problems(f"{module}:wrong") == [f"TEAM={module}:wrong names something that is no team."]
    assert problems(f"{module}:twice") == [
        f"TEAM={module}:twice cannot work: two specialists are called Payroll."
    ]


def test_a_module_that_a_team_needs_and_that_is_missing_is_named(module: str, tmp_path: Path) -> None:
    (tmp_path / f"{module}_2.py").write_text("import nowhere_to_be_found\nteam = None\n")

    assert problems(f"{module}_2") == [
        f"TEAM={module}_2 needs the module nowhere_to_be_found, which is not installed."
    ]


SECRETIVE = """
from pydantic import Field, SecretStr, field_validator
from countersign import Policy, Specialist, Team, TeamSettings, ask, over

class Own(TeamSettings):
    payroll_key: SecretStr
    payroll_url: str = Field(description="where people are paid")
    payroll_limit: int = 5

    @field_validator("payroll_url")
    @classmethod
    def is_safe(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError("must begin with https://")
        return value

def team() -> Team[None]:
    own = Own()
    about = f"{own.payroll_limit} {own.payroll_key.get_secret_value()!r} {own.payroll_url!r}"
    return Team("payroll", [Specialist("Payroll", "Pays people.", "You pay people.")], about=about)
"""


@pytest.fixture
def secretive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A team that needs a secret and an address, neither of which is set."""
    name = f"secretive_{secrets.token_hex(4)}"
    (tmp_path / f"{name}.py").write_text(SECRETIVE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYROLL_LIMIT", "7")
    return Settings(team=name)


def test_a_team_is_made_without_its_secrets_where_only_its_policies_are_read(secretive: Settings) -> None:
    assert read_policies(secretive).about == "7 '' ''"
    with pytest.raises(ConfigError) as caught:  # and only there
        load_team(secretive)
    assert caught.value.problems == [
        f"PAYROLL_KEY is missing: the team {secretive.team} needs it. {WHERE}",
        f"PAYROLL_URL is missing: where people are paid. {WHERE}",
    ]


def test_what_is_set_is_used_and_judged_where_only_policies_are_read(
    secretive: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYROLL_KEY", "sesame")
    assert read_policies(secretive).about == "7 'sesame' ''"
    monkeypatch.setenv("PAYROLL_URL", "http://example.com")
    with pytest.raises(ConfigError) as caught:
        read_policies(secretive)
    assert caught.value.problems == ["PAYROLL_URL must begin with https://."]
