"""What a thread shows of each call of a run: the check mark is for what was done, and for nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from agents import function_tool
from agents.testing import ModelStep, function_call
from agents.tool_context import ToolContext

from bot.agents.context import Permit, RunContext
from bot.agents.run_in_progress import RunInProgress
from bot.agents.shown_words import ShownWords, in_line
from bot.agents.step_words import StepWords
from bot.agents.tools.approval import ApprovedTool, approved_tool
from bot.conversation.live_progress import settle_lines, show_all
from bot.conversation.slow_model import Patience
from bot.domain import sentences
from bot.domain.approvals.approval import canonical
from bot.domain.errors import OutcomeUnknown
from bot.domain.mask_patterns import Masked, made
from bot.domain.masking import NOT_TOLD, USUAL, Masks
from bot.domain.run import Interrupted
from bot.slack.reply_blocks import Steps
from tests.unit.agents.test_engine import POLICY, Bench, call, gone_on_with, interrupted, say


class Stream:
    """As much of a reply as status lines need."""

    def __init__(self, at: Callable[[str], None]) -> None:
        self.steps = Steps()
        self.at = at

    def note(self, line: str, *, key: str = "") -> None:
        self.steps.note(line, key=key)
        if line.endswith("…"):
            self.at(line)

    def show(self, text: str) -> None:
        del text


async def lines(progress: RunInProgress, at: Callable[[str], None] = lambda line: None) -> list[str]:
    """What the thread shows of a run's calls; `at` is called when one begins."""
    stream = Stream(at)
    with contextlib.suppress(OutcomeUnknown):
        await show_all(stream, progress, Patience())  # pyright: ignore[reportArgumentType]
    if isinstance(progress.outcome, Interrupted):
        settle_lines(stream, progress)  # pyright: ignore[reportArgumentType]
    return [str(block["elements"][0]["text"]) for block in stream.steps.blocks()]


async def of_call(bench: Bench, amount: str, decision: bool | str, *, ran_with: str = "") -> list[str]:
    """What it shows of one call of `pay` that was decided; `ran_with` is what an approver made of the amount."""
    _, saved = await interrupted(bench)
    context = bench.context(("c1", amount))
    if ran_with:
        asked = context.permits["c1"].asked_digest
        context = replace(context, permits={"c1": Permit("pay", asked, canonical({"amount": ran_with}))})
    return await lines(
        await gone_on_with(
            bench.engine(),
            saved,
            decisions={"c1": decision},
            session=bench.session,
            context=context,
            checkpoint=bench.checkpoint,
        )
    )


def paying(amount: str = "29.00") -> Bench:
    """A bench whose model pays once; the service refuses 31.00, and rounds 30.00."""

    @approved_tool(
        POLICY, settles=lambda given, said: "" if str(given["amount"]) in said else "It was another amount."
    )
    async def pay(ctx: ToolContext[RunContext], amount: str) -> str:
        """Pay somebody."""
        if amount == "31.00":
            return "ERROR: there is too little left."
        if amount == "32.00":
            raise ConnectionError
        return "paid 29.99" if amount == "30.00" else f"paid {amount}"

    bench = Bench(ModelStep(output=[call("pay", "c1", amount=amount)]), say("that was all"))
    bench.tools = [pay]
    return bench


@pytest.mark.parametrize(
    ("amount", "decision", "ran_with", "shown"),
    [
        ("29.00", True, "", "Pay ✓"),
        ("29.00", True, "25.00", "Pay ✓"),
        ("29.00", "Rejected by Omar: no", "", "Pay ✗ not done"),
        ("29.00", sentences.not_asked("4.00 USD are left"), "", "Pay ✗ not done"),
        ("29.00", sentences.EXPIRED_REASON, "", "Pay ✗ not done"),
        ("29.00", "This was not done: it was withdrawn by who asked for it.", "", "Pay ✗ not done"),
        ("31.00", True, "", "Pay ✗ not done"),
        ("29.00", True, "31.00", "Pay ✗ not done"),
        ("30.00", True, "", "Pay ! done, but not as it was asked for"),
        ("29.00", True, "30.00", "Pay ! done, but not as it was asked for"),
        ("32.00", True, "", "Pay ? nobody knows whether it happened"),
    ],
)
async def test_a_call_is_shown_as_done_only_where_it_was(
    amount: str, decision: bool | str, ran_with: str, shown: str
) -> None:
    assert await of_call(paying(amount), amount, decision, ran_with=ran_with) == [shown]


@pytest.mark.parametrize(
    ("text", "shown"),
    [(sentences.IT_HAPPENED, "✓"), (sentences.IT_DID_NOT, "✗ not done"), (sentences.NOBODY_KNOWS, "? nobody knows whether it happened")],
)  # fmt: skip
async def test_a_call_that_people_were_asked_about_is_shown_as_they_said(text: str, shown: str) -> None:
    bench = paying()
    bench.journal.done["c1"] = text

    assert await of_call(bench, "29.00", True) == [f"Pay {shown}"]


async def test_a_tool_that_does_not_exist_is_not_shown_as_done() -> None:
    bench = Bench(ModelStep(output=[call("launch_rocket", "c1")]), say("no such thing"))

    assert await lines(bench.run()) == ["Launch rocket ✗ not done"]


async def test_a_second_handoff_in_a_turn_is_not_shown() -> None:
    both = [call("transfer_to_billing", "h1"), call("transfer_to_billing", "h2")]
    bench = Bench(ModelStep(output=both), say("here I am"))

    assert await lines(bench.run(agent=None)) == ["Billing takes over"]


async def test_who_answers_from_the_start_is_not_introduced_and_nor_is_a_way_back_to_triage() -> None:
    assert await lines(Bench(say("here I am")).run()) == []
    back = Bench(ModelStep(output=[call("transfer_to_triage", "h1")]), say("what else?"))

    assert await lines(back.run()) == []


async def test_a_call_is_said_with_its_arguments_in_the_words_of_its_tool() -> None:
    bench = Bench(ModelStep(output=[call("looking", "c1", number="7")]), say("seven"))
    bench.plain, bench.steps = [function_tool(looking)], {"looking": "Looking up {number}"}

    assert await lines(bench.run()) == ["Looking up 7 ✓"]


async def test_a_call_that_waits_for_people_says_so_in_its_line() -> None:
    bench = paying()
    bench.tools = [with_words()]

    assert await lines(bench.run()) == ["Pay 29.00 EUR: waits for a go-ahead"]


async def test_a_line_names_no_secret_of_a_calls_arguments() -> None:
    bench = Bench(ModelStep(output=[call("pay", "c1", amount="DE89 3704 0044 0532 0130 00")]))
    bench.tools = [with_words()]
    progress = bench.run()

    assert await lines(progress) == ["Pay •••• 3000 EUR: waits for a go-ahead"]
    assert isinstance(progress.outcome, Interrupted)
    assert "DE89 3704 0044 0532 0130 00" in progress.outcome.calls[0].arguments  # as it stands on its card


@pytest.mark.parametrize(
    "written",
    ["4242 4242\n4242 4242", "4242  4242 4242 4242", "4242\u20094242\u20094242\t4242"],
)
async def test_no_blank_that_a_line_does_not_show_hides_a_secret_in_it(written: str) -> None:
    bench = Bench(ModelStep(output=[call("pay", "c1", amount=written)]))
    bench.tools = [with_words()]

    assert await lines(bench.run()) == ["Pay •••• 4242 EUR: waits for a go-ahead"]
    assert in_line(f"$ pay {written}", USUAL) == "$ pay •••• 4242"


def test_a_line_is_made_at_once_and_of_no_more_than_it_shows() -> None:
    slow = made(Masked.MORE, "slow", "(?:ab1|ab1ab1)+!")  # some tenths of a second for so much
    shown = ShownWords(Masks((slow,))).in_line({"q": "ab1" * 27})
    words = StepWords({"look": "Looking up {q}"}, str)

    assert shown == {"q": NOT_TOLD}
    assert words.named("look", {"q": "7", "more": "8"}) == {"q": "7"}


async def test_a_call_that_an_approver_changed_is_shown_with_what_was_done() -> None:
    bench = paying()
    bench.tools = [with_words()]

    assert await of_call(bench, "29.00", True, ran_with="25.00") == ["Pay 25.00 EUR ✓"]


def with_words() -> ApprovedTool:
    @approved_tool(POLICY, step="Pay {amount} EUR")
    async def pay(ctx: ToolContext[RunContext], amount: str) -> str:
        """Pay somebody."""
        return f"paid {amount}"

    return pay


async def test_a_call_under_way_when_somebody_stops_the_run_is_shown_as_stopped() -> None:
    bench = Bench(ModelStep(output=[call("slow", "c1", number="7")]), say("never"))
    bench.plain = [function_tool(slow)]
    progress = bench.run()

    assert await lines(progress, at=lambda line: progress.stop()) == ["Slow ✗ stopped"]


async def slow(number: int) -> str:
    """Wait for somebody."""
    await asyncio.Event().wait()
    return str(number)


async def falling(number: int) -> str:
    """Break off."""
    raise ConnectionError


async def looking(number: int) -> str:
    """Look something up."""
    return f"ERROR: there is no {number}" if number == 0 else f"number {number}"


def raw(name: str, arguments: str) -> Any:
    """A call with arguments as a model wrote them."""
    made = function_call(name, {}, call_id="c1")
    return made.model_copy(update={"arguments": arguments})


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        (call("looking", "c1", number="7"), "Looking ✓"),
        (call("looking", "c1", number="0"), "Looking ✗ not done"),
        (call("looking", "c1", number="seven"), "Looking ✗ not done"),
        (raw("looking", '{"number": '), "Looking ✗ not done"),
        (call("falling", "c1", number="7"), "Falling ✗ not done"),
        (call("slow", "c1", number="7"), "Slow ✗ not done"),
    ],
)
async def test_a_lookup_that_raised_or_was_called_wrongly_or_took_too_long_is_not_shown_as_done(
    called: Any, shown: str
) -> None:
    bench = Bench(ModelStep(output=[called]), say("that was all"))
    bench.plain = [function_tool(slow, timeout=0.01), function_tool(falling), function_tool(looking)]

    assert await lines(bench.run()) == [shown]
