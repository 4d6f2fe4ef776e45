"""Sandboxes of a Docker engine on this machine, each a container that is shut in and ends by itself."""

from __future__ import annotations

import asyncio
import logging
import shlex
from datetime import timedelta
from functools import cached_property
from typing import Any, Final, cast

import docker
from agents.sandbox import Manifest
from agents.sandbox.sandboxes.docker import (
    DockerSandboxClient,
    DockerSandboxClientOptions,
    DockerSandboxSession,
)
from agents.sandbox.session import BaseSandboxSession, Instrumentation, SandboxSession
from agents.sandbox.session.dependencies import Dependencies
from docker import DockerClient
from docker.errors import ImageNotFound, NotFound
from docker.types import Ulimit

from bot.sandbox.container import CALL, TROUBLE, WORKSPACE, ContainerSession, told_as_sandbox_errors
from bot.sandbox.gate import Gate
from bot.sandbox.limits import MOST_RESTORED

log = logging.getLogger(__name__)

#: By this label an operator finds them: `docker ps --filter label=countersign`.
LABEL: Final = "countersign"
#: Nobody's user, and no way to become another one.
USER: Final = "1000:1000"
#: All that can be written to is in memory, of these sizes, and counts as memory.
WRITABLE: Final = {str(WORKSPACE): "512m", "/tmp": "128m", "/home": "128m"}
MEMORY: Final = "2g"
PROCESSES: Final = 256
ONE_CPU: Final = 1_000_000_000
ULIMITS: Final = {"nofile": 1_024, "fsize": 512 * 1024 * 1024, "core": 0}


class Docker:
    """A `Host`. A sandbox ends by itself after `lifetime`, whoever has forgotten it.

    Of a packed workspace no more than `largest` bytes and one are read.
    """

    def __init__(self, *, url: str, image: str, lifetime: timedelta, largest: int = MOST_RESTORED) -> None:
        self.gate = Gate()
        self.lifetime = lifetime
        self.largest = largest
        self._url = url
        self._image = image

    @cached_property
    def engine(self) -> DockerClient:
        """The engine at the given address, or else at that of the environment. Blocks; raises `TROUBLE`."""
        if self._url:
            return docker.DockerClient(base_url=self._url, timeout=CALL)
        return docker.from_env(timeout=CALL)

    @property
    def options(self) -> DockerSandboxClientOptions:
        """The image, and no network."""
        return DockerSandboxClientOptions(self._image, network_mode="none", labels={LABEL: "sandbox"})

    def client(self, dependencies: Dependencies) -> DockerSandboxClient:
        """Make the SDK's client."""
        return _Client(self, dependencies)

    def manifest(self, thread: str) -> Manifest:
        """Nothing: there is no bucket here."""
        del thread
        return Manifest()

    def id_of(self, session: SandboxSession) -> str:
        """The container's id."""
        state: Any = session.state
        return str(state.container_id)

    async def end(self, sandbox_id: str) -> bool:
        """Remove a container; whether it is known to be gone."""

        def remove() -> None:
            self.engine.containers.get(sandbox_id).remove(force=True, v=True)

        try:
            await asyncio.to_thread(remove)
        except NotFound:
            return True
        except TROUBLE as error:
            log.warning("container not removed", extra={"sandbox": sandbox_id, "error": type(error).__name__})
            return False
        return True

    async def fault(self) -> str:
        """Look whether the engine and the image are there."""
        try:
            await asyncio.to_thread(lambda: self.engine.images.get(self._image))
        except ImageNotFound:
            return f"Docker does not have SANDBOX_IMAGE yet: docker pull {shlex.quote(self._image)}"
        except TROUBLE:
            return "No Docker engine answered, at SANDBOX_URL or where DOCKER_HOST says."
        return ""


class _Client(DockerSandboxClient):
    """The SDK's client. It makes containers that are shut in, and keeps its blocking calls off the loop."""

    def __init__(self, host: Docker, dependencies: Dependencies) -> None:
        super().__init__(cast("DockerClient", None), dependencies=dependencies)  # connected when needed
        self._host = host

    async def create(self, **options: Any) -> SandboxSession:
        with told_as_sandbox_errors():
            self.docker_client = await asyncio.to_thread(lambda: self._host.engine)
            return await super().create(**options)

    async def delete(self, session: SandboxSession) -> SandboxSession:
        with told_as_sandbox_errors():
            return await super().delete(session)

    async def _create_container(self, image: str, **options: Any) -> Any:
        """Make and start one. An image that is not there is not fetched: that takes minutes."""
        lifetime = int(self._host.lifetime.total_seconds())

        def start() -> Any:
            container = self.docker_client.containers.create(
                image,
                # A shell, since the first process has to reap what others leave behind.
                entrypoint=["bash", "-c", f"sleep {lifetime} & wait $!"],
                auto_remove=True,
                user=USER,
                environment={"HOME": "/home"},
                network_mode=options["network_mode"],
                labels=options["labels"],
                read_only=True,
                tmpfs={
                    at: f"rw,exec,nosuid,nodev,uid=1000,gid=1000,mode=1777,size={size}"
                    for at, size in WRITABLE.items()
                },
                cap_drop=["ALL"],
                security_opt=["no-new-privileges:true"],
                mem_limit=MEMORY,
                memswap_limit=MEMORY,
                pids_limit=PROCESSES,
                nano_cpus=ONE_CPU,
                ulimits=[Ulimit(name=name, soft=most, hard=most) for name, most in ULIMITS.items()],
            )
            try:
                container.start()
            except TROUBLE:
                container.remove(force=True)
                raise
            return container

        return await asyncio.to_thread(start)

    def _wrap_session(
        self, inner: BaseSandboxSession, *, instrumentation: Instrumentation | None = None
    ) -> SandboxSession:
        own = ContainerSession(self._host.largest, self._host.gate, cast("DockerSandboxSession", inner))
        return super()._wrap_session(own, instrumentation=instrumentation)
