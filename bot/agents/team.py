"""A team of agents as its author declares it: specialists, their tools and policies, what these share. Pure data."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic

from agents import FunctionTool, Tool
from typing_extensions import TypeVar

from bot.agents.mcp.report_rows import RemoteTool
from bot.agents.step_words import checked_step
from bot.agents.tools.approval import ApprovedTool
from bot.agents.tools.plain import put_before
from bot.domain.approvals.policy import Policy
from bot.domain.finding import Finding
from bot.domain.tiers import Tier

#: Who answers first, in every team. Stored with threads, as all names of agents are.
TRIAGE: Final = "Triage"

S = TypeVar("S", default=None)


@dataclass(frozen=True, slots=True)
class Specialist:
    """One agent of a team.

    `name` is shown in Slack and stored with threads: renaming a specialist closes the runs that wait for it.
    `hand_over_when` tells the other agents what it is for, in a sentence. `instructions` is its prompt, in Markdown.
    `policies` puts people before plain tools of the SDK, by the tool's name. With `sandbox` it can run commands.
    `steps` are the words that the thread shows of a tool's calls, by its name, with arguments in them: "Looking up
    {invoice_id}". A tool without any has its title, or words made of its name. `tier` says which of the operator's models it
    speaks with; one of the economy tier goes up for a while where that visibly fails (`bot/domain/tiers.py`). `max_turns` are the
    model calls it may make in one run, below what MAX_TURNS allows all agents together; None for no limit of its own.

    Raises `ValueError` for a name that another agent has, for less than one turn, for a policy or a step whose tool is not among the tools, and
    for a step that is no short line or names an argument which its tool lacks.
    """

    name: str
    hand_over_when: str
    instructions: str
    tier: Tier = Tier.FRONTIER
    tools: Sequence[Tool | ApprovedTool] = ()
    policies: Mapping[str, Policy] = field(default_factory=dict[str, Policy])
    sandbox: bool = False
    steps: Mapping[str, str] = field(default_factory=dict[str, str])
    max_turns: int | None = None

    def __post_init__(self) -> None:
        if self.max_turns is not None and self.max_turns < 1:
            raise ValueError(f"{self.name} may make {self.max_turns} turns, so it could never answer")
        if self.name == TRIAGE or not self.name.strip():
            raise ValueError(f"a specialist cannot be called {self.name!r}")
        plain = {tool.name for tool in self.tools if isinstance(tool, FunctionTool)}
        if unknown := sorted(set(self.policies) - plain):
            raise ValueError(
                f"{self.name} has a policy for {', '.join(unknown)}, which is no plain tool of it"
            )
        self._check_steps()

    def _check_steps(self) -> None:
        own = [tool.tool if isinstance(tool, ApprovedTool) else tool for tool in self.tools]
        known = {tool.name: tool.params_json_schema for tool in own if isinstance(tool, FunctionTool)}
        if strange := sorted(set(self.steps) - set(known)):
            raise ValueError(f"{self.name} has words for {', '.join(strange)}, which is no tool of it")
        for name, words in self.steps.items():
            checked_step(words, known[name].get("properties", {}), name)

    @property
    def approved(self) -> list[ApprovedTool]:
        """Its tools that may wait for people."""
        own = [tool for tool in self.tools if isinstance(tool, ApprovedTool)]
        plain = [tool for tool in self.tools if isinstance(tool, FunctionTool) and tool.name in self.policies]
        return [*own, *(put_before(tool, self.policies[tool.name]) for tool in plain)]

    @property
    def plain(self) -> list[Tool]:
        """Its tools about which nobody is asked."""
        tools = [tool for tool in self.tools if not isinstance(tool, ApprovedTool)]
        return [tool for tool in tools if tool.name not in self.policies]


@asynccontextmanager
async def no_services() -> AsyncGenerator[None]:
    """For a team whose tools share nothing."""
    yield None


async def no_checks(services: Any) -> AsyncIterator[Finding]:
    """For a team whose services have nothing to check."""
    del services
    return
    yield  # what makes it a generator


@dataclass(frozen=True, slots=True)
class Team(Generic[S]):
    """What a bot is made of: `name`, for logs and for telling teams apart, and its specialists.

    `services` is opened once for each process and closed at its end; tools find what it yields as
    `ctx.context.services`. `about` is added to what Triage knows, in Markdown. `examples` are
    messages that show what the team can do, by titles that say what each shows; the demo proposes them. The first one
    should wait for people, and one that begins with "and" goes on in the thread of the one before. `checks` are the
    doctor's questions to the services. `mcp` is the mcp.toml of the MCP servers whose tools its specialists get;
    MCP_FILE names another one. `remote` are these tools, which the bot fills in.

    Raises `ValueError` where two specialists or two tools have one name.
    """

    name: str
    specialists: Sequence[Specialist]
    services: Callable[[], AbstractAsyncContextManager[S]] = no_services  # pyright: ignore[reportAssignmentType]
    about: str = ""
    examples: Mapping[str, str] = field(default_factory=dict[str, str])
    checks: Callable[[S], AsyncIterator[Finding]] = no_checks
    mcp: Path | None = None
    remote: Sequence[RemoteTool] = ()

    def __post_init__(self) -> None:
        if not self.specialists:
            raise ValueError(f"the team {self.name} has no specialist")
        once("specialists", [one.name for one in self.specialists])
        once("approved tools", [tool.tool.name for tool in self.approved])

    @property
    def approved(self) -> list[ApprovedTool]:
        """Every tool that may wait for people."""
        return [tool for one in self.specialists for tool in one.approved]


def once(what: str, names: Sequence[str]) -> None:
    """Raise `ValueError` where a name is there twice."""
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two {what} are called {' and '.join(twice)}")
