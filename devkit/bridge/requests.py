"""What a request to the bridge says, checked."""

from __future__ import annotations

import json
import posixpath
import re
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from devkit.bridge.sandbox import Mount

ID = re.compile(r"[a-z2-7]{1,128}")
BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")
ROOTS = ("/workspace", "/data")


class Refused(Exception):
    """The bridge says no, with the HTTP status and the code it says it with."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def invalid(message: str, status: int = 400) -> Refused:
    """The refusal of a request that makes no sense."""
    return Refused(status, "invalid_request", message)


def sandbox_id(request: web.Request) -> str:
    """The id in the address."""
    found = request.match_info["id"]
    if not ID.fullmatch(found):
        raise invalid("The id of a sandbox is 1 to 128 of a-z and 2-7.")
    return found


async def json_body(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object."""
    try:
        body: Any = json.loads(await body_of(request, 4 << 20, invalid("The body is too large.")))
    except (ValueError, RecursionError):
        raise invalid("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise invalid("The body is not a JSON object.")
    return body  # pyright: ignore[reportUnknownVariableType]


async def body_of(request: web.Request, most: int, refusal: Refused) -> bytes:
    """The body, if it has `most` bytes at most."""
    if (request.content_length or 0) > most:
        raise refusal
    body = bytearray()
    async for chunk in request.content.iter_chunked(1 << 18):
        body += chunk
        if len(body) > most:
            raise refusal
    return bytes(body)


def command(body: dict[str, Any], *, longest: float) -> tuple[dict[str, Any], int]:
    """The job of an exec, and after how many milliseconds it is killed."""
    argv = body.get("argv")
    if not isinstance(argv, list) or not argv or not all(isinstance(each, str) for each in argv):
        raise invalid("argv is a list of strings, with at least one.")
    if not argv[0] or any(not _is_text(each) for each in argv):
        raise invalid("argv holds what no command can be.")
    timeout = body.get("timeout_ms", longest * 1000)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout <= 0:
        raise invalid("timeout_ms is a positive number.")
    cwd = body.get("cwd", "/workspace")
    if not isinstance(cwd, str) or not _is_text(cwd):
        raise invalid("cwd is a path.")
    job = {"op": "exec", "argv": argv, "cwd": in_workspace(posixpath.join("/workspace", cwd))}
    return job, int(min(timeout, longest * 1000))


def file_path(request: web.Request) -> str:
    """The path of a file, from an address in which each character may be quoted."""
    raw = request.raw_path.partition("?")[0].partition("/file/")[2]
    try:
        path = unquote(raw, errors="strict")
    except UnicodeDecodeError:
        raise invalid("The path is not UTF-8.") from None
    if not _is_text(path):
        raise invalid("The path holds what no path can.")
    if ".." in path.split("/"):
        raise invalid("The path leads outside /workspace.", 403)
    return in_workspace(posixpath.normpath("/" + path.lstrip("/")))


def in_workspace(path: str) -> str:
    """The path, if it is the workspace or in it."""
    path = posixpath.normpath(path)
    if path != "/workspace" and not path.startswith("/workspace/"):
        raise invalid("The path is outside /workspace.", 403)
    return path


def excludes(request: web.Request) -> list[str]:
    """Which paths of the workspace a tar leaves out."""
    found = [each for each in request.query.get("excludes", "").split(",") if each]
    for each in found:
        if ".." in each.split("/") or each.startswith("/"):
            raise invalid(f"{each} is not a path in the workspace.")
    return [posixpath.normpath(each) for each in found]


def mount_target(body: dict[str, Any]) -> str:
    """Where a bucket is seen: below /workspace or /data."""
    target = body.get("mountPath")
    if not isinstance(target, str) or not _is_text(target) or ".." in target.split("/"):
        raise invalid("mountPath is a path without “..”.")
    target = posixpath.normpath(target)
    if not target.startswith(tuple(f"{root}/" for root in ROOTS)):
        raise invalid(f"mountPath is below {' or '.join(ROOTS)}.")
    return target


def mount(body: dict[str, Any]) -> Mount:
    """Which bucket to mount, and how."""
    bucket, options = body.get("bucket"), body.get("options")
    if not isinstance(bucket, str) or not BUCKET.fullmatch(bucket):
        raise invalid("bucket is the name of a bucket.")
    if not isinstance(options, dict) or not isinstance(options.get("endpoint"), str):
        raise invalid("options hold an endpoint.")
    read_only, prefix = options.get("readOnly", False), options.get("prefix", "")
    if not isinstance(read_only, bool) or not isinstance(prefix, str) or not _is_text(prefix):
        raise invalid("readOnly is true or false, and prefix is a path.")
    steps = tuple(step for step in prefix.split("/") if step not in ("", "."))
    if ".." in steps:
        raise invalid("prefix leads out of the bucket.")
    return Mount(bucket, steps, mount_target(body), read_only)


def _is_text(text: str) -> bool:
    try:
        return "\0" not in text and bool(text.encode() or True)
    except UnicodeEncodeError:
        return False
