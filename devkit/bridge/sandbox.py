"""One sandbox: a bubblewrap process, the socket to the agent inside it, and the jobs that run there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from devkit.bridge import isolation
from devkit.bridge.egress import PORT, Egress
from devkit.bridge.job import CHUNK, Ended, Job, settle
from devkit.bridge.limits import Limits

ATTACH = Path(__file__).with_name("attach.py")
#: How long a sandbox may take to start, and to end by itself, in seconds.
PATIENCE = 10.0


class SandboxFailed(Exception):
    """The sandbox did not start, ended, or is too busy to answer; the message says which."""


class MountFailed(Exception):
    """A bucket could not be mounted or unmounted; the message says why."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder of a bucket, and where the sandbox sees it."""

    bucket: str
    prefix: tuple[str, ...]
    target: str
    read_only: bool


class Sandbox:
    """Started once, ended once; everything in it is gone then."""

    def __init__(
        self, sandbox_id: str, limits: Limits, *, created: datetime, egress: Egress | None = None
    ) -> None:
        self.id = sandbox_id
        self.created = created
        self.last_used = created
        self.mounts: dict[str, Mount] = {}
        #: Held by what must not happen at once: mounts, and the workspace packed or unpacked.
        self.lock = asyncio.Lock()
        self.busy = 0
        self._limits = limits
        self._egress = egress
        #: What the agent listens on for the proxy, and the proxy's end of it.
        self._gate: socket.socket | None = None
        self._proxy: asyncio.Server | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._namespace = -1
        self._count = 0
        self._ended: dict[int, asyncio.Future[Ended]] = {}
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_alive(self) -> bool:
        return self._control is not None

    async def start(self) -> None:
        """Start it; raises `SandboxFailed`."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        info, tells = os.pipe2(os.O_CLOEXEC)
        complaints = isolation.memory_file(b"")
        try:
            with isolation.DataFiles() as files:
                command = isolation.agent(
                    self._limits,
                    files.add,
                    control=theirs.fileno(),
                    info=tells,
                    gate=PORT if self._egress else 0,
                )
                self._process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=complaints,
                    env={},
                    pass_fds=[*files.fds, theirs.fileno(), tells],
                    start_new_session=True,
                )
            theirs.close()
            os.close(tells)
            tells = -1
            self._listen(ours)
            await self._started(info, complaints)
        except BaseException:
            await self.end()
            raise
        finally:
            theirs.close()
            for fd in (info, complaints, *([tells] if tells >= 0 else [])):
                os.close(fd)

    async def _started(self, info: int, complaints: int) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.shield(self._ready)
        except (SandboxFailed, TimeoutError):
            os.lseek(complaints, 0, os.SEEK_SET)
            reason = os.read(complaints, 2000).decode("utf-8", "replace").strip()
            raise SandboxFailed(f"The sandbox did not start: {reason or 'no answer'}.") from None
        if self._egress is not None and self._gate is not None:
            self._proxy = await self._egress.listen(self._gate)
        pid = json.loads(os.read(info, CHUNK))["child-pid"]
        self._namespace = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)

    def _listen(self, control: socket.socket) -> None:
        control.setblocking(False)
        self._control = control
        asyncio.get_running_loop().add_reader(control.fileno(), self._hear)

    def _hear(self) -> None:
        """Take one message; what comes from a sandbox is not trusted."""
        if self._control is None:
            return
        try:
            message = self._received(self._control)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self._lose()
            return
        with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
            body = json.loads(message)
            if not body:
                settle(self._ready, None)
                return
            ended = Ended(int(body["code"]) & 255, str(body["error"]))
            settle(self._ended.pop(int(body["id"])), ended)

    def _received(self, control: socket.socket) -> bytes:
        """The next message. Only the first may bring a descriptor; of others the kernel drops them."""
        if self._egress is None or self._ready.done():
            return control.recv(4096)
        message, fds, _, _ = socket.recv_fds(control, 4096, 1)
        self._gate = socket.socket(fileno=fds[0]) if fds else None
        return message

    def _lose(self) -> None:
        """Take leave of the agent: it is gone, or shall go."""
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None
        if not self._ready.done():
            self._ready.set_exception(SandboxFailed("The sandbox did not start."))
            self._ready.exception()
        for ended in self._ended.values():
            settle(ended, Ended(137, "The sandbox ended."))
        self._ended.clear()

    async def end(self) -> None:
        """End everything in it; returns when it is gone."""
        self._lose()
        if self._proxy is not None:
            self._proxy.close()
        elif self._gate is not None:
            self._gate.close()
        if self._namespace >= 0:
            os.close(self._namespace)
            self._namespace = -1
        process, self._process = self._process, None
        if process is None:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await process.wait()
        except TimeoutError:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    @contextlib.asynccontextmanager
    async def job(self, request: dict[str, Any], body: bytes | None = None) -> AsyncGenerator[Job]:
        """Run a job; one that still runs at the end of the block is killed with its process group."""
        self._count += 1
        number = self._count
        job = Job(number, asyncio.get_running_loop().create_future())
        self._ended[number] = job.ended
        try:
            self._send_job(job, request, body)
            yield job
        finally:
            self._ended.pop(number, None)
            with contextlib.suppress(SandboxFailed):
                if not job.ended.done():
                    self.kill(job)
                self._leave_open(job)
            os.close(job.stdout.fd)
            os.close(job.stderr.fd)

    def _send_job(self, job: Job, request: dict[str, Any], body: bytes | None) -> None:
        fds = [job.stdout.writes, job.stderr.writes]
        try:
            if body is not None:
                fds.append(isolation.memory_file(body))
            self._send(job.number, request, fds)
        finally:
            for fd in fds:
                os.close(fd)

    def kill(self, job: Job) -> None:
        """Kill the process group of a job."""
        self._send(0, {"op": "kill", "job": job.number}, [])

    def _leave_open(self, job: Job) -> None:
        """Hand what others still write to over to the agent, which reads and forgets it."""
        still = [output.fd for output in (job.stdout, job.stderr) if not output.is_over]
        if still and self.is_alive:
            self._send(0, {"op": "drain"}, still)

    def _send(self, number: int, request: dict[str, Any], fds: list[int]) -> None:
        if self._control is None:
            raise SandboxFailed("The sandbox ended.")
        order = isolation.memory_file(json.dumps(request).encode())
        try:
            socket.send_fds(self._control, [str(number).encode()], [order, *fds])
        except OSError as error:
            raise SandboxFailed(f"The sandbox does not listen: {error.strerror}.") from error
        finally:
            os.close(order)

    async def attach(self, buckets: Path, mount: Mount) -> None:
        """Mount a bucket; raises `MountFailed`."""
        if mount.target in self.mounts:
            raise MountFailed(f"{mount.target} is mounted already.")
        async with self.job({"op": "mkdir", "path": mount.target}) as job:
            if (await job.ended).code != 0:
                raise MountFailed(f"{mount.target} cannot be made a folder.")
        await self._attach(
            {
                "op": "mount",
                "buckets": str(buckets),
                "steps": [mount.bucket, *mount.prefix],
                "target": mount.target,
                "read_only": mount.read_only,
                "owner": isolation.HOST_UID if os.geteuid() == 0 else None,
            }
        )
        self.mounts[mount.target] = mount

    async def detach(self, target: str) -> None:
        """Unmount a bucket; raises `MountFailed`."""
        if target not in self.mounts:
            raise MountFailed(f"Nothing is mounted on {target}.")
        await self._attach({"op": "unmount", "target": target})
        del self.mounts[target]

    async def _attach(self, order: dict[str, Any]) -> None:
        if self._namespace < 0:
            raise MountFailed("The sandbox ended.")
        namespace = os.dup(self._namespace)
        order = order | {"namespace": namespace}
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(ATTACH), json.dumps(order)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env={},
                pass_fds=[namespace],
            )
            _, complaint = await process.communicate()
        finally:
            os.close(namespace)
        if process.returncode != 0:
            raise MountFailed(complaint.decode("utf-8", "replace").strip().splitlines()[-1])
