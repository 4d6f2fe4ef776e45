"""Whatever file a backup is written to or read from, what is wrong with it is said in one sentence."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
import typer
from cryptography.fernet import Fernet

from bot.domain.events import MessageReceived
from bot.operations.cli_backup import backup, restore
from bot.store import client
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from tests.factories import ANA, THREAD
from tests.redis_server import RedisServer

LONG = "a" * 300


async def store_something(url: str, prefix: str, key: str) -> None:
    """Let there be something to back up."""
    async with client.connect(url) as redis:
        hour = timedelta(hours=1)
        inbox = Inbox(redis, Keys(prefix, 4), Sealer([key]), dedupe_ttl=hour, lease=hour)
        await inbox.append(THREAD, MessageReceived("1.1", ANA, "hi"), event_ids=("m1",))


@pytest.fixture(autouse=True)
def stored(redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings as an operator has them, in a folder of their own."""
    key, prefix = Fernet.generate_key().decode(), f"t{secrets.token_hex(4)}"
    asyncio.run(store_something(redis_server.url, prefix, key))
    settings = {"REDIS_URL": redis_server.url, "REDIS_PREFIX": prefix, "REDIS_SHARDS": "4", "STATE_KEYS": key}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("file", "why"),
    [(LONG, "File name too long"), ("nowhere/b", "No such file or directory"), ("-", "Bad file descriptor")],
)
def test_what_a_backup_cannot_be_written_to_is_said(
    file: str, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if file == "-":
        monkeypatch.setattr(sys, "stdout", None)  # whoever started it had closed it
    with pytest.raises(typer.Exit) as end:
        backup(file)

    assert end.value.exit_code == 1
    assert capsys.readouterr().err == f"✗ {file} cannot be written: {why}.\n"


@pytest.mark.parametrize(
    ("file", "why"), [("/proc/self/mem", "Input/output error"), ("-", "Bad file descriptor")]
)
def test_what_a_backup_cannot_be_read_from_is_said(
    file: str, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if file == "-":
        monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(typer.Exit) as end:
        restore(file)

    assert end.value.exit_code == 1
    assert capsys.readouterr().err == f"✗ {file} cannot be read: {why}.\n"


def test_what_a_pipe_brings_under_a_name_is_restored(capsys: pytest.CaptureFixture[str]) -> None:
    backup("b")
    os.mkfifo("pipe")
    bringing = Thread(target=Path("pipe").write_bytes, args=[Path("b").read_bytes()])
    bringing.start()
    restore("pipe", replace=True)
    bringing.join()

    assert "Restored" in capsys.readouterr().err
