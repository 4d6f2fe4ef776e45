"""The agents and who hands over to whom, built anew for each run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from agents import Agent, Model, ModelSettings, Tool, handoff

from bot.agents.context import RunContext
from bot.agents.tools.approval import ApprovedTool

#: Names are stored with threads and in saved runs: renaming one closes the runs that wait.
TRIAGE, BILLING = "Triage", "Billing"


@dataclass(frozen=True, slots=True)
class Voice:
    """The model an agent speaks with, and its settings."""

    model: Model
    settings: ModelSettings


@dataclass(frozen=True, slots=True)
class Kit:
    """What the agents are made of; safe to share between runs."""

    triage: Voice
    billing: Voice
    tools: Sequence[Tool]
    approved: Sequence[ApprovedTool]


class Team:
    """One run's agents. `root` reaches every other, as loading a saved state requires."""

    def __init__(self, kit: Kit) -> None:
        self.root = Agent[RunContext](
            name=TRIAGE,
            handoff_description="Answers general questions and sends people to the right specialist.",
            instructions=_prompt("triage"),
            model=kit.triage.model,
            model_settings=kit.triage.settings,
        )
        billing = Agent[RunContext](
            name=BILLING,
            handoff_description="Looks up invoices and makes refunds.",
            instructions=_prompt("billing"),
            model=kit.billing.model,
            model_settings=kit.billing.settings,
            tools=[*kit.tools, *(approved.tool for approved in kit.approved)],
            handoffs=[handoff(self.root)],
        )
        self.root.handoffs.append(handoff(billing))
        self._agents: Mapping[str, Agent[RunContext]] = {TRIAGE: self.root, BILLING: billing}

    def agent(self, name: str | None) -> Agent[RunContext]:
        """The agent that spoke last, or the root where that is not known (any more)."""
        return self._agents.get(name or TRIAGE, self.root)


def _prompt(name: str) -> str:
    return files("bot.agents").joinpath(f"{name}.md").read_text(encoding="utf-8")
