"""A session in a sandbox of a bridge: the SDK's, over connections that read no further than they must."""

from __future__ import annotations

import asyncio
import io
from http import HTTPStatus
from typing import Any, cast

import aiohttp
from agents.extensions.sandbox import cloudflare as stock
from agents.sandbox.errors import ConfigurationError, ErrorCode, WorkspaceArchiveWriteError
from agents.sandbox.session import BaseSandboxSession, Instrumentation, SandboxSession
from agents.sandbox.session.dependencies import Dependencies
from agents.sandbox.util.tar_utils import UnsafeTarMemberError, validate_tar_bytes

from bot.sandbox.gate import Gate
from bot.sandbox.wire import Wire


class CloudflareSandboxSession(stock.CloudflareSandboxSession):
    """Of a packed workspace it reads `largest` bytes and one more. Large ones pass a gate.

    Named as the SDK's, which mounts buckets in sessions of this name alone.
    """

    def __init__(self, largest: int, gate: Gate, made: stock.CloudflareSandboxSession) -> None:
        super().__init__(
            state=made.state,
            api_key=made._api_key,  # pyright: ignore[reportPrivateUsage]
            exec_timeout_s=made._exec_timeout_s,  # pyright: ignore[reportPrivateUsage]
            request_timeout_s=made._request_timeout_s,  # pyright: ignore[reportPrivateUsage]
        )
        self._largest = largest
        self._gate = gate

    async def persist_workspace(self) -> io.IOBase:
        """Get the workspace as a tar. Whoever closes it lets the next one be read."""

        async def packed() -> bytes:
            return cast("bytes", (await stock.CloudflareSandboxSession.persist_workspace(self)).read())

        return await self._gate.holding(packed)

    async def hydrate_workspace(self, data: io.IOBase) -> None:
        """Unpack a tar; looked through beside the event loop, for it may have very many members."""
        raw = bytes(data.read())
        try:
            await asyncio.to_thread(validate_tar_bytes, raw, allow_external_symlink_targets=False)
        except UnsafeTarMemberError as error:
            raise self._not_taken(error) from error
        url = self._url("hydrate")
        try:
            async with self._session().post(url, data=raw, timeout=self._request_timeout()) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._not_taken(error) from error
        if status != HTTPStatus.OK:
            raise self._not_taken(None, http_status=status)

    def _not_taken(self, cause: Exception | None, **context: Any) -> WorkspaceArchiveWriteError:
        return WorkspaceArchiveWriteError(path=self._workspace_root_path(), context=context, cause=cause)

    def _decode_streamed_payload(self, body: bytes) -> bytes:
        """As it came: bridges send plain bytes, and a file may begin like an event."""
        return body

    def _session(self, *, allow_terminal: bool = False) -> aiohttp.ClientSession:
        if not self._mount_transition_terminal and (self._http is None or self._http.closed):
            self._http = cast("Any", Wire(self._api_key, archive=self._largest))
        return super()._session(allow_terminal=allow_terminal)


class RemoteClient(stock.CloudflareSandboxClient):
    """The SDK's client, making such sessions."""

    def __init__(self, dependencies: Dependencies, *, largest: int, gate: Gate) -> None:
        super().__init__(dependencies=dependencies)
        self._largest = largest
        self._gate = gate

    def _wrap_session(
        self, inner: BaseSandboxSession, *, instrumentation: Instrumentation | None = None
    ) -> SandboxSession:
        own = CloudflareSandboxSession(
            self._largest, self._gate, cast("stock.CloudflareSandboxSession", inner)
        )
        return super()._wrap_session(own, instrumentation=instrumentation)

    async def _request_sandbox_id(
        self, worker_url: str, api_key: str | None, *, request_timeout_s: float = 120.0
    ) -> str:
        """Ask for a new sandbox; raises `ConfigurationError`."""
        wire = Wire(api_key, archive=0)
        try:
            limit = aiohttp.ClientTimeout(total=request_timeout_s)
            async with wire.post(f"{worker_url.rstrip('/')}/v1/sandbox", timeout=limit) as answer:
                made: Any = await answer.json() if answer.status == HTTPStatus.OK else None
                status = answer.status
        except (aiohttp.ClientError, ValueError) as error:
            raise _not_made(cause_type=type(error).__name__) from error
        finally:
            await wire.close()
        sandbox_id: Any = cast("dict[str, Any]", made).get("id") if isinstance(made, dict) else None
        if not isinstance(sandbox_id, str) or not sandbox_id:
            raise _not_made(http_status=status)
        return sandbox_id


def _not_made(**context: object) -> ConfigurationError:
    return ConfigurationError(
        message="The bridge made no sandbox.",
        error_code=ErrorCode.SANDBOX_CONFIG_INVALID,
        op="start",
        context={"backend": "cloudflare", **context},
    )
