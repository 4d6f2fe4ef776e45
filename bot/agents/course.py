"""What a run goes through, for who decides which model it goes on with and whether it goes on at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bot.domain.approvals.approval import Ending
from bot.domain.tiers import Sign


@dataclass(slots=True)
class Course:
    """Noted while a run works: `agent` speaks, `ended` are calls of its present step, `signs` of a model not up to its task.

    `fallen` are agents that went on with their own model, as the frontier's is closed. `turns` are those of each agent, from the run's start on, in whichever process.
    """

    agent: str = ""
    ended: list[Ending] = field(default_factory=list[Ending])
    signs: list[Sign] = field(default_factory=list[Sign])
    fallen: list[str] = field(default_factory=list[str])
    turns: Counter[str] = field(default_factory=Counter[str])
