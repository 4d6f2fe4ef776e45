"""The client of the agents library, unchanged, against a bridge."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from agents.extensions.sandbox.cloudflare import (
    CloudflareBucketMountStrategy,
    CloudflareSandboxClient,
    CloudflareSandboxClientOptions,
)
from agents.sandbox import LocalSnapshotSpec, Manifest, WorkspaceReadNotFoundError
from agents.sandbox.entries import Dir, File, R2Mount
from agents.sandbox.errors import ConfigurationError
from agents.sandbox.session import SandboxSession

from devkit.bridge.server import BridgeServer
from tests.sandbox.conftest import Backend


def options(backend: Backend, key: str | None = None) -> CloudflareSandboxClientOptions:
    return CloudflareSandboxClientOptions(backend.url, api_key=key or backend.api_key)


@pytest.fixture
def client() -> CloudflareSandboxClient:
    return CloudflareSandboxClient()


@pytest.fixture
async def session(backend: Backend, client: CloudflareSandboxClient) -> AsyncIterator[SandboxSession]:
    manifest = Manifest(entries={"src": Dir(), "README.md": File(content=b"# Read me\n")})
    made = await client.create(manifest=manifest, options=options(backend))
    await made.start()
    yield made
    await client.delete(made)


async def test_the_manifest_is_in_the_workspace(session: SandboxSession) -> None:
    result = await session.exec("ls -p; cat README.md", timeout=10)

    assert result.stdout == b"README.md\nsrc/\n# Read me\n"


async def test_files_are_written_and_read(session: SandboxSession) -> None:
    await session.write(Path("src/+page.svelte"), io.BytesIO(b"\x00\xff text"))

    assert (await session.read(Path("src/+page.svelte"))).read() == b"\x00\xff text"
    with pytest.raises(WorkspaceReadNotFoundError):
        await session.read(Path("src/missing"))


async def test_a_command_tells_its_exit_code(session: SandboxSession) -> None:
    result = await session.exec("echo out; echo err >&2; exit 3", timeout=10)

    assert (result.exit_code, result.stdout, result.stderr) == (3, b"out\n", b"err\n")


async def test_a_command_that_takes_too_long_ends_with_124(session: SandboxSession) -> None:
    result = await session.exec("sleep 4242", timeout=0.3)

    assert result.exit_code == 124
    assert (await session.exec("echo fine", timeout=10)).stdout == b"fine\n"


async def test_a_wrong_key_is_told(backend: Backend, client: CloudflareSandboxClient) -> None:
    with pytest.raises(ConfigurationError, match="unauthorized"):
        await client.create(options=options(backend, "wrong"))


async def test_a_sandbox_is_found_again_with_the_key_of_the_environment(
    backend: Backend,
    client: CloudflareSandboxClient,
    session: SandboxSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await session.write(Path("kept"), io.BytesIO(b"kept"))
    unknown = await client.resume(session.state)
    monkeypatch.setenv("CLOUDFLARE_SANDBOX_API_KEY", backend.api_key)
    found = await client.resume(session.state)

    assert not await unknown.running()
    assert await found.running()
    await found.start()
    assert (await found.read(Path("kept"))).read() == b"kept"
    await unknown.stop()
    await found.stop()


async def test_a_snapshot_restores_a_workspace_that_is_gone(
    backend: Backend, client: CloudflareSandboxClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDFLARE_SANDBOX_API_KEY", backend.api_key)
    snapshot = LocalSnapshotSpec(base_path=tmp_path)
    first = await client.create(snapshot=snapshot, options=options(backend))
    await first.start()
    await first.exec("mkdir -p a/b && echo deep > a/b/c", timeout=10)
    await first.stop()
    await client.delete(first)

    second = await client.create(options=options(backend))
    await second.start()
    archive = io.BytesIO(next(tmp_path.glob("*.tar")).read_bytes())
    await second.hydrate_workspace(archive)

    assert (await second.read(Path("a/b/c"))).read() == b"deep\n"
    await client.delete(second)


@pytest.mark.parametrize("read_only", [True, False])
async def test_a_bucket_of_the_manifest_is_mounted(
    bridge: BridgeServer, client: CloudflareSandboxClient, *, read_only: bool
) -> None:
    bucket = bridge.bucket("agent-data")
    (bucket / "given.txt").write_text("given\n", encoding="utf-8")
    strategy = CloudflareBucketMountStrategy()
    mount = R2Mount(bucket="agent-data", account_id="acc", read_only=read_only, mount_strategy=strategy)
    backend = Backend(bridge.url, bridge.api_key)
    session = await client.create(manifest=Manifest(entries={"data": mount}), options=options(backend))
    await session.start()
    await session.exec("echo kept > kept; cat data/given.txt > seen; echo made > data/made", timeout=10)
    archive = await session.persist_workspace()
    after = await session.exec("cat seen; ls data", timeout=10)
    await client.delete(session)

    assert after.stdout == (b"given\ngiven.txt\n" if read_only else b"given\ngiven.txt\nmade\n")
    assert (bucket / "made").exists() is not read_only
    assert b"given.txt" not in archive.read()
    assert bridge.ledger() == []
