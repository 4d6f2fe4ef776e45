"""The answer to an exec: server-sent events, text only, as the original sends it."""

from __future__ import annotations

import asyncio
import base64
import codecs
import json
from collections.abc import Callable

from aiohttp import web

from devkit.bridge.job import Job, Output


class ExecEvents:
    """Passes on what a job writes, up to so many bytes, and says how it ended."""

    def __init__(self, answer: web.StreamResponse, job: Job, most: int, kill: Callable[[], None]) -> None:
        self._answer = answer
        self._kill = kill
        self._job = job
        self._left = most

    async def pass_on(self) -> None:
        """Send what the job writes until it has ended; kill it if that is too much."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pump("stdout", self._job.stdout))
            group.create_task(self._pump("stderr", self._job.stderr))
        await self._job.ended

    async def _pump(self, name: str, output: Output) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        async for chunk in output.chunks(self._job.ended):
            self._left -= len(chunk)
            if self._left < 0:
                self._kill()
                return
            await self.send(name, decoder.decode(chunk).encode())
        await self.send(name, decoder.decode(b"", final=True).encode())

    async def send(self, name: str, data: bytes) -> None:
        """Send output."""
        if data:
            await self._event(name, base64.b64encode(data).decode())

    async def end(self, code: int) -> None:
        """Say how the command ended."""
        if error := self._job.ended.result().error:
            await self._fail("exec_error", error)
        elif self._left < 0:
            await self._fail("output_too_large", "The command wrote too much.")
        else:
            await self._event("exit", json.dumps({"exit_code": code}))

    async def _fail(self, code: str, error: str) -> None:
        """Say that there is no exit code."""
        await self._event("error", json.dumps({"error": error, "code": code}))

    async def _event(self, name: str, data: str) -> None:
        await self._answer.write(f"event: {name}\ndata: {data}\n\n".encode())
