"""A shell in which `countersign` is the command of this process: what it costs to load the bot is paid once.

The words, standard input and the folder of each call come over a socket; the command reads settings, runs and prints as
it does in a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from bot.operations.cli import app

#: What the shell starts: it asks over the socket beside it, and prints the answer.
CLIENT = """#!{python} -SE
import json, os, socket, sys
words = json.dumps([os.getcwd(), *sys.argv[1:]]).encode()
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect({socket!r})
    asked.sendall(words + b"\\n" + sys.stdin.buffer.read())
    asked.shutdown(socket.SHUT_WR)
    answer = b"".join(iter(lambda: asked.recv(65536), b""))
code, out, _ = answer.split(b" ", 2)
told = answer[len(code) + len(out) + 2:]
sys.stdout.buffer.write(told[:int(out)])
sys.stderr.buffer.write(told[int(out):])
sys.exit(int(code))
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a block of commands ended, and all that it printed."""

    code: int
    said: str


class Terminal:
    """Runs blocks in a folder; `without` are variables of whoever runs the tests that it does not have."""

    def __init__(self, folder: Path, without: Mapping[str, None]) -> None:
        self.folder = folder
        self._without = without
        self._one_at_a_time = asyncio.Lock()

    async def run(self, block: str) -> Ended:
        """Run lines as a shell does that ends with the first that fails."""
        path = f"export PATH={shlex.quote(str(self.folder / 'stand-in'))}:$PATH; {block}"
        process = await asyncio.create_subprocess_exec(
            *("bash", "-eu", "-o", "pipefail", "-c", path),
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, said.decode())

    async def command(
        self, words: list[str], given: bytes = b"", settings: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, bytes]:
        """Run one command with these settings and no others; its exit code, what it printed, what it complained of."""
        environment = {**self._without, **(settings or {})}

        def invoke() -> tuple[int, bytes, bytes]:
            with contextlib.chdir(self.folder):
                ended = CliRunner().invoke(app, words, input=given, env=environment)
            if ended.exception is not None and not isinstance(ended.exception, SystemExit):
                raise ended.exception
            return ended.exit_code, ended.stdout_bytes, ended.stderr_bytes

        async with self._one_at_a_time:
            return await asyncio.to_thread(invoke)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Run what a shell asks for."""
        _, *words = json.loads(await reader.readline())
        code, out, err = await self.command(words, await reader.read())
        writer.write(f"{code} {len(out)} ".encode() + out + err)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def terminal(folder: Path, without: Mapping[str, None]) -> AsyncGenerator[Terminal]:
    """Open a shell in a folder while the block runs."""
    made, place = Terminal(folder, without), folder / "stand-in"
    place.mkdir()
    script = place / "countersign"
    script.write_text(CLIENT.format(python=sys.executable, socket=str(place / "s")))
    script.chmod(0o700)
    server = await asyncio.start_unix_server(made.answer, place / "s")
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()
