"""Sandboxes of a bridge, be it Cloudflare's or the local one, which speak the same protocol."""

from __future__ import annotations

import logging
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import aiohttp
from agents.extensions.sandbox.cloudflare import (
    CloudflareBucketMountStrategy,
    CloudflareSandboxClientOptions,
)
from agents.sandbox import Manifest, SandboxPathGrant
from agents.sandbox.entries import S3Mount
from agents.sandbox.session import SandboxSession
from agents.sandbox.session.dependencies import Dependencies

from bot.sandbox.gate import Gate
from bot.sandbox.limits import MOST_RESTORED
from bot.sandbox.remote import RemoteClient

log = logging.getLogger(__name__)

#: Seconds for one call of the bot's own to a bridge.
TIMEOUT: Final = aiohttp.ClientTimeout(total=20)
#: Where the bucket is; the address stands for the one that is bound to the bridge.
DATA: Final = "/data"
BOUND: Final = "https://bound.invalid"


class Bridge:
    """A `Host`. Beside the SDK's client it can make sure that a deletion has worked.

    Of a packed workspace no more than `largest` bytes and one are read.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        url: str,
        api_key: str,
        bucket: str = "",
        largest: int = MOST_RESTORED,
    ) -> None:
        self.gate = Gate()
        self._largest = largest
        self._http = http
        self._url = url.rstrip("/")
        self._api_key = api_key
        self._bucket = bucket

    @property
    def options(self) -> CloudflareSandboxClientOptions:
        """Its address and key."""
        return CloudflareSandboxClientOptions(worker_url=self._url, api_key=self._api_key)

    def client(self, dependencies: Dependencies) -> RemoteClient:
        """Make the SDK's client."""
        return RemoteClient(dependencies, largest=self._largest, gate=self.gate)

    def manifest(self, thread: str) -> Manifest:
        """What is mounted: of the bucket the thread's own part, and what all may read. No keys travel.

        The bridge knows the bucket by its name and has it bound, so the endpoint counts for nothing.
        """
        if not self._bucket:
            return Manifest()

        def mount(folder: str, prefix: str, *, read_only: bool) -> S3Mount:
            return S3Mount(
                bucket=self._bucket,
                prefix=prefix,
                endpoint_url=BOUND,
                mount_path=Path(DATA, folder),
                read_only=read_only,
                mount_strategy=CloudflareBucketMountStrategy(),
            )

        own = mount("thread", f"threads/{thread}/", read_only=False)
        return Manifest(
            entries={"thread": own, "docs": mount("docs", "docs/", read_only=True)},
            extra_path_grants=(SandboxPathGrant(path=DATA),),
        )

    def id_of(self, session: SandboxSession) -> str:
        """The id that the bridge gave it."""
        state: Any = session.state
        return str(state.sandbox_id)

    async def end(self, sandbox_id: str) -> bool:
        """Delete a sandbox; whether it is known to be gone."""
        try:
            async with self._http.delete(
                f"{self._url}/v1/sandbox/{sandbox_id}", headers=self._headers(), timeout=TIMEOUT
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            status = 0
        if 0 < status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.NOT_FOUND:
            return True
        log.warning("bridge did not delete", extra={"sandbox": sandbox_id, "status": status})
        return False

    async def fault(self) -> str:
        """Ask the bridge whether it is there."""
        try:
            async with self._http.get(
                f"{self._url}/health", headers=self._headers(), timeout=TIMEOUT
            ) as response:
                is_there = response.status == HTTPStatus.OK
        except (aiohttp.ClientError, TimeoutError, OSError):
            is_there = False
        return "" if is_there else "The sandbox bridge could not be reached at SANDBOX_URL."

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._api_key}"}
