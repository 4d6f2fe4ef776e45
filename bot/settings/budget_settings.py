"""What is wrong with budgets as they are set, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.domain.budget import LARGEST
from bot.settings.config import Settings

_DOLLARS: Final = f"dollars such as 0.40, more than 0, up to {LARGEST}, or empty for no budget"
#: The form of each setting.
FORMS: Final = {
    "budget_per_run": _DOLLARS,
    "budget_per_person_day": _DOLLARS,
    "budget_per_channel_day": _DOLLARS,
    "budget_per_day": _DOLLARS,
    "budget_role": "the name of a role of APPROVERS",
    "budget_answer_tokens": "a whole number from 500 to 1000000",
}


def problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield what keeps budgets from being kept: people who could let a run go on must be named."""
    if settings.budgets.by_scope() and not settings.approvers.get(settings.budget_role):
        yield (
            "budget_role",
            "BUDGET_ROLE: APPROVERS lists nobody for it, so no run could go on beyond its budget.",
        )
