"""The cheap model that keeps notes of what a long conversation's models do not read any more."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from agents import Agent, AgentsException, Model, RunConfig, Runner
from openai import OpenAIError

from bot.agents.models import ModelSpec, settings
from bot.domain.budget_errors import BudgetError

log = logging.getLogger(__name__)

#: How it is called in what is counted.
NOTES: Final = "Notes"
#: Seconds for one try. Nobody waits for it but what comes next in the thread.
TIMEOUT: Final = 30.0
#: Tokens of an answer: what it is for is bounded again where it is kept.
LONGEST: Final = 2_000
#: What the SDK, its client, or what reads a server's answer raise, and what there is no money for.
FAILURES: Final = (
    *(AgentsException, OpenAIError, OSError, ValueError, LookupError, TypeError, AttributeError),
    BudgetError,
)
#: An empty answer makes the SDK ask a second time.
TURNS: Final = 2


@dataclass(frozen=True, slots=True)
class Noted:
    """New notes, and the tokens that they cost."""

    notes: str
    tokens: int


class NoteTaker:
    """Makes notes; holds nothing of any thread."""

    def __init__(self, model: Model, spec: ModelSpec, *, timeout: float = TIMEOUT) -> None:
        self._agent = Agent[Any](
            name=NOTES,
            instructions=files("bot.agents").joinpath("notes.md").read_text(encoding="utf-8"),
            model=model,
            model_settings=settings(spec, timeout=timeout, max_tokens=LONGEST),
        )

    async def write(self, notes: str, said: str) -> Noted | None:
        """The notes anew, with what was said since; None where the model fails, whatever it does."""
        given = f"Notes so far:\n{notes or '(none)'}\n\nSaid since:\n{said}"
        try:
            result = await Runner.run(
                self._agent, given, max_turns=TURNS, run_config=RunConfig(tracing_disabled=True)
            )
        except FAILURES as error:
            log.warning("no notes", extra={"error": type(error).__name__})
            return None
        written = str(result.final_output).strip()
        usage = result.context_wrapper.usage.total_tokens
        return Noted(written, usage) if written else None
