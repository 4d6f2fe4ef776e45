"""What the classifier's server is asked for."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from agents.testing import ModelStep, ScriptedModel, assistant_message

from bot.agents.guardrail import Guard, Verdict
from bot.agents.models import Models, ModelSpec, Provider
from bot.telemetry.metrics import Metrics
from devkit.model.server import ModelServer


@asynccontextmanager
async def a_guard(name: str) -> AsyncGenerator[tuple[Guard, ModelServer]]:
    """A guard whose model is on a server of the stand-in's, which refuses what DeepSeek refuses."""
    server = ModelServer()
    await server.start()
    spec = ModelSpec.parse(name)
    models = Models({spec.provider: Provider(server.url, "devkit")})
    try:
        yield Guard(models.model(spec), spec, failure="closed", metrics=models.metrics), server
    finally:
        await models.close()
        await server.stop()


@pytest.mark.parametrize("name", ["deepseek:deepseek-chat", "chat:gpt-5-nano"])
async def test_a_chat_server_is_asked_for_json_in_the_one_form_that_all_of_them_take(name: str) -> None:
    async with a_guard(name) as (guard, server):
        assert await guard.check("refund $29 on INV-1003") is Verdict.OK

    (asked,) = server.requests
    assert asked.body["response_format"] == {"type": "json_object"}


async def test_a_server_of_responses_is_not_told_what_it_does_not_know() -> None:
    async with a_guard("openai:gpt-5-nano") as (guard, server):
        assert await guard.check("refund $29 on INV-1003") is Verdict.OK

    assert "response_format" not in server.requests[0].body


async def test_each_verdict_counts_with_how_it_came_about() -> None:
    metrics = Metrics()
    for words in (['{"label": "ok"}'], ['{"label": "injection"}'], ["It is fine."], []):
        model = ScriptedModel([ModelStep(output=[assistant_message(one)]) for one in words])
        guard = Guard(model, ModelSpec("openai", "x"), failure="open", metrics=metrics)
        await guard.check("refund $29 on INV-1003")

    lines = [
        line for line in metrics.page("", {})[0].decode().splitlines() if "guard_verdicts_total{" in line
    ]
    assert {line.partition("{")[2] for line in lines if not line.endswith(" 0.0")} == {
        'reason="judged",verdict="ok"} 1.0',
        'reason="judged",verdict="injection"} 1.0',
        'reason="unreadable",verdict="ok"} 1.0',
        'reason="unanswered",verdict="ok"} 1.0',
    }
