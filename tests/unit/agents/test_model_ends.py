"""How a model's answer ends other than whole, over both protocols, with the SDK's own runner and models."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from agents import FunctionTool, function_tool

from bot.agents.engine import Engine, Limits
from bot.agents.guardrail import Guard
from bot.agents.handoffs import Kit, Member, Voice
from bot.agents.models import Models, ModelSpec, Provider, settings
from bot.agents.progress import TextDelta
from bot.agents.run_in_progress import RunInProgress
from bot.agents.team import Specialist
from bot.domain.ends import ModelEnd
from bot.domain.exchanges import LEFT_OUT
from bot.domain.run import Completed, Failed, FailureKind
from devkit.model.script import (
    Calls,
    CutShort,
    CutStream,
    Fail,
    HttpError,
    Refusal,
    Stall,
    Step,
    Text,
)
from devkit.model.server import ModelServer
from tests.unit.agents.test_engine import BILLING, OK, Bench, drained

pytestmark = pytest.mark.parametrize("spec", ["openai:gpt-5", "chat:gpt-oss", "deepseek:deepseek-chat"])
HALF = "The first half of it"


class Real:
    """An engine whose models are asked over HTTP."""

    def __init__(self, server: ModelServer, spec: str, *, silence: float, history: int, whole: float) -> None:
        self.server, self.spec = server, ModelSpec.parse(spec)
        self.models = Models(
            {self.spec.provider: Provider(server.url, "devkit")}, silence=silence, whole=whole
        )
        self.bench = Bench(guard=[OK] * 20)
        self.session = self.bench.session
        self.looked: list[str] = []
        self.found = ""
        self.limits = Limits(10, history)

    def tool(self) -> FunctionTool:
        """A tool that only reads."""

        @function_tool(failure_error_function=None)
        async def look(what: str) -> str:
            """Look something up."""
            self.looked.append(what)
            return self.found or f"seen {what}"

        return look

    def run(self, text: str = "hello") -> RunInProgress:
        voice = Voice(self.models.model(self.spec), settings(self.spec))
        specialist = Specialist(BILLING, "Moves money.", "You move money.", tools=[self.tool()])
        guard = Guard(self.bench.guard, self.spec, failure="closed")
        engine = Engine(
            Kit(voice, [Member(specialist, voice)], []), guard, self.limits, token=lambda: "ref-1"
        )
        return engine.run(
            text,
            agent=BILLING,
            session=self.session,
            context=self.bench.context(),
            checkpoint=self.bench.checkpoint,
        )

    async def asked(self, *steps: Step, text: str = "hello") -> RunInProgress:
        self.server.script(*steps)
        return await drained(self.run(text))

    async def items(self) -> list[Any]:
        return list(await self.session.get_items())


@asynccontextmanager
async def real(
    spec: str, *, silence: float = 20.0, history: int = 24_000, whole: float = 900.0
) -> AsyncGenerator[Real]:
    server = ModelServer()
    await server.start()
    made = Real(server, spec, silence=silence, history=history, whole=whole)
    try:
        yield made
    finally:
        await made.models.close()
        await server.stop()


async def test_an_answer_that_is_cut_keeps_its_text_and_says_how_it_ended(spec: str) -> None:
    async with real(spec) as one:
        by_length = await one.asked(CutShort(HALF))
        by_filter = await one.asked(CutShort(HALF, "content_filter"))

    assert by_length.outcome == Completed(HALF, BILLING, ModelEnd.LENGTH)
    assert by_filter.outcome == Completed(HALF, BILLING, ModelEnd.FILTER)
    assert by_length.usage.output_tokens > 0


@pytest.mark.parametrize(
    ("reason", "end"),
    [("model_length", ModelEnd.LENGTH), ("SAFETY", ModelEnd.FILTER), ("error", ModelEnd.BROKE_OFF)],
)
async def test_other_servers_have_other_words_for_an_answer_that_is_cut(
    spec: str, reason: str, end: ModelEnd
) -> None:
    async with real(spec) as one:
        outcome = (await one.asked(CutShort(HALF, reason))).outcome

    if spec.startswith("openai"):  # an `incomplete` answer is one, whatever word stands beside it
        assert outcome == Completed(HALF, BILLING, ModelEnd.LENGTH)
    elif end is ModelEnd.BROKE_OFF:
        assert outcome == Failed(FailureKind.MODEL_UNREACHABLE, "ref-1", HALF, end)
    else:
        assert outcome == Completed(HALF, BILLING, end)


async def test_a_half_written_call_of_a_cut_answer_is_never_made_nor_is_a_whole_one_before_it(
    spec: str,
) -> None:
    calls = [("look", {"what": "first"}), ("look", {"what": "second"})]
    async with real(spec) as one:
        progress = await one.asked(CutShort(HALF, calls=calls))
        nothing = await one.asked(CutShort("", calls=calls[:1]))

    assert progress.outcome == Completed(HALF, BILLING, ModelEnd.LENGTH)
    assert nothing.outcome == Completed("", BILLING, ModelEnd.LENGTH)
    assert one.looked == []


async def test_a_cut_answer_behind_a_tool_call_keeps_what_was_done(spec: str) -> None:
    async with real(spec) as one:
        progress = await one.asked(Calls([("look", {"what": "it"})]), CutShort(HALF))
        items = await one.items()

    assert progress.outcome == Completed(HALF, BILLING, ModelEnd.LENGTH)
    assert one.looked == ["it"]
    assert [item["output"] for item in items if item.get("type") == "function_call_output"] == ["seen it"]


async def test_a_refusal_is_shown_in_the_models_own_words_and_remembered_once(spec: str) -> None:
    async with real(spec) as one:
        one.server.script(Refusal("I will not do that.", text="I see."))
        progress = one.run()
        shown = "".join([step.text async for step in progress if isinstance(step, TextDelta)])
        after = await one.asked(Text("Of course."))
        said = str(one.server.asked()[-1].body)

    assert progress.outcome == Completed("I see.\n\nI will not do that.", BILLING)
    assert shown == "I see.I will not do that."
    assert after.outcome == Completed("Of course.", BILLING)
    assert said.count("I will not do that.") == 1


@pytest.mark.parametrize("step", [Fail(code="server_error"), CutShort(reason="content_filter"), CutStream(0)])
async def test_what_fails_before_its_first_word_is_asked_for_again(spec: str, step: Step) -> None:
    async with real(spec) as one:
        progress = await one.asked(step, Text("Now it works."))

    assert progress.outcome == Completed("Now it works.", BILLING)
    assert len(one.server.asked()) == 2


@pytest.mark.parametrize("step", [Fail(HALF), CutStream(3, HALF)])
async def test_what_fails_behind_its_first_word_is_not_and_what_was_said_stays(spec: str, step: Step) -> None:
    async with real(spec) as one:
        progress = await one.asked(step, Text("never said"))

    assert isinstance(progress.outcome, Failed)
    assert progress.outcome.failure is FailureKind.MODEL_UNREACHABLE
    assert progress.outcome.end is ModelEnd.BROKE_OFF
    assert HALF.startswith(progress.outcome.text)
    assert progress.outcome.text
    assert len(one.server.asked()) == 1


async def test_what_the_server_says_is_for_good_is_not_asked_for_again(spec: str) -> None:
    async with real(spec) as one:
        progress = await one.asked(Fail(code="invalid_prompt"), Text("never said"))

    assert isinstance(progress.outcome, Failed)
    assert len(one.server.asked()) == 1


async def test_an_answer_held_back_to_its_last_word_is_said_to_be(spec: str) -> None:
    async with real(spec) as one:
        progress = await one.asked(*[CutShort(reason="content_filter")] * 3)

    assert progress.outcome == Failed(FailureKind.MODEL_REFUSED, "ref-1", end=ModelEnd.FILTER)


async def test_a_server_that_takes_the_request_and_says_nothing_is_tried_twice_and_given_up(
    spec: str,
) -> None:
    async with real(spec, silence=1.0) as one, one.server.held():
        progress = await drained(one.run())

    assert progress.outcome == Failed(FailureKind.MODEL_UNREACHABLE, "ref-1", end=ModelEnd.SILENT)
    assert len(one.server.asked()) == 2


async def test_a_server_that_falls_silent_in_mid_answer_is_given_up_and_what_it_said_stays(spec: str) -> None:
    async with real(spec, silence=1.0) as one:
        progress = await one.asked(Stall(30, HALF), Text("never said"))

    assert progress.outcome == Failed(FailureKind.MODEL_UNREACHABLE, "ref-1", HALF, ModelEnd.SILENT)
    assert len(one.server.asked()) == 1


async def test_an_answer_that_never_ends_is_given_up_and_what_it_said_stays(spec: str) -> None:
    async with real(spec, whole=1.0) as one:
        one.server.delay = 0.05
        progress = await one.asked(Text("word " * 200), Text("never said"))

    assert isinstance(progress.outcome, Failed)
    assert progress.outcome.failure is FailureKind.MODEL_UNREACHABLE
    assert progress.outcome.end is ModelEnd.BROKE_OFF
    assert len(one.server.asked()) == 1


async def test_a_busy_server_that_asks_for_a_long_wait_is_not_waited_for(spec: str) -> None:
    async with real(spec) as one:
        progress = await one.asked(HttpError(429, retry_after=21), Text("never said"))

    assert progress.outcome == Failed(FailureKind.MODEL_BUSY, "ref-1")


async def test_a_conversation_too_long_for_the_model_is_cut_between_exchanges_and_asked_once_more(
    spec: str,
) -> None:
    async with real(spec) as one:
        for number in range(6):
            await one.asked(
                Calls([("look", {"what": f"thing {number}"})]),
                Text(f"answer {number} " * 200),
                text=f"ask {number}",
            )
        one.server.context_tokens = 3_000
        progress = await one.asked(Text("I have read the end of it."), text="and now?")
        read = one.server.asked()[-1].dialogue.entries

    assert progress.outcome == Completed("I have read the end of it.", BILLING)
    assert read[0].role == "user"
    assert read[0].text in {"ask 4", "ask 5"}
    assert read[-1].text == "and now?"
    assert LEFT_OUT in str(one.server.asked()[-1].body)


async def test_history_is_cut_between_whole_exchanges_so_that_no_server_refuses_it(spec: str) -> None:
    async with real(spec, history=2_000) as one:
        for number in range(5):
            look = Calls([("look", {"what": "it"})] * (1 + number % 2))
            progress = await one.asked(look, Text(f"answer {number} " * 90), text=f"ask {number}")
            assert isinstance(progress.outcome, Completed)
        first = one.server.asked()[-2]
        stored = str(await one.items())

    asked = [entry.text for entry in first.dialogue.entries if entry.role == "user"]
    assert asked == [f"ask {number}" for number in range(5 - len(asked), 5)]
    assert 1 < len(asked) < 5
    # Both calls of the run say that there was more, the session does not, and what was all there is says nothing.
    assert [str(sent.body).count(LEFT_OUT) for sent in one.server.asked()[-2:]] == [1, 1]
    assert LEFT_OUT not in stored + str([sent.body for sent in one.server.asked()[:4]])


async def test_one_giant_result_is_cut_for_the_model_at_once_and_kept_whole(spec: str) -> None:
    async with real(spec, history=2_000) as one:
        one.found = "begin " + "of it " * 30_000
        progress = await one.asked(Calls([("look", {"what": "it"})]), Text("I have seen it."), text="look")
        heard = one.server.asked()[-1].dialogue.entries[-1].text
        stored = [item["output"] for item in await one.items() if "output" in item]

    assert progress.outcome == Completed("I have seen it.", BILLING)
    assert heard.startswith("begin of it")
    assert "[cut here: 180006 characters in all" in heard
    assert len(heard) < 2_000
    assert stored == [one.found]


async def test_what_is_too_long_by_itself_is_said_to_be_and_asked_no_more(spec: str) -> None:
    async with real(spec) as one:
        await one.asked(Text("hello to you"))
        one.server.context_tokens = 1_000
        progress = await one.asked(text="much " * 2_000)

    assert progress.outcome == Failed(FailureKind.MODEL_REFUSED, "ref-1", end=ModelEnd.TOO_LONG)
    assert len(one.server.asked()) == 3


@pytest.mark.parametrize(
    "error",
    [
        HttpError(400, code="context_length_exceeded", message="Too much."),
        HttpError(413, message="Payload too large."),
        HttpError(400, message="prompt is too long: 210000 tokens > 200000 maximum"),
        Fail(code="context_length_exceeded"),
        HttpError(
            400, message="The input token count (1200000) exceeds the maximum number of tokens allowed."
        ),
        HttpError(
            400,
            message="Input tokens exceed the configured limit of 272000 tokens. Your messages are longer.",
        ),
        HttpError(400, code="string_above_max_length", message="Invalid 'input[3].content'."),
        HttpError(
            429, message="Request too large for gpt-5 on tokens per min (TPM): Limit 30000, Requested 45000."
        ),
    ],
)
async def test_servers_say_in_their_own_ways_that_it_is_too_long(spec: str, error: Step) -> None:
    async with real(spec) as one:
        await one.asked(Text("hello to you"))
        progress = await one.asked(error, Text("shorter"), text="again")

    assert progress.outcome == Completed("shorter", BILLING)
    assert [entry.text for entry in one.server.asked()[-1].dialogue.entries] == ["again"]


@pytest.mark.parametrize("written", ['{"what": ', '["a", "list"]', "no JSON at all", "null"])
async def test_a_call_of_a_reading_tool_that_is_no_json_is_an_error_to_the_model(
    spec: str, written: str
) -> None:
    async with real(spec) as one:
        progress = await one.asked(Calls([("look", written)]), Text("Let me try otherwise."))
        heard = one.server.asked()[-1].dialogue.entries[-1]

    assert progress.outcome == Completed("Let me try otherwise.", BILLING)
    assert one.looked == []
    assert heard.role == "output"
    assert "no JSON object" in heard.text
