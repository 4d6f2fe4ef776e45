"""Who makes sandboxes: what the bot needs of a bridge, or of a Docker engine."""

from __future__ import annotations

from typing import Any, Protocol

from agents.sandbox import Manifest
from agents.sandbox.session import BaseSandboxClient, SandboxSession
from agents.sandbox.session.dependencies import Dependencies
from agents.sandbox.session.sandbox_client import BaseSandboxClientOptions

from bot.sandbox.gate import Gate


class Host(Protocol):
    """Makes sandboxes through a client of the SDK's, and can end one of which only the id is known."""

    #: What is large passes here: packed workspaces, and files on their way in and out.
    gate: Gate

    @property
    def options(self) -> BaseSandboxClientOptions:
        """What its client needs to make one."""
        ...

    def client(self, dependencies: Dependencies) -> BaseSandboxClient[Any]:
        """Make the SDK's client."""
        ...

    def manifest(self, thread: str) -> Manifest:
        """What a sandbox of a thread has besides its workspace."""
        ...

    def id_of(self, session: SandboxSession) -> str:
        """The id by which a sandbox can be ended later."""
        ...

    async def end(self, sandbox_id: str) -> bool:
        """End a sandbox; whether it is known to be gone."""
        ...

    async def fault(self) -> str:
        """Why no sandbox can be made, as a sentence for operators; empty where nothing stands against it."""
        ...
