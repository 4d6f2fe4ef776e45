"""What the bot needs of whoever makes sandboxes: one contract, against every host that is present.

The local bridge is always there. CONTRACT_DOCKER_IMAGE names an image (bash, coreutils, tar) of the
Docker engine at DOCKER_HOST, and CONTRACT_BRIDGE_URL a deployed bridge; with them, those are held to it too.
"""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from agents.editor import ApplyPatchOperation
from agents.sandbox import WorkspaceReadNotFoundError
from agents.sandbox.errors import SandboxError
from agents.sandbox.session import SandboxSession
from agents.sandbox.session.dependencies import Dependencies

from bot.sandbox.bridge import Bridge
from bot.sandbox.docker import Docker
from bot.sandbox.host import Host
from tests.sandbox.conftest import Backend
from tests.world import Present

LARGEST = 8 * 1024 * 1024
PRESENT = Present()
HOSTS = ["bridge", *(["docker"] if PRESENT.contract_docker_image else [])]


@pytest.fixture(params=HOSTS)
async def host(request: pytest.FixtureRequest, backend: Backend) -> AsyncIterator[Host]:
    if request.param == "docker":
        image = PRESENT.contract_docker_image
        made = Docker(url="", image=image, lifetime=timedelta(minutes=2), largest=LARGEST)
        before = ids(made)
        yield made
        assert ids(made) <= before
        made.engine.close()
        return
    async with aiohttp.ClientSession() as http:
        yield Bridge(http, url=backend.url, api_key=backend.api_key, largest=LARGEST)


def ids(host: Docker) -> set[str]:
    """The containers that the bot has made, or another test."""
    return {str(one.id) for one in host.engine.containers.list(all=True, filters={"label": "countersign"})}


@asynccontextmanager
async def opened(host: Host) -> AsyncGenerator[SandboxSession]:
    client = host.client(Dependencies())
    session = await client.create(manifest=host.manifest("T1/C1/1.1"), options=host.options)
    try:
        await session.start()
        yield session
    finally:
        await client.delete(session)


@pytest.fixture
async def session(host: Host) -> AsyncIterator[SandboxSession]:
    async with opened(host) as made:
        yield made


async def said(session: SandboxSession, command: str) -> str:
    return (await session.exec(command, timeout=20)).stdout.decode().strip()


async def test_nothing_stands_against_it(host: Host) -> None:
    assert await host.fault() == ""


async def test_a_command_tells_its_exit_code_output_and_errors(session: SandboxSession) -> None:
    result = await session.exec("echo out; echo err >&2; exit 3", timeout=10)

    assert (result.exit_code, result.stdout, result.stderr) == (3, b"out\n", b"err\n")


async def test_arguments_reach_a_command_untouched(session: SandboxSession) -> None:
    words = ["printf", "[%s]", "a b", "$HOME", "'\"", "ü\n", ""]

    result = await session.exec(*words, shell=False, timeout=10)

    assert result.stdout.decode() == "[a b][$HOME]['\"][ü\n][]"


async def test_a_command_that_does_not_exist_fails(session: SandboxSession) -> None:
    assert (await session.exec("no-such-command", timeout=10)).exit_code == 127


async def test_a_command_works_in_the_workspace_and_reads_nothing(session: SandboxSession) -> None:
    assert await said(session, "pwd; cat; echo end") == "/workspace\nend"


async def test_a_command_that_takes_too_long_ends_with_124_and_its_children_too(
    session: SandboxSession,
) -> None:
    result = await session.exec("sh -c 'sleep 4242 & sleep 4242'", timeout=0.5)

    assert result.exit_code == 124
    sleeping = "grep -lsa '[4]242' /proc/[0-9]*/cmdline | wc -l"
    assert await said(session, sleeping) == "0"


async def test_one_that_ignores_its_end_is_killed(session: SandboxSession) -> None:
    result = await session.exec("bash -c 'trap \"\" TERM; while :; do :; done'", timeout=0.5)

    assert result.exit_code in {124, 137}


async def test_much_output_comes_whole(session: SandboxSession) -> None:
    result = await session.exec("head -c 3000000 /dev/zero | tr '\\0' x", timeout=20)

    assert result.stdout == b"x" * 3_000_000


async def test_a_command_that_says_too_much_is_an_error(session: SandboxSession) -> None:
    with pytest.raises(SandboxError):
        await session.exec("head -c 70000000 /dev/zero", timeout=30)

    assert await said(session, "echo fine") == "fine"


@pytest.mark.parametrize(
    "name", ["plain", "with space", "+page.svelte", "ü.txt", "a%2Fb", "-rf", "q?x=1#y", "n" * 200]
)
async def test_a_file_comes_back_as_it_was_written(session: SandboxSession, name: str) -> None:
    content = bytes(range(256)) * 300

    await session.write(Path("deep/er", name), io.BytesIO(content))

    assert (await session.read(Path("deep/er", name))).read() == content
    assert await said(session, "ls deep/er") == name


async def test_a_file_is_made_changed_and_removed_by_patches(session: SandboxSession) -> None:
    made = ApplyPatchOperation("create_file", "notes/a.txt", "+one\n+two\n+three\n")
    changed = ApplyPatchOperation("update_file", "notes/a.txt", "@@\n one\n-two\n+2\n three\n")

    await session.apply_patch([made, changed])
    assert await said(session, "cat notes/a.txt") == "one\n2\nthree"
    with pytest.raises(SandboxError):
        await session.apply_patch(changed)
    with pytest.raises(SandboxError):
        await session.apply_patch(ApplyPatchOperation("create_file", "../out.txt", "+no\n"))
    await session.apply_patch(ApplyPatchOperation("delete_file", "notes/a.txt"))

    assert await said(session, "ls notes; ls /out.txt 2>/dev/null | wc -l") == "0"


async def test_a_missing_file_is_not_found(session: SandboxSession) -> None:
    with pytest.raises(WorkspaceReadNotFoundError):
        await session.read(Path("missing"))


async def test_nothing_is_read_or_written_outside(session: SandboxSession) -> None:
    for path in (Path("../etc/passwd"), Path("/etc/passwd")):
        with pytest.raises(SandboxError):
            await session.read(path)
        with pytest.raises(SandboxError):
            await session.write(path, io.BytesIO(b"x"))


async def test_what_runs_in_the_background_stays(session: SandboxSession) -> None:
    await session.exec("(sleep 0.3; echo late > late) >/dev/null 2>&1 &", timeout=10)
    waiting = "for n in $(seq 100); do [ -e late ] && break; sleep 0.1; done; cat late"

    assert await said(session, waiting) == "late"


async def test_a_workspace_goes_into_another_sandbox(host: Host, session: SandboxSession) -> None:
    await session.exec(
        "mkdir -p out empty node_modules/x; echo 1 > out/a; ln -s out/a link; chmod 750 out/a; echo no > node_modules/x/y",
        timeout=10,
    )
    session.register_persist_workspace_skip_path("node_modules")

    with await session.persist_workspace() as packed:
        archive = packed.read()
    async with opened(host) as other:
        await other.hydrate_workspace(io.BytesIO(archive))
        found = await said(other, "find . -mindepth 1 | sort; cat link; stat -c %a out/a")

    assert found == "./empty\n./link\n./out\n./out/a\n1\n750"


@pytest.mark.parametrize(
    "made",
    [
        "head -c 20000000 /dev/urandom > big",
        "head -c 400M /dev/zero > big",
        "truncate -s 400M hole",
        "head -c 1000000 /dev/zero > one; for n in $(seq 40); do ln one $n; done",
    ],
)
async def test_of_an_archive_that_is_too_large_the_limit_and_one_byte_are_read(
    session: SandboxSession, made: str
) -> None:
    await session.exec(made, timeout=60)

    with await session.persist_workspace() as packed:
        assert len(packed.read()) == LARGEST + 1
    await session.exec("rm *", timeout=20)
    with await session.persist_workspace() as packed:
        assert len(packed.read()) < LARGEST


async def test_a_file_that_is_too_large_is_not_read(session: SandboxSession) -> None:
    await session.exec("truncate -s 400M hole", timeout=20)

    with pytest.raises(SandboxError):
        await session.read(Path("hole"))

    assert await said(session, "echo fine") == "fine"


async def test_what_leads_out_of_the_workspace_is_not_unpacked(session: SandboxSession) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        evil = tarfile.TarInfo("../../tmp/evil")
        evil.size = 4
        archive.addfile(evil, io.BytesIO(b"evil"))

    with pytest.raises(SandboxError):
        await session.hydrate_workspace(io.BytesIO(made.getvalue()))

    assert await said(session, "ls /tmp/evil ../tmp/evil 2>/dev/null | wc -l") == "0"


async def test_it_has_no_network_no_secrets_and_no_rights(session: SandboxSession) -> None:
    assert await said(session, "cat /proc/net/dev | grep -c ':'") in {"0", "1"}  # the loopback at most
    assert "KEY" not in await said(session, "env")
    assert await said(session, "id -u") != "0"
    assert await said(session, "grep CapEff /proc/self/status") == "CapEff:\t0000000000000000"
    assert await said(session, "grep NoNewPrivs /proc/self/status") == "NoNewPrivs:\t1"
    assert (
        await said(session, "touch /etc/x || touch /usr/x || touch /var/tmp/x || echo refused") == "refused"
    )


async def test_the_disk_is_full_before_the_host_is(session: SandboxSession) -> None:
    filled = "for n in $(seq 20); do head -c 100000000 /dev/zero > f$n || break; done; ls | wc -l"

    assert int(await said(session, filled)) < 8


async def test_it_is_gone_when_it_was_ended_and_may_be_ended_twice(host: Host) -> None:
    async with opened(host) as session:
        assert await session.running()

        assert await host.end(host.id_of(session))
        assert await host.end(host.id_of(session))

        assert not await session.running()
        with pytest.raises(SandboxError):
            await session.exec("true", timeout=10)


async def test_one_that_is_gone_before_it_was_used_is_an_error_of_the_sandbox(host: Host) -> None:
    client = host.client(Dependencies())
    session = await client.create(manifest=host.manifest("T1/C1/1.1"), options=host.options)
    try:
        assert await host.end(host.id_of(session))
        with pytest.raises(SandboxError):
            await session.start()
    finally:
        await client.delete(session)


async def test_the_client_ends_what_it_made_even_while_a_command_runs(host: Host) -> None:
    async with opened(host) as session:
        running = asyncio.create_task(session.exec("echo begun > begun; sleep 4242", timeout=60))
        await session.exec("until [ -e begun ]; do sleep 0.05; done", timeout=20)
        running.cancel()
    # Both fixtures look whether anything is left.
