"""Settings as people paste them: what would be dropped, or break off later, is refused at the start in a sentence."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from bot.settings.config import ConfigError
from bot.settings.loading import load
from bot.wiring.assembly import insist_on_names
from countersign import Specialist, Team
from countersign.teams.support.settings import SupportSettings
from tests.unit.test_config import GOOD, problems

ONE, TWO = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize(
    "keys",
    [f"{ONE};{TWO}", f"{ONE} {TWO}", f'"{ONE}"', f"{ONE}{TWO}", f"{ONE}\u200b"],
    ids=["semicolon", "blank", "quoted", "joined", "unseen"],
)
def test_keys_of_which_only_a_part_would_be_used_are_refused(
    environment: pytest.MonkeyPatch, keys: str
) -> None:
    environment.setenv("STATE_KEYS", keys)

    assert problems() == ["STATE_KEYS: key number 1 is not a Fernet key; `countersign new-key` prints one."]


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "OPENAI_API_KEY"])
@pytest.mark.parametrize("behind", ["\u200b", "\u00a0", "\n", " x", "…"], ids=ascii)
def test_a_key_that_no_header_can_have_is_refused(
    environment: pytest.MonkeyPatch, name: str, behind: str
) -> None:
    environment.setenv(name, GOOD[name] + behind)

    assert problems() == [f"{name} has a blank in it, or a character that no key has: copy it once more."]


@pytest.mark.parametrize("name", ["APPROVERS", "APPROVALS_CHANNEL", "SPECIALIST_MODELS", "MODEL_PRICES"])
def test_a_setting_that_is_nested_too_deep_to_be_read_is_refused(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.setenv(name, '{"a":' * 50_000)

    (said,) = problems()
    assert said.startswith(f"{name} must be ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APPROVERS", '{"finance":["U0OMAR0001"],"finance":["U0MEI00001"]}'),
        ("APPROVALS_CHANNEL", '{"finance":"C0FINANCE1","*":"C0FINANCE2","finance":"C0FINANCE3"}'),
        ("SPECIALIST_MODELS", '{"Billing":"economy","Billing":"frontier"}'),
        ("MODEL_PRICES", '{"openai:x":{"input":"1","output":"1","input":"2"}}'),
    ],
)
def test_a_name_that_is_there_twice_is_refused_and_not_half_read(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)

    (said,) = problems()
    assert said.startswith(f"{name} must be ")


def test_a_model_for_a_specialist_who_is_not_there_is_refused(environment: pytest.MonkeyPatch) -> None:
    team: Team[None] = Team("support", [Specialist("Billing", "Moves money.", "You move money.")])
    environment.setenv("SPECIALIST_MODELS", '{"Billing":"economy"}')
    insist_on_names(load(None), team)
    environment.setenv("SPECIALIST_MODELS", '{"billing":"economy","Biling":"frontier"}')

    with pytest.raises(ConfigError) as caught:
        insist_on_names(load(None), team)

    assert caught.value.problems == [
        "SPECIALIST_MODELS names 'Biling', 'billing': the team support has Billing."
    ]


@pytest.mark.parametrize("key", ["sesame\u200b", "sesame\n", "open sesame"], ids=ascii)
def test_a_key_of_the_billing_service_that_no_header_can_have_is_refused(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SupportSettings(billing_base_url="https://billing.example", billing_api_key=key)  # pyright: ignore[reportArgumentType]

    assert "has a blank in it, or a character that no key has" in str(caught.value)
    assert "sesame" not in str(caught.value)
