"""A bridge to test: one of our own, or a real one that the environment names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from pydantic_settings import BaseSettings

from devkit.bridge.server import BridgeServer
from tests.sandbox.caller import Caller, new_sandbox


class RealBridge(BaseSettings):
    """CONTRACT_BRIDGE_URL and CONTRACT_BRIDGE_API_KEY: the contract is checked against that bridge."""

    contract_bridge_url: str = ""
    contract_bridge_api_key: str = ""


@dataclass(frozen=True, slots=True)
class Backend:
    """Where a bridge listens, and its key."""

    url: str
    api_key: str

    def http(self) -> aiohttp.ClientSession:
        """Connections with the key."""
        return aiohttp.ClientSession(headers={"Authorization": f"Bearer {self.api_key}"})


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[BridgeServer]:
    made = BridgeServer(tmp_path / "bridge")
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[Backend]:
    real = RealBridge()
    if real.contract_bridge_url:
        yield Backend(real.contract_bridge_url.rstrip("/"), real.contract_bridge_api_key)
        return
    made = BridgeServer(tmp_path / "bridge")
    await made.start()
    yield Backend(made.url, made.api_key)
    left = made.ledger()
    await made.stop()
    assert left == []


@pytest.fixture
async def sandbox(backend: Backend) -> AsyncIterator[Caller]:
    """A sandbox of the bridge whose contract is checked."""
    async with backend.http() as http:
        made = await new_sandbox(http, backend.url)
        yield made
        assert (await made.call("DELETE", "")).status in {200, 204}


@pytest.fixture
async def local(bridge: BridgeServer) -> AsyncIterator[Caller]:
    """A sandbox of our own bridge."""
    async with Backend(bridge.url, bridge.api_key).http() as http:
        yield await new_sandbox(http, bridge.url)
