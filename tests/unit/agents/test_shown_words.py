"""What a model writes is shown without its secrets: while it streams, at its end, and where it was cut."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.agents.progress import TextDelta, ToolStarted
from bot.agents.shown_words import ShownWords
from bot.domain.masking import USUAL
from bot.domain.run import Completed, Failed, Stopped
from devkit.model.script import Calls, CutShort, Fail, Refusal, Stall, Step, Text
from tests.unit.agents.test_engine import BILLING
from tests.unit.agents.test_model_ends import real

pytestmark = pytest.mark.parametrize("spec", ["openai:gpt-5", "chat:gpt-oss"])
KEY = "sk-proj-4f9aBcD_efGhIjKlMnOp"
#: So often it is too long to be looked at at once.
LONG = 40
SAID = f"Paid with 4242 4242 4242 4242, by the key {KEY} of ours."
SHOWN = "Paid with •••• 4242, by the key •••••• of ours."


async def test_no_piece_of_an_answer_shows_a_secret_and_the_model_knows_what_it_said(spec: str) -> None:
    async with real(spec) as one:
        one.server.script(Text(SAID))
        progress = one.run()
        shown = [step.text async for step in progress if isinstance(step, TextDelta)]
        await one.asked(Text("Of course."))
        remembered = str(one.server.asked()[-1].body)

    assert "".join(shown) == SHOWN
    assert progress.outcome == Completed(SHOWN, BILLING)
    assert progress.shown.hidden == ("a card number", "a secret")
    assert KEY in remembered


async def test_what_was_held_back_is_shown_before_a_call(spec: str) -> None:
    async with real(spec) as one:
        one.server.script(Calls([("look", {"what": "it"})], text="Let me look at INV-1003"), Text(SAID))
        steps = [step async for step in one.run()]

    at = next(number for number, step in enumerate(steps) if isinstance(step, ToolStarted))
    before, behind = (
        "".join(step.text for step in part if isinstance(step, TextDelta))
        for part in (steps[:at], steps[at:])
    )
    assert (before, behind) == ("Let me look at INV-1003", SHOWN)


HALF = "The card is 5105 1051 0510 5"
MASKED = "The card is ••••••"


@pytest.mark.parametrize("step", [CutShort(HALF), CutShort(HALF, "content_filter"), Fail(HALF)])
async def test_half_a_secret_of_an_answer_that_broke_off_is_masked(spec: str, step: Step) -> None:
    async with real(spec) as one:
        one.server.script(step)
        progress = one.run()
        shown = "".join([step.text async for step in progress if isinstance(step, TextDelta)])

    assert isinstance(progress.outcome, Completed | Failed)
    assert progress.outcome.text == MASKED
    assert "5105" not in shown


async def test_half_a_secret_of_an_answer_that_was_stopped_is_masked(spec: str) -> None:
    async with real(spec) as one:
        one.server.script(Stall(60, text=f"{HALF} "))
        progress = one.run()
        pieces = 0
        async for step in progress:
            pieces += isinstance(step, TextDelta)
            if pieces == len(HALF.split()):
                progress.stop()

    assert isinstance(progress.outcome, Stopped)
    assert progress.outcome.text.strip() == MASKED


async def test_who_asks_late_is_shown_no_secret_and_each_word_once(spec: str) -> None:
    async with real(spec) as one:
        one.server.script(Text(SAID))
        progress = one.run()
        progress.tells_words = False
        seen, told, pieces = "", "", 0
        async for step in progress:
            if isinstance(step, TextDelta):
                told, pieces = told + step.text, pieces + 1
                seen += progress.shown.taken() if pieces % 3 == 0 else ""
        seen += progress.shown.taken()

    assert told == ""
    assert seen == SHOWN


async def test_nobody_looks_at_words_that_are_looked_at_in_a_thread(
    spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, begun, goes_on = ShownWords(USUAL), asyncio.Event(), asyncio.Event()

    async def to_thread(look: Callable[..., str], **named: bool) -> str:
        begun.set()
        await goes_on.wait()
        return look(**named)

    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    await shown.add("Before. ")
    adding = asyncio.create_task(shown.add(f"{SAID} " * LONG))
    await begun.wait()
    meanwhile = shown.taken()
    goes_on.set()
    await adding
    await shown.rest()

    assert meanwhile == ""
    assert shown.taken() == f"Before. {f'{SHOWN} ' * LONG}"


async def test_a_refusal_shows_no_secret_either(spec: str) -> None:
    async with real(spec) as one:
        progress = await one.asked(Refusal(f"I will not say {KEY} again."))

    assert progress.outcome == Completed("I will not say •••••• again.", BILLING)
