"""mcp.lock: the tools that an operator has accepted, as they were then. It stands beside mcp.toml."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot.agents.mcp.described import Described
from bot.agents.mcp.file import McpFileError

#: The form of the file.
FORM: Final = 1


class _Accepted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fingerprint: str
    description: str
    input_schema: dict[str, object]
    hints: dict[str, bool] = {}
    title: str = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    form: Literal[1]
    servers: dict[str, dict[str, _Accepted]]


@dataclass(frozen=True, slots=True)
class Lock:
    """What was accepted, by server and by the server's own name of the tool; and the fingerprint of each."""

    tools: Mapping[tuple[str, str], Described] = field(default_factory=dict[tuple[str, str], Described])
    fingerprints: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def accepted(self, server: str, tool: str, identity: str) -> Described | None:
        """A tool as it was accepted of this very server; None where it was not."""
        found = self.tools.get((server, tool))
        is_same = found is not None and found.fingerprint(identity) == self.fingerprints[server, tool]
        return found if is_same else None

    def with_tool(self, server: str, tool: Described, identity: str) -> Lock:
        """The same with one more accepted."""
        at = (server, tool.name)
        return Lock({**self.tools, at: tool}, {**self.fingerprints, at: tool.fingerprint(identity)})

    def without(self, server: str, tool: str) -> Lock:
        """The same without one."""
        at = (server, tool)
        kept = {key: one for key, one in self.tools.items() if key != at}
        return Lock(kept, {key: self.fingerprints[key] for key in kept})


def path_beside(mcp_file: Path) -> Path:
    """Where the lock of an mcp.toml is."""
    return mcp_file.with_suffix(".lock")


def read(path: Path) -> Lock:
    """Read what is accepted; nothing where there is no file yet. Raises `McpFileError` for one that cannot be read."""
    if not path.exists():
        return Lock()
    try:
        file = TypeAdapter(_File).validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise McpFileError(
            [f"{path} cannot be read; `countersign mcp accept` writes it, and nobody else."]
        ) from None
    tools: dict[tuple[str, str], Described] = {}
    fingerprints: dict[tuple[str, str], str] = {}
    for server, accepted in file.servers.items():
        for name, one in accepted.items():
            tools[server, name] = Described(name, one.description, one.input_schema, one.hints, one.title)
            fingerprints[server, name] = one.fingerprint
    return Lock(tools, fingerprints)


def write(path: Path, lock: Lock) -> None:
    """Write it, in one step, so that a bot that starts meanwhile reads the old one or the new one."""
    servers: dict[str, dict[str, object]] = {}
    for (server, name), tool in sorted(lock.tools.items()):
        servers.setdefault(server, {})[name] = {
            "fingerprint": lock.fingerprints[server, name],
            "description": tool.description,
            "input_schema": tool.schema,
            "hints": tool.hints,
            # An earlier release reads the file as long as there is none.
            **({"title": tool.title} if tool.title else {}),
        }
    text = json.dumps({"form": FORM, "servers": servers}, indent=2, ensure_ascii=False)
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(f"{text}\n", encoding="utf-8")
    beside.replace(path)
