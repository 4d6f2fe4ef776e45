"""One run's sandbox: opened when an agent first needs it, gone when the run pauses or ends.

What is in its workspace is kept in between, with the run's own checkpoints, so that both are
always of the same moment.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from agents.run_config import SandboxRunConfig
from agents.sandbox import RemoteSnapshot
from agents.sandbox.errors import SandboxError
from agents.sandbox.session.dependencies import Dependencies
from agents.sandbox.session.sandbox_session import SandboxSession

from bot.domain import lease, sentences
from bot.domain.attachment import Attachment
from bot.domain.errors import FileRefused, SlackUnauthorized, UnknownSchema, WorkspaceNotKept
from bot.domain.kept_workspace import Kept
from bot.sandbox.archive import INPUTS, Result, Unpackable, restorable, results
from bot.sandbox.backend import Backend
from bot.sandbox.commands import TIMED_OUT, Commands, Ran, Tail
from bot.sandbox.watched import Watched

log = logging.getLogger(__name__)

#: The name under which the SDK's snapshot finds the workspace.
KEPT_BY: Final = "workbench"
#: Folders that can be made again, and are often larger than everything else.
NOT_KEPT: Final = ("node_modules", ".venv", ".cache")


class Faults(list[Exception]):
    """Errors of the bot's own store; used as a context it notes what passes through."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self.append(error)


class Workspace:
    """The sandbox of one run.

    `load` gets the workspace that is kept, or the one that this workspace has staged; `stage` stores one
    that shall be kept, and `fetch` gets an attached file's bytes. `faults` are errors of the bot's own
    store: they end the run. `remarks` are what the person has to know of their files.
    """

    def __init__(
        self,
        backend: Backend,
        thread: str,
        *,
        load: Callable[[Kept | None], Awaitable[bytes]],
        stage: Callable[[bytes], Awaitable[Kept]],
        fetch: Callable[[Attachment], Awaitable[bytes]],
        inputs: Sequence[Attachment] = (),
    ) -> None:
        self.faults = Faults()
        self.remarks: list[str] = []
        #: The workspace as it was packed last, and whether it has yet to be said that it counts.
        self.kept: Kept | None = None
        self.is_new = False
        #: What is in its `out/`; None before it was looked at.
        self.results: list[Result] | None = None
        #: Attached files that are not in the workspace yet.
        self.inputs = list(inputs)
        #: Whether something may have changed in the workspace since it was packed.
        self.is_dirty = False
        self._backend = backend
        self._thread = thread
        self._load = load
        self._stage = stage
        #: The workspace on its way into a sandbox.
        self._restoring: io.BytesIO | None = None
        #: The hash of the archive that was restored or packed last.
        self._hash = b""
        self._fetch = fetch
        self._session: SandboxSession | None = None
        self._ends_at = 0.0
        self._commands = Commands()
        self._lock = asyncio.Lock()
        #: Why what is in the workspace now would not be kept; empty where it would.
        self._not_kept = ""

    def config(self) -> SandboxRunConfig:
        """What the SDK needs to open it. Every opening is a new sandbox with the kept workspace in it."""
        host = self._backend.host
        client = Watched(host.client(Dependencies().bind_value(KEPT_BY, self)), self)
        return SandboxRunConfig(
            client=client,
            options=host.options,
            manifest=host.manifest(self._thread),
            snapshot=RemoteSnapshot(id="workspace", client_dependency_key=KEPT_BY),
        )

    async def begun(self, session: SandboxSession) -> None:
        """Note that the SDK has made a sandbox."""
        for path in NOT_KEPT:
            session.register_persist_workspace_skip_path(path)
        with self.faults:
            await self._backend.opened(self._backend.host.id_of(session), self._thread)
        self._session = session
        self._ends_at = asyncio.get_running_loop().time() + self._backend.limits.run.total_seconds()

    async def ended(self, session: SandboxSession) -> None:
        """Make sure that it is gone."""
        self._session = None
        self._let_go()
        with self.faults:
            await self._backend.end(self._backend.host.id_of(session), self._thread)

    async def exists(self, snapshot_id: str) -> bool:
        """Tell the SDK whether a workspace is kept."""
        del snapshot_id
        self._let_go()
        with self.faults:
            try:
                self._restoring = await self._backend.host.gate.holding(self._loaded)
            except (UnknownSchema, Unpackable):
                self.remarks.append(sentences.FILES_UNREADABLE)
        if not self._hash:
            self._let_go()
        return self._restoring is not None

    async def download(self, snapshot_id: str) -> io.BytesIO:
        """Hand the SDK the kept workspace, which closes it when it is in the sandbox."""
        del snapshot_id
        return self._restoring or io.BytesIO()

    async def upload(self, snapshot_id: str, stream: io.IOBase) -> None:
        """Take the workspace from the SDK, before it deletes the sandbox."""
        del snapshot_id
        await self._take(stream.read())
        self.is_dirty = False

    async def prepare(self) -> None:
        """Put attached files where the agent looks for them; once, when the sandbox has just opened."""
        async with self._lock:  # calls run side by side
            while self._session is not None and self.inputs:
                await self._put(self._session, self.inputs[0])
                self.inputs.pop(0)
                self.is_dirty = True

    async def _put(self, session: SandboxSession, one: Attachment) -> None:
        """Write one file. Where that cannot be, as when a file is called `in`, the person is told."""
        try:
            await session.mkdir(Path(INPUTS), parents=True)
            async with self._backend.host.gate.place():
                await session.write(Path(INPUTS, one.name), io.BytesIO(await self._fetch(one)))
        except SlackUnauthorized as error:
            self.faults.append(error)  # the run ends here, and its event waits
            raise
        except FileRefused as refusal:
            self.remarks.append(sentences.not_fetched(one.name, refusal.user_message))
        except SandboxError:
            if not await session.running():
                raise
            self.remarks.append(sentences.not_fetched(one.name, sentences.NO_PLACE))

    async def pack(self) -> None:
        """Pack the workspace, if something may have changed in it.

        Raises the SDK's `SandboxError`, and `WorkspaceNotKept` where what came is no archive.
        """
        async with self._lock:
            if self._session is not None and self.is_dirty:
                self.is_dirty, is_packed = False, False  # what changes from here on is for the next time
                try:
                    with await self._session.persist_workspace() as packed:
                        await self._take(packed.read())
                    is_packed = True
                finally:
                    self.is_dirty = self.is_dirty or not is_packed

    async def run(self, command: str, workdir: str, seconds: float, said: Tail) -> Ran:
        """Run a command to its end, or to its limit. `said` hears its last lines while it works.

        Raises the SDK's `SandboxError` where the sandbox is no more.
        """
        session = self._session
        if session is None:
            raise RuntimeError("there is no sandbox")
        with self.faults:
            lease.check()
        await self.prepare()  # an approved command runs before the model is asked anything
        left = self._ends_at - asyncio.get_running_loop().time()
        limit = min(seconds, self._backend.limits.command.total_seconds(), left)
        if limit <= 0:
            return Ran(TIMED_OUT, 0.0, sentences.TIME_IS_UP)
        self.is_dirty = True
        try:
            ran = await self._commands.run(session, command, workdir, limit, said)
        finally:
            self.is_dirty = True  # another call may have packed meanwhile
        notes = [self._not_kept] if self._not_kept else []
        notes += ["A person ended this command."] if self._commands.is_stopped else []
        return replace(ran, output=ran.output + "".join(f"\nNOTE: {note}" for note in notes))

    def touched(self) -> None:
        """Note that a tool is at work: where a sandbox is open, it may change what is in it.

        Where none was opened there is nothing to keep, and nothing that could be lost.
        """
        self.is_dirty = self.is_dirty or self._session is not None

    def stop(self) -> None:
        """End the commands that run, and any that is still to come."""
        self._commands.stop()

    async def _take(self, packed: bytes) -> None:
        most = self._backend.limits.kept
        self._not_kept = sentences.too_large(most) if len(packed) > most else ""
        if self._not_kept:
            self.remarks = [*dict.fromkeys((*self.remarks, self._not_kept))]
            return
        try:
            archive, left_out = await asyncio.to_thread(restorable, packed)
            has_changed = await self._noted(archive)
        except Unpackable:
            raise WorkspaceNotKept from None
        if left_out:
            self.remarks = [*dict.fromkeys((*self.remarks, sentences.left_out(left_out)))]
        if has_changed:
            with self.faults:
                self.kept = await self._stage(archive)
                self.is_new = True

    async def _loaded(self) -> bytes:
        archive = await self._load(self.kept)
        if archive:
            await self._noted(archive)
        return archive

    async def _noted(self, archive: bytes) -> bool:
        """Note what is in an archive; whether it is another one than before. Raises `Unpackable`."""
        before = self._hash
        self._hash = (await asyncio.to_thread(sha256, archive)).digest()
        if self._hash != before:
            self.results = await asyncio.to_thread(results, archive)
        return self._hash != before

    def _let_go(self) -> None:
        """Forget a workspace that was loaded: it is in the sandbox, or will never be."""
        if self._restoring is not None:
            self._restoring.close()
            self._restoring = None
