"""The agents and who hands over to whom, built anew for each run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, cast

from agents import Agent, Model, ModelSettings, Tool, handoff
from agents.sandbox import SandboxAgent
from agents.sandbox.capabilities import Capability, Compaction, Filesystem, Shell
from agents.sandbox.capabilities.shell import ShellToolSet

from bot.agents.context import RunContext
from bot.agents.raised_model import RaisedModel
from bot.agents.team import TRIAGE, Specialist
from bot.agents.tools.approval import ApprovedTool
from bot.agents.tools.readable import readable


@dataclass(frozen=True, slots=True)
class Voice:
    """The model an agent speaks with, and its settings."""

    model: Model
    settings: ModelSettings


@dataclass(frozen=True, slots=True)
class Member:
    """A specialist with its voice, and the one it is raised to, if any. `patches`: the API of its models has the SDK's file tools
    and compaction.
    """

    specialist: Specialist
    voice: Voice
    patches: bool = False
    raised: Voice | None = None


@dataclass(frozen=True, slots=True)
class Kit:
    """What the agents are made of; safe to share between runs.

    `lookups` are what Triage answers from, and `about` is what its team adds to what it knows. Without a `shell`
    nobody works in a sandbox, and who would is not there. `steps` are the words for tools' calls, by name. `raised` is what
    Triage is raised to.
    """

    triage: Voice
    members: Sequence[Member]
    approved: Sequence[ApprovedTool]
    lookups: Sequence[Tool] = ()
    about: str = ""
    shell: ApprovedTool | None = None
    steps: Mapping[str, str] = field(default_factory=dict[str, str])
    raised: Voice | None = None

    def rises(self, agent: str | None) -> bool:
        """Whether an agent has another voice once its thread is raised; the one of an unknown name is Triage."""
        return self.raised_voices.get(agent or TRIAGE, self.raised) is not None

    @property
    def raised_voices(self) -> dict[str, Voice | None]:
        """What each agent is raised to, if anything."""
        return {TRIAGE: self.raised} | {one.specialist.name: one.raised for one in self.members}

    @property
    def turns(self) -> dict[str, int]:
        """How many turns an agent may take in a run, where it has a limit of its own."""
        limits = {one.specialist.name: one.specialist.max_turns for one in self.members}
        return {name: most for name, most in limits.items() if most is not None}


class Handoffs:
    """One run's agents, with the voices of the frontier where `is_raised`. `root` reaches every other, as loading a saved
    state requires.
    """

    def __init__(self, kit: Kit, *, is_raised: bool = False) -> None:
        self._kit = kit
        #: Agents that were raised to a model which is closed.
        self.fallen: list[str] = []
        self.root = Agent[RunContext](
            name=TRIAGE,
            handoff_description="Answers general questions and sends people to the right specialist.",
            instructions="\n\n".join(filter(None, (_prompt("triage"), kit.about))),
            model=kit.triage.model,
            model_settings=kit.triage.settings,
            tools=[readable(tool) for tool in kit.lookups],
        )
        self._agents: dict[str, Agent[RunContext]] = {TRIAGE: self.root}
        for member in kit.members:
            agent = self._in_sandbox(member) if member.specialist.sandbox else self._agent(member)
            self.root.handoffs.append(handoff(agent))
            self._agents[agent.name] = agent
        if is_raised:
            self.rise()

    def rise(self) -> None:
        """Give every agent the voice it is raised to; before its first word, so that no request of a run is begun with two."""
        own = {TRIAGE: self._kit.triage} | {one.specialist.name: one.voice for one in self._kit.members}
        for name, voice in self._kit.raised_voices.items():
            if voice is not None and name in self._agents:
                of = (own[name].model, own[name].settings, self.fallen)
                self._agents[name].model = RaisedModel(name, voice.model, *of)
                self._agents[name].model_settings = voice.settings

    def agent(self, name: str | None) -> Agent[RunContext]:
        """The agent that spoke last, or the root where that is not known (any more)."""
        return self._agents.get(name or TRIAGE, self.root)

    def _agent(self, member: Member) -> Agent[RunContext]:
        return Agent[RunContext](
            name=member.specialist.name,
            handoff_description=member.specialist.hand_over_when,
            instructions=member.specialist.instructions,
            model=member.voice.model,
            model_settings=member.voice.settings,
            tools=self._tools(member),
            handoffs=[handoff(self.root)],
        )

    def _tools(self, member: Member) -> list[Tool]:
        names = {tool.tool.name for tool in member.specialist.approved}
        return [
            *map(readable, member.specialist.plain),
            *(one.tool for one in self._kit.approved if one.tool.name in names),
        ]

    def _in_sandbox(self, member: Member) -> Agent[RunContext]:
        """Make an agent that works in a sandbox; the SDK wants a new one for each run."""
        shell = self._kit.shell
        if shell is None:
            raise ValueError(f"{member.specialist.name} works in a sandbox, and there is none")

        def one_shot(tools: ShellToolSet) -> None:
            # The SDK's own types the command into a terminal: it waits ten seconds, and there is
            # no exit code (measured, see ADR 14).
            tools.exec_command = cast("Any", shell.tool)
            tools.write_stdin = None

        capabilities: list[Capability] = [Shell(configure_tools=one_shot)]
        if member.patches:
            capabilities += [Filesystem(), Compaction()]
        return SandboxAgent[RunContext](
            name=member.specialist.name,
            handoff_description=member.specialist.hand_over_when,
            base_instructions=member.specialist.instructions,
            model=member.voice.model,
            model_settings=member.voice.settings,
            capabilities=capabilities,
            tools=self._tools(member),
            handoffs=[handoff(self.root)],
        )


def _prompt(name: str) -> str:
    return files("bot.agents").joinpath(f"{name}.md").read_text(encoding="utf-8")
