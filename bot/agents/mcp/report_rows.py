"""What an mcp.toml makes of each tool that it names: for `countersign policies`, the doctor, and the replicas' fingerprint."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.agents.mcp.described import Described
from bot.agents.mcp.terms import Asks


@dataclass(frozen=True, slots=True)
class RemoteTool:
    """A tool of an MCP server: `name` as agents call it, `accepted` as an operator has seen it, None where none has."""

    server: str
    name: str
    rule: str
    accepted: Described | None = None
    fingerprint: str = ""
    hints: tuple[str, ...] = field(default=())

    @property
    def word(self) -> str:
        """What becomes of a call of it, in a word."""
        if self.rule == "deny":
            return "denied"
        if self.accepted is None:
            return "denied until it is accepted"
        return "allowed, nobody asked" if self.rule == "allow" else "asks"


def listed(server: str, name: str, rule: str | Asks, accepted: Described | None, identity: str) -> RemoteTool:
    """Make the row of a tool."""
    hints = tuple(
        f"{'' if value else 'not '}{hint.removesuffix('_hint').replace('_', ' ')}"
        for hint, value in (accepted.hints.items() if accepted else ())
    )
    fingerprint = accepted.fingerprint(identity) if accepted else ""
    return RemoteTool(server, name, rule if isinstance(rule, str) else "asks", accepted, fingerprint, hints)
