"""The local bridge as a command of its own: what it prints is what a bot is told, and works."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path

from devkit.processes import inherited

BRIDGE = (sys.executable, "-m", "bot", "bridge")


@asynccontextmanager
async def started(folder: Path, settings: Mapping[str, str], *options: str) -> AsyncGenerator[list[str]]:
    """Run the command until the block ends; yields the lines that it says when it is ready."""
    process = await asyncio.create_subprocess_exec(
        *(*BRIDGE, *options), stdout=asyncio.subprocess.PIPE, env=inherited() | dict(settings), cwd=folder
    )
    assert process.stdout is not None
    try:
        said = [(await process.stdout.readline()).decode().strip()]
        if not settings:
            said += [(await process.stdout.readline()).decode().strip() for _ in range(4)]
        yield said
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def ended(folder: Path, settings: Mapping[str, str], *command: str) -> tuple[int, str]:
    """Run a command to its end; its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(command or BRIDGE),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=inherited() | dict(settings),
        cwd=folder,
    )
    said, _ = await process.communicate()
    return int(process.returncode or 0), said.decode()


async def test_what_it_prints_is_what_a_bot_is_told_and_it_listens_there_again(tmp_path: Path) -> None:
    async with started(tmp_path, {}) as said:
        settings = dict(line.split("=", 1) for line in said[2:])
        assert settings.keys() == {"SANDBOX_BACKEND", "SANDBOX_URL", "SANDBOX_API_KEY"}
        assert settings["SANDBOX_URL"] in said[0]
    settings |= {"SANDBOX_BUCKET": "our-data"}
    async with started(tmp_path, settings, "--data", "kept") as said:
        code, tried = await ended(tmp_path, settings, sys.executable, "-m", "bot", "doctor", "--sandbox")
        taken, why = await ended(tmp_path, settings)

    assert (code, [line[0] for line in tried.splitlines()]) == (0, ["✓"] * 5), tried
    assert settings["SANDBOX_URL"] in said[0]
    assert settings["SANDBOX_API_KEY"] not in said[0]
    assert (tmp_path / "kept/buckets/our-data").is_dir()
    assert taken == 1
    assert why.startswith("The bridge could not start.")
    assert "Traceback" not in why


async def test_it_does_not_listen_in_the_place_of_another_bridge(tmp_path: Path) -> None:
    settings = {"SANDBOX_BACKEND": "cloudflare", "SANDBOX_URL": "https://a.example", "SANDBOX_API_KEY": "k"}
    code, said = await ended(tmp_path, settings)

    assert code == 2
    assert said == "SANDBOX_BACKEND is cloudflare: this bridge is for local.\n"


async def test_the_version_is_said(tmp_path: Path) -> None:
    code, said = await ended(tmp_path, {}, sys.executable, "-m", "bot", "--version")

    assert (code, said) == (0, f"countersign {metadata.version('countersign')}\n")
