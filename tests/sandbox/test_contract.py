"""What a bridge does with each request: our own, and any other that the environment names."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import aiohttp
import pytest

from tests.sandbox.caller import Caller, heard, member, names_in, tar_of
from tests.sandbox.conftest import Backend

MIB = 1 << 20
ODD_NAMES = ["+page.svelte", "a b", "h#x", "pct%41", "q?x", "ünï", "@[1]&=,;:", "~x!$'()*"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic é"}])
async def test_nothing_is_done_without_the_key(backend: Backend, headers: dict[str, str]) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{backend.url}/v1/sandbox", headers=headers) as answer,
    ):
        assert answer.status == 401
        assert (await answer.json())["code"] == "unauthorized"


async def test_health_is_public(backend: Backend) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{backend.url}/health") as answer:
        assert answer.status == 200


async def test_an_id_is_of_base32(sandbox: Caller) -> None:
    assert re.fullmatch("[a-z2-7]{26}", sandbox.id)


@pytest.mark.parametrize("bad", ["ABC", "0189", "a" * 129, "a-b"])
async def test_a_bad_id_is_refused(backend: Backend, bad: str) -> None:
    async with backend.http() as http:
        answer = await Caller(http, backend.url, bad).call("POST", "/exec", json={"argv": ["true"]})

    assert (answer.status, answer.code) == (400, "invalid_request")


async def test_it_runs_until_it_is_deleted_and_may_be_deleted_twice(sandbox: Caller) -> None:
    running = await sandbox.call("GET", "/running")
    deleted = [(await sandbox.call("DELETE", "")).status for _ in range(2)]

    assert b"true" in running.body
    assert all(status < 400 or status == 404 for status in deleted)


# Files


@pytest.mark.parametrize("name", ["missing", "no/such/folder/x"])
async def test_a_missing_file_is_not_found(sandbox: Caller, name: str) -> None:
    answer = await sandbox.get(name)

    assert (answer.status, answer.code) == (404, "workspace_read_not_found")


@pytest.mark.parametrize("content", [b"", b"text\n", bytes(range(256)) * 4096, b"data: {not a stream"])
async def test_a_file_comes_back_as_it_was_written(sandbox: Caller, content: bytes) -> None:
    written = await sandbox.put("new/folder/file", content)

    assert written.status == 200
    assert (await sandbox.get("new/folder/file")).body == content


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_a_file_has_the_name_that_was_meant(sandbox: Caller, name: str) -> None:
    await sandbox.put(f"odd/{name}", b"here")

    assert (await sandbox.sh("ls odd")).stdout == f"{name}\n"
    assert (await sandbox.get(f"odd/{name}")).body == b"here"


async def test_a_folder_is_no_file(sandbox: Caller) -> None:
    await sandbox.sh("mkdir folder")

    assert (await sandbox.get("folder")).status >= 400
    assert (await sandbox.put("folder", b"x")).status >= 400


@pytest.mark.parametrize(
    "path", ["/file/etc/passwd", "/file/workspace/../etc/passwd", "/file/workspace/%2e%2e/etc/passwd"]
)
async def test_a_path_outside_the_workspace_is_refused(sandbox: Caller, path: str) -> None:
    read = await sandbox.call("GET", path)
    written = await sandbox.call("PUT", path, data=b"x")

    assert {read.status, written.status} <= {400, 403, 404}


@pytest.mark.parametrize("path", ["/file/workspace/%ff", "/file/workspace/a%00b"])
async def test_a_path_that_is_none_is_refused(sandbox: Caller, path: str) -> None:
    assert (await sandbox.call("GET", path)).status == 400


async def test_a_file_has_32_mib_at_most(sandbox: Caller) -> None:
    too_large = await sandbox.put("large", bytes(33 * MIB))
    largest = await sandbox.put("large", bytes(32 * MIB))

    assert (too_large.status, too_large.code) == (413, "payload_too_large")
    assert largest.status == 200
    assert len((await sandbox.get("large")).body) == 32 * MIB


# Commands


async def test_a_command_has_output_errors_and_an_exit_code(sandbox: Caller) -> None:
    said = await sandbox.sh("echo out; echo err >&2; exit 5")

    assert (said.code, said.stdout, said.stderr) == (5, "out\n", "err\n")


async def test_arguments_reach_a_command_untouched_by_a_shell(sandbox: Caller) -> None:
    said = await sandbox.run("printf", "%s|", "$HOME", "a b", "*", "ü\n")

    assert said.stdout == "$HOME|a b|*|ü\n|"


async def test_a_command_that_does_not_exist_fails(sandbox: Caller) -> None:
    said = await sandbox.run("no-such-command")

    assert said.code == 127


async def test_a_command_works_in_the_workspace_or_where_it_is_told(sandbox: Caller) -> None:
    await sandbox.sh("mkdir -p deep/er")

    assert (await sandbox.run("pwd")).stdout == "/workspace\n"
    assert (await sandbox.run("pwd", cwd="/workspace/deep/er")).stdout == "/workspace/deep/er\n"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *(
            (body, 400)
            for body in ("nonsense", "[]", "{}", '{"argv": []}', '{"argv": "ls"}', '{"argv": [1]}')
        ),
        ('{"argv": ["ls"], "cwd": "/etc"}', 403),
        ('{"argv": ["ls"], "cwd": "/workspace/../etc"}', 403),
    ],
)
async def test_a_command_that_makes_no_sense_is_refused(sandbox: Caller, body: str, status: int) -> None:
    answer = await sandbox.call("POST", "/exec", data=body, headers={"Content-Type": "application/json"})

    assert (answer.status, answer.code) == (status, "invalid_request")


async def test_a_command_that_takes_too_long_is_killed_with_its_children(sandbox: Caller) -> None:
    said = await sandbox.sh("echo before; sleep 4242 & sleep 4343", timeout_ms=300)
    alive = "grep -qa '[s]leep.4[23]4[23]' /proc/[0-9]*/cmdline 2>/dev/null"
    gone = await sandbox.sh(f"for i in 1 2 3 4 5 6 7 8 9; do {alive} || exit 0; sleep 0.2; done; exit 1")

    assert (said.code, said.stdout, said.stderr) == (124, "before\n", "Command timed out after 300ms")
    assert gone.code == 0


async def test_a_command_reads_nothing(sandbox: Caller) -> None:
    said = await sandbox.run("cat", timeout_ms=5_000)

    assert (said.code, said.stdout) == (0, "")


async def test_much_output_comes_whole(sandbox: Caller) -> None:
    said = await sandbox.sh("head -c 8388608 /dev/zero | tr '\\0' x; echo end >&2")

    assert (len(said.stdout), said.stderr) == (8 * MIB, "end\n")


async def test_output_comes_as_it_is_written(sandbox: Caller) -> None:
    body = {"argv": ["sh", "-c", "echo first; sleep 4242"], "timeout_ms": 30_000}
    url = f"{sandbox.url}/v1/sandbox/{sandbox.id}/exec"
    async with sandbox.http.post(url, json=body) as answer:
        async with asyncio.timeout(10):
            event = await answer.content.readuntil(b"\n\n")

    assert heard(event).stdout == "first\n"


async def test_output_is_text(sandbox: Caller) -> None:
    said = await sandbox.sh("printf 'caf\\303\\251 \\377'")

    assert said.stdout == "café �"


async def test_four_commands_run_at_once(sandbox: Caller) -> None:
    """Each waits for the others, so one after the other none would end."""
    script = "touch here.{0}; while [ $(ls here.* | wc -l) -lt 4 ]; do sleep 0.05; done; echo {0}"
    said = await asyncio.gather(*(sandbox.sh(script.format(n), timeout_ms=15_000) for n in range(4)))

    assert [each.stdout for each in said] == ["0\n", "1\n", "2\n", "3\n"]


async def test_what_runs_in_the_background_outlives_its_command(sandbox: Caller) -> None:
    await sandbox.put("served.txt", b"hello from inside")
    started = await sandbox.sh("python3 -m http.server 8123 --bind 127.0.0.1 & echo started")
    fetch = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8123/served.txt').read().decode())"
    fetched = await sandbox.sh(
        f'for i in 1 2 3 4 5 6 7 8 9; do python3 -c "{fetch}" 2>/dev/null && exit 0; sleep 0.3; done; exit 1'
    )

    assert (started.code, started.stdout) == (0, "started\n")
    assert (fetched.code, fetched.stdout) == (0, "hello from inside\n")


# Archives


async def test_a_workspace_is_packed_and_unpacked(sandbox: Caller) -> None:
    await sandbox.sh("mkdir a; echo 1 > a/x; chmod 755 a/x; ln -s x a/link; echo 2 > '+y'; touch empty")
    packed = await sandbox.call("POST", "/persist")
    await sandbox.sh("rm -rf /workspace/*")
    unpacked = await sandbox.call("POST", "/hydrate", data=packed.body)
    said = await sandbox.sh("cat a/link ./+y; test -x a/x && ls -d * a/*")

    assert names_in(packed.body) == {"a", "a/x", "a/link", "+y", "empty"}
    assert unpacked.status == 200
    assert said.stdout.split() == ["1", "2", "+y", "a", "a/link", "a/x", "empty"]


async def test_what_is_excluded_is_not_packed(sandbox: Caller) -> None:
    await sandbox.sh("mkdir -p node_modules/x keep/cache; touch node_modules/x/y keep/z keep/cache/c")
    packed = await sandbox.call("POST", "/persist?excludes=node_modules,keep/cache")

    assert names_in(packed.body) == {"keep", "keep/z"}


async def test_excluding_what_is_outside_is_refused(sandbox: Caller) -> None:
    assert (await sandbox.call("POST", "/persist?excludes=a,../b")).status == 400


async def test_an_archive_may_be_larger_than_what_may_come_back(sandbox: Caller) -> None:
    await sandbox.sh("head -c 41943040 /dev/urandom > large")
    packed = await sandbox.call("POST", "/persist")
    unpacked = await sandbox.call("POST", "/hydrate", data=packed.body)

    assert len(packed.body) > 40 * MIB
    assert (unpacked.status, unpacked.code) == (400, "invalid_request")


async def test_an_empty_archive_is_refused(sandbox: Caller) -> None:
    answer = await sandbox.call("POST", "/hydrate", data=b"")

    assert (answer.status, answer.code) == (400, "invalid_request")


async def test_what_is_no_archive_is_refused(sandbox: Caller) -> None:
    answer = await sandbox.call("POST", "/hydrate", data=b"not a tar" * 1000)

    assert answer.status in {400, 502}


async def test_an_archive_is_added_to_what_is_there(sandbox: Caller) -> None:
    await sandbox.put("old", b"old")
    await sandbox.call("POST", "/hydrate", data=tar_of((member("./new"), b"new")))

    assert (await sandbox.sh("cat old new")).stdout == "oldnew"


# Mounts


@pytest.mark.parametrize(
    "body",
    [
        "nonsense",
        {},
        {"bucket": "agent-data", "mountPath": "relative", "options": {"endpoint": "x"}},
        {"bucket": "agent-data", "mountPath": "/workspace/../etc", "options": {"endpoint": "x"}},
        {"bucket": "agent-data", "mountPath": "/workspace/data", "options": None},
        {"mountPath": "/workspace/data", "options": {"endpoint": "x"}},
    ],
)
async def test_a_mount_that_makes_no_sense_is_refused(sandbox: Caller, body: Any) -> None:
    answer = await sandbox.call("POST", "/mount", json=body)

    assert (answer.status, answer.code) == (400, "invalid_request")


async def test_an_unknown_bucket_is_not_mounted(sandbox: Caller) -> None:
    assert (await sandbox.mount("no-such-bucket", "/workspace/data")).status in {400, 502}


async def test_what_is_not_mounted_is_not_unmounted(sandbox: Caller) -> None:
    assert (await sandbox.unmount("/workspace/data")).status in {400, 502}


async def test_a_terminal_needs_an_upgrade(sandbox: Caller) -> None:
    assert (await sandbox.call("GET", "/pty")).status >= 400
