"""The behavioural cases, played by the demo's model as DeepSeek's two, and a wrong case is seen to fail."""

from __future__ import annotations

import pytest

from evals.judge import problems
from evals.stage import stage
from evals.trial import cases, tried, wrong
from tests.world import World

DEEPSEEK = {"OPENAI_API_KEY": ""}


@pytest.mark.unpaced
async def test_deepseek_flash_and_pro_do_what_every_case_wants_over_the_strict_chat_completions(
    world: World,
) -> None:
    async with stage(world, patience=120, **DEEPSEEK) as played:
        report = await tried(played, cases())
    assert wrong(report) == []
    for one in report.cases:  # no two want the same, so none is satisfied by what happened in another
        for other in report.cases:
            assert one.metadata is not None
            satisfied = not any(problems(one.metadata, other.output).values())
            assert satisfied == (one.name == other.name), f"{one.name} / {other.name}"
    assert {asked.path for asked in world.model.requests} == {"/v1/chat/completions"}
    assert {asked.model for asked in world.model.asked()} == {"deepseek-flash", "deepseek-v4-pro"}
    assert all(asked.body["stream"] for asked in world.model.asked())
    assert all(one.metrics["dollars"] > 0 for one in report.cases)
    table = report.render(width=200)
    assert "dollars" in table
    assert all(one.name.split()[0] in table for one in report.cases)


@pytest.mark.unpaced
async def test_deepseek_flash_alone_does_what_the_cases_of_code_tasks_want(world: World) -> None:
    """A specialist speaks with the frontier tier unless told otherwise, so that pro alone is a developer above."""
    of_code = cases()
    of_code.cases = [one for one in of_code.cases if one.inputs.sandbox and not one.inputs.files]
    assert {one.inputs.decides for one in of_code.cases} == {None, "approve", "reject"}
    async with stage(world, patience=120, SPECIALIST_MODELS='{"Developer":"economy"}', **DEEPSEEK) as played:
        report = await tried(played, of_code)
    assert wrong(report) == []
    assert {asked.path for asked in world.model.requests} == {"/v1/chat/completions"}
    assert {asked.model for asked in world.model.asked()} == {"deepseek-flash"}
    await world.swept(world.bridge)


async def test_a_machine_without_sandboxes_plays_the_other_cases() -> None:
    assert {one.inputs.sandbox for one in cases().cases} == {True, False}
    assert {one.inputs.sandbox for one in cases(with_sandbox=False).cases} == {False}
