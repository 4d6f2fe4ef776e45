"""A client of the SDK's that tells what it makes and ends."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any, Protocol

from agents.sandbox.session import BaseSandboxClient, SandboxSession, SandboxSessionState


class Keeper(Protocol):
    """Who is told."""

    async def begun(self, session: SandboxSession) -> None:
        """Hear of a sandbox that was made; where this raises, it is ended at once."""
        ...

    async def ended(self, session: SandboxSession) -> None:
        """Hear of one that is to be gone, whether or not its deletion worked."""
        ...


class Watched(BaseSandboxClient[Any]):
    """Hands everything on to the client of a host."""

    def __init__(self, client: BaseSandboxClient[Any], keeper: Keeper) -> None:
        self.backend_id = client.backend_id
        self._client = client
        self._keeper = keeper

    async def create(self, **options: Any) -> SandboxSession:
        """Make a sandbox, and tell."""
        session = await self._client.create(**options)
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self._client.delete, session)
            await self._keeper.begun(session)
            undo.pop_all()
        return session

    async def delete(self, session: SandboxSession) -> SandboxSession:
        """End a sandbox, and tell."""
        try:
            return await self._client.delete(session)
        finally:
            await self._keeper.ended(session)

    async def resume(self, state: SandboxSessionState) -> SandboxSession:
        """Not used: every opening is a new sandbox."""
        return await self._client.resume(state)

    def deserialize_session_state(self, payload: dict[str, object]) -> SandboxSessionState:
        """Read what the host's client wrote."""
        return self._client.deserialize_session_state(payload)
