"""Whom a message is for, where the rules leave it open: one call of the model that checks messages, bounded in time."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

from agents import Agent, Model, RunConfig, Runner

from bot.agents.models import ModelSpec, settings
from bot.domain.errors import Starved
from bot.domain.overheard import LONGEST, Said
from bot.domain.resources import is_shortage

log = logging.getLogger(__name__)

ADDRESSEE: Final = "Addressee"
#: Seconds until it is given up, all tries together: who waits for an answer waits so much longer.
PATIENCE: Final = 10.0


class Addressee:
    """Asks the model. Its answer opens nothing: it only says whether a message is answered or kept silent about."""

    def __init__(self, model: Model, spec: ModelSpec, *, patience: float = PATIENCE) -> None:
        body = None if spec.speaks_responses else {"response_format": {"type": "json_object"}}
        self._agent = Agent[Any](
            name=ADDRESSEE,
            instructions=files("bot.agents").joinpath("addressee.md").read_text(encoding="utf-8"),
            model=model,
            model_settings=settings(spec, timeout=patience, extra_body=body),
        )
        self._patience = patience

    async def judged(
        self, latest: Said, *, answered: str, said: str, since: Sequence[Said]
    ) -> tuple[bool | None, int]:
        """Tell whether a message is for the assistant, and how many tokens that took; None where nobody could say in time.

        Raises `Starved` where this process had no means to ask.
        """
        asked, tokens = as_asked(latest, answered=answered, said=said, since=since), 0
        try:
            async with asyncio.timeout(self._patience):
                result = await Runner.run(
                    self._agent, asked, max_turns=1, run_config=RunConfig(tracing_disabled=True)
                )
            tokens = result.context_wrapper.usage.total_tokens
            return read_addressee(str(result.final_output)), tokens
        except Exception as error:
            if is_shortage(error):
                raise Starved from error
            log.warning("addressee not known", extra={"error": type(error).__name__})
            return None, tokens


def as_asked(latest: Said, *, answered: str, said: str, since: Sequence[Said]) -> str:
    """What the model reads: JSON, so that no words of a person can be taken for anything else. People are numbers in it."""
    people = list(dict.fromkeys([answered, *(one.user for one in since), latest.user]))

    def by(user: str) -> str:
        return f"person {people.index(user) + 1}"

    read = {
        "assistant_said": said[-LONGEST:],
        "answered": by(answered) if answered else "nobody",
        "since": [{"by": by(one.user), "text": one.text} for one in since],
        "latest": {"by": by(latest.user), "text": latest.text, "files": list(latest.files)},
    }
    return json.dumps(read, ensure_ascii=False)


def read_addressee(answer: str) -> bool:
    """Read the JSON, in a fence or not; raises `ValueError` for anything else."""
    start, end = answer.find("{"), answer.rfind("}")
    found: dict[str, Any] = json.loads(answer[start : end + 1])
    addressee = str(found.get("addressee"))
    if addressee not in {"assistant", "people"}:
        raise ValueError("no such addressee")
    return addressee == "assistant"
