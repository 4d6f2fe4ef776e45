"""A command whose standard output takes no more says so in a sentence; one that nobody reads to its end says nothing."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.domain.events import MessageReceived
from bot.operations.standard_output import CLOSED
from bot.store import client
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from devkit.processes import inherited
from tests.factories import ANA, THREAD
from tests.redis_server import RedisServer

#: A shell that lets no file grow: what a full disk is to a program.
FULL = 'ulimit -f 0; exec "$@" > out'
SAID = "✗ Not all of it could be written to standard output: File too large.\n"


async def ended(
    arguments: str, settings: Mapping[str, str], directory: Path, *, into: int | None = None
) -> tuple[int | None, str]:
    """Run a command into a full disk, or into a pipe; its exit code, and what it said on standard error."""
    command = (sys.executable, "-m", "bot", *arguments.split())
    process = await asyncio.create_subprocess_exec(
        *(command if into is not None else ("/bin/sh", "-c", FULL, "sh", *command)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=into,
        stderr=asyncio.subprocess.PIPE,
        env=inherited() | dict(settings),
        cwd=directory,
    )
    if into is not None:
        os.close(into)
    _, said = await process.communicate()
    return process.returncode, said.decode()


async def test_a_key_that_no_disk_took_is_not_said_to_be_printed(tmp_path: Path) -> None:
    assert await ended("new-key", {}, tmp_path) == (1, SAID)


@pytest.mark.parametrize("command", ["usage", "tail T0ACME0001/C0SUPPORT1/1.0"])
async def test_a_command_that_reads_redis_does_not_blame_it_for_a_full_disk(
    redis_server: RedisServer, tmp_path: Path, command: str
) -> None:
    key = Fernet.generate_key().decode()
    settings = {"REDIS_URL": redis_server.url, "REDIS_PREFIX": f"t{secrets.token_hex(4)}", "STATE_KEYS": key}

    assert await ended(command, settings, tmp_path) == (1, SAID)


async def test_a_backup_for_which_there_is_no_room_says_it_once(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    key, prefix = Fernet.generate_key().decode(), f"t{secrets.token_hex(4)}"
    async with client.connect(redis_server.url) as redis:
        hour = timedelta(hours=1)
        inbox = Inbox(redis, Keys(prefix, 4), Sealer([key]), dedupe_ttl=hour, lease=hour)
        await inbox.append(THREAD, MessageReceived("1.1", ANA, "hi"), event_ids=("m1",))
    settings = {"REDIS_URL": redis_server.url, "REDIS_PREFIX": prefix, "STATE_KEYS": key}

    code, said = await ended("backup -", settings, tmp_path)

    assert code == 1
    assert [line for line in said.splitlines() if line.startswith("✗")] == [
        "✗ The backup could not be written: File too large."
    ]
    assert "Traceback" not in said


async def test_who_reads_no_further_ends_a_command_without_a_word(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)

    assert await ended("new-key", {}, tmp_path, into=write) == (CLOSED, "")
