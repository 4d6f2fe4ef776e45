"""The check of a message before any agent reads it: one classifier, whose failures decide nothing by themselves."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
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
from bot.domain.budget_errors import BudgetError
from bot.domain.errors import Starved
from bot.domain.resources import is_shortage
from bot.telemetry.metrics import Metrics

log = logging.getLogger(__name__)

#: Seconds for one try of a classification.
TIMEOUT: Final = 30.0
#: What the classifier is called.
GUARD: Final = "Guard"
#: An empty answer makes the SDK ask a second time.
TURNS: Final = 2


class Verdict(StrEnum):
    """What the classifier made of a message."""

    OK = "ok"
    DOUBT = "unsure"
    INJECTION = "injection"
    UNAVAILABLE = "unavailable"


class How(StrEnum):
    """How a verdict came about: by a classifier's word, by a second one's, or by none that could be read."""

    JUDGED = "judged"
    JUDGED_AGAIN = "judged_again"
    UNREADABLE = "unreadable"
    UNANSWERED = "unanswered"


#: A model with what it is called, for requests.
Judge = tuple[Model, ModelSpec]


class Guard:
    """Classifies messages. Where the classifier cannot tell, `second` is asked; where that fails, `failure` says which side to
    fall to.
    """

    def __init__(
        self,
        model: Model,
        spec: ModelSpec,
        *,
        failure: Literal["open", "closed"],
        timeout: float = TIMEOUT,
        second: Judge | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._first = _agent(model, spec, timeout)
        self._second = _agent(*second, timeout) if second else None
        self._failure = failure
        self._metrics = metrics or Metrics()

    async def check(self, text: str) -> Verdict:
        """Judge a message. `UNAVAILABLE` is returned only where failing means refusing, `DOUBT` for what may be read all the same.

        Raises `Starved` where this process had no means to ask, `BudgetError` where there is no money for it.
        """
        verdict, how = await self._judged(text)
        self._metrics.guarded(verdict, how)
        return verdict

    async def _judged(self, text: str) -> tuple[Verdict, How]:
        said = await self._asked(self._first, text)
        how = How.JUDGED
        if said is Verdict.DOUBT and self._second is not None:
            how, said = How.JUDGED_AGAIN, await self._asked(self._second, text)
            if said is Verdict.OK:
                return Verdict.DOUBT, how
        if isinstance(said, How):
            return self._without_a_word(), said
        if said is Verdict.DOUBT and self._failure == "closed":
            return Verdict.INJECTION, how
        return said, how

    def _without_a_word(self) -> Verdict:
        return Verdict.OK if self._failure == "open" else Verdict.UNAVAILABLE

    async def _asked(self, agent: Agent[Any], text: str) -> Verdict | How:
        """What a classifier says; where it fails, how."""
        try:
            result = await Runner.run(
                agent, text, max_turns=TURNS, run_config=RunConfig(tracing_disabled=True)
            )
            return read_verdict(str(result.final_output))
        except BudgetError:
            raise
        except Exception as error:
            if is_shortage(error):
                raise Starved from error
            # Whatever the classifier's server or answer does, the setting decides, not the error.
            log.warning("guard failed", extra={"error": type(error).__name__})
            return How.UNREADABLE if isinstance(error, ValueError) else How.UNANSWERED

    def guardrail(self, in_doubt: Callable[[], None] = lambda: None) -> InputGuardrail[Any]:
        """The blocking guardrail for a run; `in_doubt` is called before a message is read that it was in doubt about."""

        async def run(
            _context: RunContextWrapper[Any], _agent: Agent[Any], given: str | list[TResponseInputItem]
        ) -> GuardrailFunctionOutput:
            verdict = await self.check(latest(given))
            if verdict is Verdict.DOUBT:
                in_doubt()
            is_refused = verdict not in {Verdict.OK, Verdict.DOUBT}
            return GuardrailFunctionOutput(output_info=verdict.value, tripwire_triggered=is_refused)

        return InputGuardrail(guardrail_function=run, name="guard", run_in_parallel=False)


def _agent(model: Model, spec: ModelSpec, timeout: float) -> Agent[Any]:
    # DeepSeek takes no json_schema; in the body its json_object overrides what the SDK sends.
    body = None if spec.speaks_responses else {"response_format": {"type": "json_object"}}
    return Agent[Any](
        name=GUARD,
        instructions=files("bot.agents").joinpath("guard.md").read_text(encoding="utf-8"),
        model=model,
        model_settings=settings(spec, timeout=timeout, extra_body=body),
    )


def latest(given: str | list[TResponseInputItem]) -> str:
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
    if label not in {Verdict.OK, Verdict.DOUBT, Verdict.INJECTION}:
        raise ValueError("no such label")
    return Verdict(label)
