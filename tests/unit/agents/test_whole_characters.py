"""Half a character in a model's answer breaks nothing, over both protocols."""

from __future__ import annotations

import json

import pytest

from bot.agents.whole_characters import whole, whole_json
from bot.domain.run import Completed
from devkit.model.script import Calls, Text
from tests.unit.agents.test_engine import BILLING
from tests.unit.agents.test_model_ends import real

HIGH, LOW = "\ud83d", "\ude00"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 😀", "plain 😀"),
        (f"a {HIGH}{LOW} b", "a 😀 b"),
        (f"a {HIGH} b", "a \ufffd b"),
        (f"{LOW}{HIGH}", "\ufffd\ufffd"),
        (HIGH, "\ufffd"),
    ],
    ids=ascii,
)
def test_halves_are_joined_or_replaced(text: str, shown: str) -> None:
    assert whole(text) == shown


@pytest.mark.parametrize(
    "value",
    ["plain 😀", HIGH, f"{HIGH}{LOW}", f"x {LOW} y", r"a path \ud83d of letters", "\\" + HIGH, "\\\\u\n"],
    ids=ascii,
)
@pytest.mark.parametrize("escaped", [True, False])
def test_a_json_text_means_the_same_but_for_halves(value: str, escaped: bool) -> None:
    mended = whole_json(json.dumps({"note": value}, ensure_ascii=escaped))

    assert json.loads(mended) == {"note": whole(value)}
    mended.encode()


@pytest.mark.parametrize("spec", ["openai:gpt-5", "chat:gpt-oss", "deepseek:deepseek-chat"])
@pytest.mark.parametrize("half", [HIGH, LOW])
async def test_half_an_emoji_in_a_call_and_in_an_answer_is_one_character_that_nobody_knows(
    spec: str, half: str
) -> None:
    async with real(spec) as one:
        run = await one.asked(Calls([("look", {"what": f"broken {half}"})]), Text(f"Seen it {half}"))
        items = await one.items()

    assert run.outcome == Completed("Seen it \ufffd", BILLING)
    assert one.looked == ["broken \ufffd"]
    json.dumps(items, ensure_ascii=False).encode()


@pytest.mark.parametrize("spec", ["openai:gpt-5", "chat:gpt-oss"])
async def test_an_emoji_that_a_server_sends_in_two_halves_is_one(spec: str) -> None:
    async with real(spec) as one:
        run = await one.asked(Text(f"Done {HIGH}{LOW}"))

    assert run.outcome == Completed("Done 😀", BILLING)
