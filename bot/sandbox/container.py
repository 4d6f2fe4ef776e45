"""A session in a container: the SDK's, with what that does not do.

The SDK's waits for a command that ran too long without ending it, joins much output in quadratic
time and without a limit, has eight threads for all commands of a process, and takes a container
that was removed for one that runs.
"""

from __future__ import annotations

import asyncio
import io
import shlex
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from agents.sandbox.errors import (
    ExecTimeoutError,
    ExecTransportError,
    WorkspaceArchiveReadError,
    WorkspaceArchiveWriteError,
    WorkspaceStartError,
)
from agents.sandbox.sandboxes.docker import DockerSandboxSession
from agents.sandbox.types import ExecResult
from agents.sandbox.util.tar_utils import UnsafeTarMemberError, validate_tar_bytes
from docker.errors import DockerException
from requests import RequestException

from bot.sandbox.gate import Gate
from bot.sandbox.wire import MOST_READ

#: What docker-py raises: its own errors, and those of the library below it.
TROUBLE: Final = (DockerException, RequestException, OSError)
WORKSPACE: Final = Path("/workspace")
#: Seconds for a call of the engine; seconds after its limit at which a command is killed, and given up.
CALL: Final = 60
KILLED: Final = 2
GIVEN_UP: Final = 10
#: Bytes of what one command says, or of a file that is read; of a bridge's as well.
MOST_OUTPUT: Final = MOST_READ
#: A thread waits for each command that runs; two more look at it now and then.
COMMANDS: Final = ThreadPoolExecutor(256, "docker-command")


class ContainerSession(DockerSandboxSession):
    """Of a packed workspace it reads `largest` bytes and one more."""

    def __init__(self, largest: int, gate: Gate, made: DockerSandboxSession) -> None:
        super().__init__(
            docker_client=made._docker_client,  # pyright: ignore[reportPrivateUsage]
            container=made._container,  # pyright: ignore[reportPrivateUsage]
            state=made.state,
        )
        self._largest = largest
        self._gate = gate

    async def persist_workspace(self) -> io.IOBase:
        """Pack with tar, for the engine does not see file systems in memory. Raises `WorkspaceArchiveReadError`.

        Whoever closes what comes lets the next one be packed.
        """
        return await self._gate.holding(self._packed)

    async def hydrate_workspace(self, data: io.IOBase) -> None:
        """Unpack a tar; looked through beside the event loop, for it may have very many members."""
        raw = bytes(data.read())
        try:
            await asyncio.to_thread(validate_tar_bytes, raw, allow_external_symlink_targets=False)
        except UnsafeTarMemberError as error:
            raise WorkspaceArchiveWriteError(path=WORKSPACE, cause=error) from error
        unpack = ["tar", "-x", "-C", str(WORKSPACE)]
        await self._stream_into_exec(cmd=unpack, stream=io.BytesIO(raw), error_path=WORKSPACE)

    async def _packed(self) -> bytes:
        left_out = [
            f"--exclude=./{path}" for path in sorted(map(str, self._persist_workspace_skip_relpaths()))
        ]
        pack = shlex.join(["tar", "-C", str(WORKSPACE), *left_out, "-cf", "-", "."])
        command = f"{{ timeout {CALL} {pack} 2>/dev/null; echo $? >&2; }} | head -c {self._largest + 1}"
        try:
            packed = await self._ran(["sh", "-c", command], CALL, most=self._largest + CALL)
        except ExecTransportError as error:
            raise WorkspaceArchiveReadError(path=WORKSPACE, cause=error) from error
        # 1: a file changed meanwhile, tar(1). One that was cut off is too large whatever it says.
        if packed.stderr.strip() not in {b"0", b"1"} and len(packed.stdout) <= self._largest:
            raise WorkspaceArchiveReadError(path=WORKSPACE)
        return packed.stdout

    async def running(self) -> bool:
        """Ask the engine."""
        try:
            await asyncio.to_thread(self._container.reload)
        except TROUBLE:
            return False
        return self._container.status == "running"

    async def _exec_internal(self, *command: str | Path, timeout: float | None = None) -> ExecResult:
        """Let the container itself end the command and its children. Raises the SDK's `ExecFailureError`."""
        if timeout is None:
            return await self._ran([*map(str, command)], None)
        limited = ["timeout", "-k", str(KILLED), f"{timeout:.3f}", *map(str, command)]
        return await self._ran(limited, timeout)

    async def _ran(self, command: list[str], timeout: float | None, *, most: int = MOST_OUTPUT) -> ExecResult:
        await self._recover_workspace_root_ready(timeout=timeout)
        running = asyncio.get_running_loop().run_in_executor(COMMANDS, self._run, command, most)
        try:
            async with asyncio.timeout(None if timeout is None else timeout + GIVEN_UP):
                return await running
        except TimeoutError as error:
            raise ExecTimeoutError(command=command, timeout_s=timeout, cause=error) from error
        except TROUBLE as error:
            raise ExecTransportError(command=command, cause=error) from error

    def _run(self, command: Sequence[str], most: int) -> ExecResult:
        """Run a command to its end, and take what it says piece by piece. Blocks; raises `TROUBLE`."""
        container: Any = self._container
        api = container.client.api
        workdir = self.state.manifest.root if self._workspace_root_ready else None
        made = api.exec_create(container.id, list(command), workdir=workdir)["Id"]
        said: tuple[list[bytes], list[bytes]] = ([], [])
        size = 0
        for pieces in api.exec_start(made, stream=True, demux=True):
            for stream, piece in zip(said, pieces, strict=True):
                stream.append(piece or b"")
                size += len(piece or b"")
            if size > most:
                raise DockerException("The command wrote too much.")
        code = api.exec_inspect(made)["ExitCode"]
        if code is None:
            raise DockerException("The container ended.")
        return ExecResult(stdout=b"".join(said[0]), stderr=b"".join(said[1]), exit_code=code)

    def _archive_stage_path(self, *, name_hint: str) -> Path:
        """Without the file's name, which may already be as long as a name can be."""
        del name_hint
        return super()._archive_stage_path(name_hint="")

    async def _ensure_backend_started(self) -> None:
        with told_as_sandbox_errors():
            await super()._ensure_backend_started()

    async def _shutdown_backend(self) -> None:
        """Remove it at once; the SDK stops it first, in the event loop, which takes ten seconds."""
        with suppress(*TROUBLE):
            await asyncio.to_thread(self._container.remove, force=True, v=True)


@contextmanager
def told_as_sandbox_errors() -> Generator[None]:
    """Raise what the engine's trouble is to the SDK and to us."""
    try:
        yield
    except TROUBLE as error:
        raise WorkspaceStartError(path=WORKSPACE, cause=error) from error
