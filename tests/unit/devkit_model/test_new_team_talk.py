"""The team that `countersign new-team` writes, spoken to over both protocols with the demo's model."""

from __future__ import annotations

import importlib
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from agents import Model, OpenAIChatCompletionsModel, OpenAIResponsesModel
from openai import AsyncOpenAI

from bot.agents.team import Team
from bot.operations.new_team import new_team
from bot.settings.config import Settings
from bot.wiring.team import load_team
from devkit.model.samples import STAND_IN
from tests.unit.devkit_model.talk import TeamTalk


@pytest.fixture(params=[OpenAIResponsesModel, OpenAIChatCompletionsModel], ids=["responses", "chat"])
def model(request: pytest.FixtureRequest, client: AsyncOpenAI) -> Model:
    return request.param(model="demo", openai_client=client)


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team[Any]:
    name = f"payroll_{secrets.token_hex(4)}"
    monkeypatch.chdir(tmp_path)
    new_team(name, tmp_path)
    return load_team(Settings(team=name))


@pytest.fixture
async def talk(team: Team[Any], model: Model) -> AsyncIterator[TeamTalk]:
    async with TeamTalk(team, model) as made:
        yield made


def arguments(talk: TeamTalk) -> list[dict[str, str]]:
    return [json.loads(call.arguments) for call in talk.waits]


def test_its_own_tests_pass(team: Team[Any]) -> None:
    own = importlib.import_module(f"{team.name}.test_{team.name}")
    tests = [run for name, run in vars(own).items() if name.startswith("test_")]

    assert len(tests) == 3
    for run in tests:
        run()


async def test_what_its_readme_says_to_try_works(talk: TeamTalk) -> None:
    assert "Handing over." in await talk.says("book 250 for chairs")
    assert arguments(talk) == [{"amount": "250.00", "purpose": "chairs"}]
    assert "Booked 250.00 for chairs (B-1)." in await talk.decide()

    await talk.says("book 12 for stamps")
    assert talk.waits[0].requirements == ()
    assert "Booked 12.00 for stamps (B-2)." in await talk.decide()

    told = await talk.says("what was booked?")
    assert "- chairs: 250.00\n- stamps: 12.00" in told


async def test_what_is_missing_is_asked_for_and_put_together_with_the_answers(talk: TeamTalk) -> None:
    asked = await talk.says("please book something for the office party")
    assert "I still need a number with two places, such as 250.00." in asked
    assert talk.waits == ()

    assert "An amount has to be a positive number." in await talk.says("-5")
    await talk.says("$1,480.50")
    assert arguments(talk) == [{"amount": "1480.50", "purpose": "the office party"}]


async def test_several_bookings_of_one_sentence_are_asked_for_at_once(talk: TeamTalk) -> None:
    await talk.says("book 250 for chairs, 400 for tables and 1,200 for a sofa")

    assert arguments(talk) == [
        {"amount": "250.00", "purpose": "chairs"},
        {"amount": "400.00", "purpose": "tables"},
        {"amount": "1200.00", "purpose": "a sofa"},
    ]


@pytest.mark.parametrize(
    ("said", "booked"),
    [
        ("I need 300 for a new desk", {"amount": "300.00", "purpose": "a new desk"}),
        ("book lunch for 20 people, 300 EUR", {"amount": "300.00", "purpose": "lunch for 20 people"}),
        ("please book 150 for pens and tell me", {"amount": "150.00", "purpose": "pens"}),
        ("spend 400 on cake", {"amount": "400.00", "purpose": "cake"}),
        ("can you book 150 for pens?", {"amount": "150.00", "purpose": "pens"}),
        ("Book $500 because the machine broke", {"amount": "500.00", "purpose": "the machine broke"}),
    ],
)
async def test_an_order_is_read_as_people_say_it(talk: TeamTalk, said: str, booked: dict[str, str]) -> None:
    await talk.says(said)

    assert arguments(talk) == [booked]


async def test_an_order_of_its_own_is_no_answer_to_the_question_before_it(talk: TeamTalk) -> None:
    await talk.says("book a train ticket")
    await talk.says("book a flight")
    await talk.says("1200")

    assert arguments(talk) == [{"amount": "1200.00", "purpose": "flight"}]


async def test_who_asks_how_is_told_how_and_nothing_is_called(talk: TeamTalk) -> None:
    told = await talk.says("how do I book something?")

    assert "Just say it in a sentence" in told
    assert "Book an amount for payroll" in told


@pytest.mark.parametrize("purpose", ["chairs and tables", "tea, cake and sugar"])
async def test_one_booking_of_two_things_stays_one(talk: TeamTalk, purpose: str) -> None:
    await talk.says(f"book 250 for {purpose}")

    assert arguments(talk) == [{"amount": "250.00", "purpose": purpose}]


async def test_a_rejection_is_told_with_its_reason_and_nothing_as_done(talk: TeamTalk) -> None:
    await talk.says("book 250 for chairs")
    told = await talk.decide("Rejected by Omar Haddad: not this year")

    assert "Rejected by Omar Haddad: not this year" in told
    assert "Booked" not in told
    assert "Nothing was booked yet." in await talk.says("list the bookings")


async def test_free_questions_are_answered_by_whoever_is_asked_and_the_stand_in_is_named_once(
    talk: TeamTalk,
) -> None:
    said = [await talk.says(text) for text in ("hi", "write me a haiku", "book 12 for stamps")]
    said.append(await talk.decide())
    said += [
        await talk.says(text)
        for text in (
            "thanks!",
            "who approves bookings over 1,000?",
            "what's the weather like?",
            "another haiku?",
        )
    ]

    assert "Everything about payroll" in said[0]
    assert "A click, then a pause." in said[1]
    assert "You are welcome" in said[4]
    assert "countersign policies" in said[5]
    assert "hand you back to Triage" in said[6]
    assert "can't answer that" in said[6]
    assert "Two names on the card" in said[7]
    assert "".join(said).count(STAND_IN) == 1
