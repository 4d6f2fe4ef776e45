"""A bare client of a bridge, for what the stock client hides."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL


@dataclass(frozen=True, slots=True)
class Said:
    """What a command did; `error` instead of an exit code if it has none."""

    code: int | None
    stdout: str
    stderr: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    @property
    def code(self) -> str:
        """The code of an error."""
        return json.loads(self.body)["code"]


class Caller:
    """One sandbox of a bridge."""

    def __init__(self, http: aiohttp.ClientSession, url: str, sandbox_id: str) -> None:
        self.http, self.url, self.id = http, url, sandbox_id

    async def call(self, method: str, path: str, **given: Any) -> Answer:
        """A request to the sandbox; `path` is sent as it is."""
        if isinstance(given.get("data"), bytes):
            given["data"] = io.BytesIO(given["data"])
        address = URL(f"{self.url}/v1/sandbox/{self.id}{path}", encoded=True)
        async with self.http.request(method, address, **given) as answer:
            return Answer(answer.status, await answer.read())

    async def run(self, *argv: str, timeout_ms: int = 20_000, **more: Any) -> Said:
        """Run a command."""
        body = {"argv": argv, "timeout_ms": timeout_ms, **more}
        answer = await self.call("POST", "/exec", json=body)
        assert answer.status == 200, answer.body
        return heard(answer.body)

    async def sh(self, script: str, *, timeout_ms: int = 20_000) -> Said:
        """Run a line of shell."""
        return await self.run("sh", "-c", script, timeout_ms=timeout_ms)

    async def python(self, program: str, *, timeout_ms: int = 20_000) -> Said:
        """Run a program with the system's Python."""
        return await self.run("python3", "-c", program, timeout_ms=timeout_ms)

    async def put(self, path: str, body: bytes) -> Answer:
        """Write a file of the workspace."""
        return await self.call("PUT", f"/file/workspace/{quote(path)}", data=body)

    async def get(self, path: str) -> Answer:
        """Read a file of the workspace."""
        return await self.call("GET", f"/file/workspace/{quote(path)}")

    async def mount(self, bucket: str, target: str, **options: Any) -> Answer:
        """Mount a bucket."""
        options = {"endpoint": "https://r2.example.com", "readOnly": False} | options
        body = {"bucket": bucket, "mountPath": target, "options": options}
        return await self.call("POST", "/mount", json=body)

    async def unmount(self, target: str) -> Answer:
        """Unmount a bucket."""
        return await self.call("POST", "/unmount", json={"mountPath": target})


async def new_sandbox(http: aiohttp.ClientSession, url: str) -> Caller:
    """Create a sandbox."""
    async with http.post(f"{url}/v1/sandbox") as answer:
        assert answer.status == 200, await answer.text()
        return Caller(http, url, (await answer.json())["id"])


def heard(stream: bytes) -> Said:
    """Read the events of an exec."""
    output = {"stdout": b"", "stderr": b""}
    code, error = None, ""
    for event in stream.decode().strip().split("\n\n"):
        name, data = (line.partition(": ")[2] for line in event.split("\n"))
        if name in output:
            output[name] += base64.b64decode(data)
        elif name == "exit":
            code = json.loads(data)["exit_code"]
        elif name == "error":
            error = json.loads(data)["code"]
    return Said(code, output["stdout"].decode(), output["stderr"].decode(), error)


def tar_of(*members: tuple[tarfile.TarInfo, bytes] | tarfile.TarInfo) -> bytes:
    """An archive with just these members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for member in members:
            info, content = member if isinstance(member, tuple) else (member, b"")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """What an archive says of one of its members."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, 0o755
    return info


def names_in(archive: bytes) -> set[str]:
    """What an archive holds, without the root."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {name.removeprefix("./") for name in tar.getnames()} - {".", ""}
