"""mcp.toml: which MCP servers there are, which of their tools are offered to whom, and who is asked before a call."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag, ValidationError

from bot.agents.mcp import references
from bot.agents.mcp.terms import Asks

__all__ = ["Asks", "McpFile", "McpFileError", "Server", "read"]

#: Seconds that a server may take to connect and list its tools (one that is started has to be loaded first), and to
#: answer one call.
CONNECT, CALL = 30.0, 60.0
#: This machine, to which a key may go without TLS.
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
#: Tags that pydantic puts among the names of where something is wrong.
_TAGS: Final = frozenset({"[key]", "asks", "word"})

ServerName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$", max_length=24)]
ToolName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
#: "allow": nobody is asked, and no journal is kept, which is right for tools that only read.
#: "deny": never offered. Everything else asks, and every tool that is not named is denied.
Rule = Annotated[
    Annotated[Literal["allow", "deny"], Tag("word")] | Annotated[Asks, Tag("asks")],
    Discriminator(lambda given: "asks" if isinstance(given, dict | Asks) else "word"),
]


class McpFileError(Exception):
    """The file, or the lock file beside it, is not usable; `problems` holds one plain sentence for each reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Server(BaseModel):
    """One server: started with `command`, or reached at `url`. Values in `env` and `headers` may hold `${NAME}`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    specialist: str = Field(min_length=1)
    command: list[Annotated[str, StringConstraints(min_length=1)]] = Field(default=[], max_length=64)
    url: str = ""
    env: dict[str, str] = {}
    headers: dict[str, str] = {}
    connect_seconds: float = Field(default=CONNECT, ge=0.1, le=120, allow_inf_nan=False)
    call_seconds: float = Field(default=CALL, ge=0.1, le=3600, allow_inf_nan=False)
    tools: dict[ToolName, Rule] = Field(min_length=1)
    #: What the thread shows of a tool's calls, with arguments in braces.
    steps: dict[ToolName, str] = {}

    @property
    def identity(self) -> str:
        """What this server is, for fingerprints: where it is reached, without any value from the environment."""
        return self.url or " ".join(self.command)

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables whose values it is given."""
        return references.names([*self.env.values(), *self.headers.values()])


class McpFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    servers: dict[ServerName, Server] = Field(min_length=1)


def read(path: Path) -> McpFile:
    """Read and check the file. Raises `McpFileError` with every problem at once; none repeats a value."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise McpFileError([f"{path} cannot be read as text."]) from None
    except tomllib.TOMLDecodeError as error:
        where = str(error).rpartition("(")[2].rstrip(")")  # the rest may repeat what stands there
        raise McpFileError([f"{path.name} is not TOML ({where})."]) from None
    try:
        file = McpFile.model_validate(content)
    except ValidationError as error:
        raise McpFileError([f"{path.name}: {text}" for text in _sentences(error)]) from None
    if problems := [text for name, one in file.servers.items() for text in _problems(name, one)]:
        raise McpFileError([f"{path.name}: {text}" for text in problems])
    return file


def _sentences(error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_input=False, include_url=False):
        where = ".".join(str(part) for part in detail["loc"] if part not in _TAGS)
        yield f"{where}{_what(detail)}."


def _what(detail: Mapping[str, Any]) -> str:
    match detail["type"]:
        case "missing":
            return " is missing"
        case "extra_forbidden":
            return " is not known here"
        case "literal_error":
            return f" must be {detail['ctx']['expected']}, or a table that says who is asked"
        case _:
            told = str(detail["msg"]).removeprefix("Value error, ")
            return f": {told[:1].lower()}{told[1:]}"


def _problems(name: str, server: Server) -> Iterator[str]:
    where = f"servers.{name}"
    if bool(server.command) == bool(server.url):
        yield f"{where} needs either a command or a url."
    if server.url and server.env:
        yield f"{where}: env is for servers that are started with a command; a url takes headers."
    if server.command and server.headers:
        yield f"{where}: headers are for servers with a url; a command takes env."
    if server.url:
        yield from _of_url(where, server.url)
    if references.secret_in(server.command):
        yield f"{where}.command looks as if it held a secret: give it to the server with env."
    if strange := sorted(set(server.steps) - set(server.tools)):
        yield f"{where}.steps has words for {', '.join(strange)}, which {where}.tools does not name."
    yield from _of_values(where, server)


def _of_values(where: str, server: Server) -> Iterator[str]:
    for kind, values in (("env", server.env), ("headers", server.headers)):
        for key, value in values.items():
            if references.holds_secret(key, value):
                yield f"{where}.{kind}.{key} looks as if it held a secret: write ${{NAME}} for the variable that holds it."


def _of_url(where: str, url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if references.secret_in_url(parts):
        yield f"{where}.url looks as if it held a secret: give it to the server with headers."
    is_local = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or is_local):
        yield f"{where}.url must begin with https:// (http:// is taken on this machine only)."
