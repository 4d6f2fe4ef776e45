"""`python -m bench.bare_sdk URL responses|chat`: the SDK alone, as somebody would write it who wants nothing kept.

The same agents, instructions and tools as the bot's support team, the same check of each message as a guardrail, and
so the same requests; the SDK's own models, and its session in memory. For each line `{"text": …, "times": …}` it
answers the message so often, in new conversations, and tells the seconds of the processor and those until the first word.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from importlib.resources import files
from typing import Any

import uvloop
from agents import (
    Agent,
    FunctionTool,
    GuardrailFunctionOutput,
    InputGuardrail,
    Model,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    SQLiteSession,
    handoff,
)
from openai import AsyncOpenAI

from bot.agents.team import TRIAGE, Team
from bot.agents.tools.docs import Documents, search_tool
from bot.agents.tools.pages import Pages, page_tool
from countersign.teams import support
from countersign.teams.support.settings import SupportSettings
from devkit.demo_settings import DOCS

AT_ONCE = 4


class Alone:
    """The agents, and what is said to them."""

    def __init__(self, url: str, api: str) -> None:
        client = AsyncOpenAI(api_key="devkit", base_url=url)
        self._is_chat = api == "chat"
        self._settings = ModelSettings(include_usage=True if self._is_chat else None)
        self._model: Model = (
            OpenAIChatCompletionsModel("deepseek-flash", client)
            if self._is_chat
            else OpenAIResponsesModel("gpt-6-luna", client)
        )
        self.agent = self._agents(support.team(SupportSettings(_env_file=None)))  # pyright: ignore[reportCallIssue]
        self._numbers = itertools.count()

    def approved(self, tool: FunctionTool) -> FunctionTool:
        """A tool that may wait for people."""
        return tool

    def _agents(self, team: Team[Any]) -> Agent[None]:
        words = files("bot.agents")
        voice: dict[str, Any] = {"model": self._model, "model_settings": self._settings}
        triage = Agent[None](
            name=TRIAGE,
            instructions="\n\n".join((words.joinpath("triage.md").read_text("utf-8"), team.about)),
            tools=[page_tool(Pages()), search_tool(Documents(DOCS))],
            input_guardrails=[self._guard(words.joinpath("guard.md").read_text("utf-8"))],
            **voice,
        )
        for one in team.specialists:
            tools = [*one.plain, *(self.approved(approved.tool) for approved in one.approved)]
            agent = Agent[None](name=one.name, instructions=one.instructions, tools=tools, **voice)
            agent.handoff_description, agent.handoffs = one.hand_over_when, [handoff(triage)]
            triage.handoffs.append(handoff(agent))
        return triage

    def _guard(self, instructions: str) -> InputGuardrail[None]:
        body = {"response_format": {"type": "json_object"}} if self._is_chat else None
        settings = ModelSettings(extra_body=body)
        guard = Agent[None](
            name="Guard", instructions=instructions, model=self._model, model_settings=settings
        )

        async def check(_context: Any, _agent: Any, given: Any) -> GuardrailFunctionOutput:
            said = given if isinstance(given, str) else given[-1]["content"]
            result = await Runner.run(guard, said, run_config=RunConfig(tracing_disabled=True))
            label = json.loads(result.final_output)["label"]
            return GuardrailFunctionOutput(label, tripwire_triggered=label != "ok")

        return InputGuardrail(guardrail_function=check, run_in_parallel=False)

    async def answer(self, text: str) -> float:
        """Let them answer; the seconds until the first word."""
        began, first = time.perf_counter(), 0.0
        session = SQLiteSession(str(next(self._numbers)))
        result = Runner.run_streamed(
            self.agent, text, session=session, run_config=RunConfig(tracing_disabled=True)
        )
        async for event in result.stream_events():
            if (
                not first
                and event.type == "raw_response_event"
                and event.data.type == "response.output_text.delta"
            ):
                first = time.perf_counter() - began
        session.close()
        return first

    async def answers(self, text: str, times: int, at_once: int) -> dict[str, Any]:
        """Let them answer so often, some at a time."""
        gate, began = asyncio.Semaphore(at_once), time.process_time()

        async def one() -> float:
            async with gate:
                return await self.answer(text)

        firsts = await asyncio.gather(*(one() for _ in range(times)))
        return {"seconds": time.process_time() - began, "firsts": firsts}


async def main() -> None:
    """Answer each line."""
    alone = Alone(sys.argv[1], sys.argv[2])
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(line)
        told = await alone.answers(asked["text"], asked["times"], asked.get("at_once", AT_ONCE))
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
