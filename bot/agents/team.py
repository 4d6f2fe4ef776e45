"""The agents and who hands over to whom, built anew for each run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast

from agents import Agent, Model, ModelSettings, Tool, handoff
from agents.sandbox import SandboxAgent
from agents.sandbox.capabilities import Capability, Compaction, Filesystem, Shell
from agents.sandbox.capabilities.shell import ShellToolSet

from bot.agents.context import RunContext
from bot.agents.tools.approval import ApprovedTool

#: Names are stored with threads and in saved runs: renaming one closes the runs that wait.
TRIAGE, BILLING, DEVELOPER = "Triage", "Billing", "Developer"


@dataclass(frozen=True, slots=True)
class Voice:
    """The model an agent speaks with, and its settings."""

    model: Model
    settings: ModelSettings


@dataclass(frozen=True, slots=True)
class CodeKit:
    """What Developer is made of. `patches`: its model's API has the SDK's file tools and compaction."""

    voice: Voice
    shell: ApprovedTool
    patches: bool


@dataclass(frozen=True, slots=True)
class Kit:
    """What the agents are made of; safe to share between runs. Without `code` there is no Developer.

    `lookups` are what Triage answers from.
    """

    triage: Voice
    billing: Voice
    tools: Sequence[Tool]
    approved: Sequence[ApprovedTool]
    lookups: Sequence[Tool] = ()
    code: CodeKit | None = None


class Team:
    """One run's agents. `root` reaches every other, as loading a saved state requires."""

    def __init__(self, kit: Kit) -> None:
        self.root = Agent[RunContext](
            name=TRIAGE,
            handoff_description="Answers general questions and sends people to the right specialist.",
            instructions=_prompt("triage"),
            model=kit.triage.model,
            model_settings=kit.triage.settings,
            tools=[*kit.lookups],
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
        self._agents: dict[str, Agent[RunContext]] = {TRIAGE: self.root, BILLING: billing}
        if kit.code is not None:
            developer = self._developer(kit.code)
            self.root.handoffs.append(handoff(developer))
            self._agents[DEVELOPER] = developer

    def agent(self, name: str | None) -> Agent[RunContext]:
        """The agent that spoke last, or the root where that is not known (any more)."""
        return self._agents.get(name or TRIAGE, self.root)

    def _developer(self, kit: CodeKit) -> Agent[RunContext]:
        """Make the agent that works in a sandbox; the SDK wants a new one for each run."""

        def one_shot(tools: ShellToolSet) -> None:
            # The SDK's own types the command into a terminal: it waits ten seconds, and there is
            # no exit code (measured, see ADR 14).
            tools.exec_command = cast("Any", kit.shell.tool)
            tools.write_stdin = None

        capabilities: list[Capability] = [Shell(configure_tools=one_shot)]
        if kit.patches:
            capabilities += [Filesystem(), Compaction()]
        return SandboxAgent[RunContext](
            name=DEVELOPER,
            handoff_description="Works with attached files, data and code in a sandbox: analyses, charts, scripts.",
            base_instructions=_prompt("developer"),
            model=kit.voice.model,
            model_settings=kit.voice.settings,
            capabilities=capabilities,
            handoffs=[handoff(self.root)],
        )


def _prompt(name: str) -> str:
    return files("bot.agents").joinpath(f"{name}.md").read_text(encoding="utf-8")
