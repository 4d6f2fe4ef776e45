"""A thread whose model changes between and within runs: other APIs, saved runs, and limits of turns."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from agents import Model

from bot.agents import snapshot
from bot.agents.context import Permit, RunContext
from bot.agents.course import Course
from bot.agents.engine import Engine, Limits
from bot.agents.guardrail import Guard
from bot.agents.handoffs import Handoffs, Kit, Member, Voice
from bot.agents.models import Models, ModelSpec, Provider, settings
from bot.agents.run_in_progress import RunInProgress
from bot.agents.team import Specialist
from bot.agents.tools.approval import approved_tool
from bot.domain.approvals.approval import canonical, digest
from bot.domain.ends import FailureKind
from bot.domain.run import Blocked, Completed, Failed, Interrupted
from bot.domain.tiers import Sign
from bot.store.sessions import StagedSession, Tail
from devkit.model.script import Calls, HttpError, Text
from devkit.model.server import ModelServer
from tests.factories import ANA, THREAD
from tests.unit.agents.test_engine import POLICY, Journal, drained, gone_on_with

FLASH, PRO, SOL = "deepseek:deepseek-flash", "deepseek:deepseek-v4-pro", "openai:gpt-6.1-sol"
PAY = Calls([("pay", {"amount": "29.00"})], text="I pay that.")


@pytest.fixture
async def server() -> AsyncGenerator[ModelServer]:
    made = ModelServer()
    await made.start()
    yield made
    await made.stop()


class Thread:
    """A session and its agents: Triage and Billing of one model, raised to another."""

    def __init__(self, server: ModelServer, usual: str, raised: str, *, max_turns: int | None = None) -> None:
        provider = Provider(server.url, "key")
        self.models = Models({"openai": provider, "deepseek": provider})
        self.session = StagedSession("s", self._nothing)
        self.saved: list[bytes] = []
        self.course = Course()

        async def pay(ctx: Any, amount: str) -> str:
            """Pay somebody."""
            return f"paid {amount}"

        tool = approved_tool(POLICY)(pay)
        billing = Specialist("Billing", "Moves money.", "You move money.", tools=[tool], max_turns=max_turns)
        own, up = self.voice(usual), self.voice(raised)
        guard = ModelSpec.parse(usual), ModelSpec.parse(raised)
        self.engine = Engine(
            Kit(own, [Member(billing, own, raised=up)], [tool], raised=up),
            Guard(self.model(usual), guard[0], failure="closed", second=(self.model(raised), guard[1])),
            Limits(10, 24_000),
            token=lambda: "ref-1",
        )

    async def _nothing(self) -> Tail:
        return Tail([])

    def model(self, spec: str) -> Model:
        return self.models.model(ModelSpec.parse(spec))

    def voice(self, spec: str) -> Voice:
        return Voice(self.model(spec), settings(ModelSpec.parse(spec)))

    async def checkpoint(self, saved: bytes) -> None:
        self.saved.append(saved)

    def context(self, calls: Sequence[str] = ()) -> RunContext:
        written = canonical({"amount": "29.00"})
        permits = {one: Permit("pay", digest("pay", written), written) for one in calls}
        self.course = Course()
        return RunContext(THREAD, ANA, None, Journal(), permits, course=self.course)

    async def run(self, text: str, *, agent: str = "Billing", is_raised: bool = False) -> RunInProgress:
        run = self.engine.run(
            text,
            agent=agent,
            session=self.session,
            context=self.context(),
            checkpoint=self.checkpoint,
            is_raised=is_raised,
        )
        return await drained(run)

    async def approve(self, run: RunInProgress, *, is_raised: bool) -> RunInProgress:
        assert isinstance(run.outcome, Interrupted), run.outcome
        assert run.snapshot is not None
        calls = [one.call_id for one in run.outcome.calls]
        resumed = await gone_on_with(
            self.engine,
            run.snapshot,
            decisions=dict.fromkeys(calls, True),
            session=self.session,
            context=self.context(calls),
            checkpoint=self.checkpoint,
            is_raised=is_raised,
        )
        return await drained(resumed)


@pytest.mark.parametrize(("usual", "raised"), [(FLASH, SOL), (SOL, FLASH), (FLASH, PRO)])
async def test_a_saved_run_and_its_session_are_gone_on_with_by_the_other_model_and_back(
    server: ModelServer, usual: str, raised: str
) -> None:
    thread = Thread(server, usual, raised)
    server.script(PAY, Text("Paid by the one."), PAY, Text("Paid by the other."), PAY, Text("And again."))
    for is_raised, said in ((True, "Paid by the one."), (False, "Paid by the other."), (True, "And again.")):
        run = await thread.run("pay 29", is_raised=not is_raised)
        run = await thread.approve(run, is_raised=is_raised)  # the run began with the other one
        assert run.outcome == Completed(said, "Billing")
    server.script(Text("Hello."))
    assert (await thread.run("hello", agent="Triage")).outcome == Completed("Hello.", "Triage")

    names = [asked.model for asked in server.asked()]
    own, up = (spec.partition(":")[2] for spec in (usual, raised))
    assert names == [own, up, up, own, own, up, own]
    await thread.models.close()


async def test_the_beginning_of_requests_is_the_same_whichever_model_reads_it(server: ModelServer) -> None:
    thread = Thread(server, FLASH, PRO)
    server.script(Text("one"), PAY, Text("two"), Text("three"))
    await thread.run("first")
    await thread.approve(await thread.run("second"), is_raised=True)
    await thread.run("third", is_raised=True)

    sent = [asked.body["messages"] for asked in server.asked()]
    for before, after in pairwise(sent):
        assert after[: len(before)] == before
    await thread.models.close()


@pytest.mark.parametrize("spec", [FLASH, SOL])
async def test_a_patch_that_was_made_over_responses_is_read_over_either_api(
    server: ModelServer, spec: str
) -> None:
    thread = Thread(server, spec, spec)
    patch: Any = {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": "*** Begin"}
    done: Any = {"type": "custom_tool_call_output", "call_id": "c1", "output": "Done."}
    seen: Any = [{"type": "input_image", "image_url": "data:image/png;base64,AA=="}]
    look: Any = {"type": "function_call", "call_id": "c2", "name": "view_image", "arguments": "{}"}
    looked: Any = {"type": "function_call_output", "call_id": "c2", "output": seen}
    person: Any = {"role": "user", "content": "mend it"}
    await thread.session.add_items(
        [person, {"type": "compaction", "encrypted_content": "x"}] if spec == FLASH else [person]
    )
    await thread.session.add_items([patch, done, look, looked])
    server.script(Text("Mended."))
    assert (await thread.run("and?")).outcome == Completed("Mended.", "Billing")
    assert "*** Begin" in str(server.asked()[0].body)
    await thread.models.close()


async def test_a_check_in_doubt_has_the_frontier_judge_and_then_answer(server: ModelServer) -> None:
    thread = Thread(server, FLASH, SOL)
    unsure, ok, bad = (
        Text(f'{{"label": "{label}", "reason": "x"}}') for label in ("unsure", "ok", "injection")
    )
    server.script_guard(unsure, ok)
    server.script(Text("Hello."))
    assert (await thread.run("hm", agent="Triage")).outcome == Completed("Hello.", "Triage")
    assert thread.course.signs == [Sign.GUARD_IN_DOUBT]
    assert [asked.model for asked in server.asked()] == ["gpt-6.1-sol"]
    assert [asked.model for asked in server.asked(guard=True)] == ["deepseek-flash", "gpt-6.1-sol"]

    for second in (bad, unsure):
        server.script_guard(unsure, second)
        assert isinstance((await thread.run("hm")).outcome, Blocked)
    assert len(server.asked()) == 1
    await thread.models.close()


@pytest.mark.parametrize("call", [("pay", "{"), ("no_such_tool", "[1]")])
async def test_a_malformed_call_is_a_sign(server: ModelServer, call: tuple[str, str]) -> None:
    thread = Thread(server, FLASH, SOL)
    server.script(Calls([call]), Text("Sorry."))
    await thread.run("pay")
    assert thread.course.signs == [Sign.MALFORMED]
    await thread.models.close()


async def test_a_specialist_takes_so_many_turns_in_a_run_over_approvals_too(server: ModelServer) -> None:
    thread = Thread(server, FLASH, SOL, max_turns=2)
    server.script(PAY, PAY, Text("never said"))
    run = await thread.approve(await thread.run("pay twice"), is_raised=False)
    assert run.snapshot is not None
    assert snapshot.turns_of(run.snapshot) == {"Billing": 2}
    run = await thread.approve(run, is_raised=False)
    assert isinstance(run.outcome, Failed)
    assert run.outcome.failure is FailureKind.TOO_LONG
    assert len(server.asked()) == 2
    await thread.models.close()


def test_a_limit_that_lets_nobody_speak_is_refused() -> None:
    with pytest.raises(ValueError, match="Billing may make 0 turns"):
        Specialist("Billing", "Moves money.", "You move money.", max_turns=0)


@pytest.mark.parametrize(("usual", "raised"), [(FLASH, SOL), (SOL, FLASH), (FLASH, PRO)])
async def test_where_the_frontiers_model_is_gone_a_raised_run_goes_on_with_its_own(
    server: ModelServer, usual: str, raised: str
) -> None:
    thread = Thread(server, usual, raised)
    gone = HttpError(404, code="model_not_found")
    server.script(gone, Calls([("nobody_has_this", {})]), PAY, gone, Text("Paid."))
    run = await thread.run("pay 29", is_raised=True)
    assert thread.course.fallen == ["Billing"]
    assert (await thread.approve(run, is_raised=True)).outcome == Completed("Paid.", "Billing")

    own, up = (spec.partition(":")[2] for spec in (usual, raised))
    assert [asked.model for asked in server.asked()] == [up, own, own, up, own]  # once for each run
    await thread.models.close()


@pytest.mark.parametrize(
    ("is_raised", "status", "failure"),
    [(False, 404, FailureKind.MODEL_CLOSED), (True, 400, FailureKind.INTERNAL)],
)
async def test_nothing_else_that_fails_is_asked_of_another_model(
    server: ModelServer, is_raised: bool, status: int, failure: FailureKind
) -> None:
    thread = Thread(server, SOL, PRO)
    server.script(HttpError(status), Text("never"))
    run = await thread.run("hello", is_raised=is_raised)

    assert isinstance(run.outcome, Failed)
    assert run.outcome.failure is failure
    assert thread.course.fallen == []
    assert len(server.asked()) == 1
    await thread.models.close()


async def test_a_raised_agent_is_known_by_the_name_of_the_frontiers_model(server: ModelServer) -> None:
    thread = Thread(server, FLASH, SOL)
    own, up = thread.voice(FLASH), thread.voice(SOL)
    raised = Handoffs(Kit(own, [], [], raised=up), is_raised=True).root.model

    assert getattr(raised, "model", "") == "gpt-6.1-sol"
    await thread.models.close()
