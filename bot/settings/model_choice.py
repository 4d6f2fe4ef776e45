"""Which model each use gets: the one that was named, else one that a key which is there can pay for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

#: When the names below were the providers' current ones. Sources: https://platform.openai.com/docs/models and
#: https://api-docs.deepseek.com/quick_start/pricing. A test sees that a price is known for each.
AS_OF: Final = date(2026, 11, 27)
#: What is chosen by keys alone, by provider: for much and for what is hard, and the smallest for checks.
ECONOMY: Final = {"openai": "openai:gpt-6-luna", "deepseek": "deepseek:deepseek-flash"}
FRONTIER: Final = {"openai": "openai:gpt-6.1-sol", "deepseek": "deepseek:deepseek-v4-pro"}
CHECKS: Final = {"deepseek": "deepseek:deepseek-flash", "openai": "openai:gpt-6-luna"}


@dataclass(frozen=True, slots=True)
class ModelNames:
    """The model of each use as `provider:name`, or "" where none is named."""

    triage: str
    economy: str
    frontier: str
    guard: str
    notes: str = ""


def choose_models(named: ModelNames, *, openai: bool, deepseek: bool) -> ModelNames:
    """Fill in the models that are not named, by whose keys are there; "" is left where none can be chosen."""
    there = {name for name, is_there in (("openai", openai), ("deepseek", deepseek)) if is_there}

    def of(table: dict[str, str]) -> str:
        return next((model for provider, model in table.items() if provider in there), "")

    economy = named.economy or named.triage or of(ECONOMY)
    triage = named.triage or economy
    return ModelNames(
        triage=triage,
        economy=economy,
        frontier=named.frontier or of(FRONTIER),
        guard=named.guard or of(CHECKS),
        # Triage reads all of a conversation anyway: so nobody else does.
        notes=named.notes or triage,
    )
