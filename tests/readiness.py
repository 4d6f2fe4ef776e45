"""What a supervisor is told of a bot."""

from __future__ import annotations

from typing import Any

import aiohttp


async def readiness(port: int) -> tuple[int, list[str]]:
    """The status of `/readyz`, and its complaints."""
    status, body = await _read(port)
    return status, body["complaints"]


async def fact(port: int, name: str) -> Any:
    """What `/readyz` says beside that."""
    return (await _read(port))[1][name]


async def _read(port: int) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/readyz") as answer:
        return answer.status, await answer.json()
