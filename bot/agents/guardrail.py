"""The check of a message before any agent reads it: one classifier, and it never raises."""

from __future__ import annotations

import json
import logging
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final, Literal

from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrail,
    Model,
    RunConfig,
    RunContextWrapper,
    Runner,
    TResponseInputItem,
)

from bot.agents.models import ModelSpec, settings

log = logging.getLogger(__name__)

#: An empty answer makes the SDK ask a second time.
TURNS: Final = 2


class Verdict(StrEnum):
    """What the classifier made of a message."""

    OK = "ok"
    INJECTION = "injection"
    UNAVAILABLE = "unavailable"


class Guard:
    """Classifies messages. Where the classifier fails, `failure` says which side to fall to."""

    def __init__(self, model: Model, spec: ModelSpec, *, failure: Literal["open", "closed"]) -> None:
        # DeepSeek takes no json_schema; in the body its json_object overrides what the SDK sends.
        body = None if spec.speaks_responses else {"response_format": {"type": "json_object"}}
        self._agent = Agent[Any](
            name="Guard",
            instructions=files("bot.agents").joinpath("guard.md").read_text(encoding="utf-8"),
            model=model,
            model_settings=settings(spec, extra_body=body),
        )
        self._failure = failure

    async def check(self, text: str) -> Verdict:
        """Judge a message. `UNAVAILABLE` is returned only where failing means refusing."""
        try:
            result = await Runner.run(
                self._agent, text, max_turns=TURNS, run_config=RunConfig(tracing_disabled=True)
            )
            return read_verdict(str(result.final_output))
        except Exception as error:
            # Whatever the classifier's server or answer does, the setting decides, not the error.
            log.warning("guard failed", extra={"error": type(error).__name__})
            return Verdict.OK if self._failure == "open" else Verdict.UNAVAILABLE

    def guardrail(self) -> InputGuardrail[Any]:
        """The blocking guardrail for a run."""

        async def run(
            _context: RunContextWrapper[Any], _agent: Agent[Any], given: str | list[TResponseInputItem]
        ) -> GuardrailFunctionOutput:
            verdict = await self.check(_latest(given))
            return GuardrailFunctionOutput(
                output_info=verdict.value, tripwire_triggered=verdict is not Verdict.OK
            )

        return InputGuardrail(guardrail_function=run, name="guard", run_in_parallel=False)


def _latest(given: str | list[TResponseInputItem]) -> str:
    """The person's newest words: what stands before them was judged before."""
    if isinstance(given, str):
        return given
    for item in reversed(given):
        if isinstance(item, dict) and item.get("role") == "user":  # pyright: ignore[reportUnnecessaryIsInstance]
            content = item.get("content")
            return content if isinstance(content, str) else json.dumps(content)
    return ""


def read_verdict(answer: str) -> Verdict:
    """Read the classifier's JSON, in a fence or not; raises `ValueError` for anything else."""
    start, end = answer.find("{"), answer.rfind("}")
    found: dict[str, Any] = json.loads(answer[start : end + 1])
    label = str(found.get("label"))
    if label not in {Verdict.OK, Verdict.INJECTION}:
        raise ValueError("no such label")
    return Verdict(label)
