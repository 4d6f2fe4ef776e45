"""The jobs of a sandbox: a command, and files in and out. Each is a process of its own, its exit code the answer."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Callable
from typing import Any

WORKSPACE = "/workspace"
#: Exit codes of the jobs that are not commands.
NOT_FOUND, NOT_A_FILE, FAILED, UNSAFE = 2, 3, 4, 5
CHUNK = 1 << 18


class Unsafe(Exception):
    """The archive holds what does not belong in a workspace."""


class _Capped:
    """The output, as a file that takes so many bytes and no more."""

    def __init__(self, most: int) -> None:
        self._left = most

    def write(self, data: bytes) -> int:
        self._left -= len(data)
        if self._left < 0:
            raise OSError("the workspace is too large to be packed")
        _write(1, data)
        return len(data)


def run(request: dict[str, Any]) -> int:
    """Become the command."""
    argv: list[str] = request["argv"]
    try:
        os.chdir(request["cwd"])
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode("utf-8", "replace"))
        return 127 if isinstance(error, FileNotFoundError) else 126


def read(request: dict[str, Any]) -> int:
    """Write a file to the output."""
    fd = os.open(request["path"], os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        return NOT_A_FILE
    while chunk := os.read(fd, CHUNK):
        _write(1, chunk)
    return 0


def write(request: dict[str, Any]) -> int:
    """Write the input to a file, in a new folder if need be."""
    os.makedirs(os.path.dirname(request["path"]), exist_ok=True)
    fd = os.open(request["path"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK, 0o644)
    while chunk := os.read(0, CHUNK):
        _write(fd, chunk)
    return 0


def make_folder(request: dict[str, Any]) -> int:
    """Make a folder to mount on."""
    os.makedirs(request["path"], exist_ok=True)
    return 0


def persist(request: dict[str, Any]) -> int:
    """Write the workspace to the output as a tar."""
    excluded: list[str] = request["excludes"]
    with tarfile.open(fileobj=_Capped(request["most"]), mode="w|") as tar:  # pyright: ignore[reportCallIssue, reportArgumentType]
        _pack(tar, ".", excluded)
    return 0


def hydrate(request: dict[str, Any]) -> int:
    """Unpack the tar on the input into the workspace, if every member of it may be there."""
    with open(0, "rb", closefd=False) as source, tarfile.open(fileobj=source, mode="r:") as tar:
        members = tar.getmembers()
        for member in members:
            _check(member)
        tar.extraction_filter = lambda member, path: member  # they are checked
        tar.extractall(WORKSPACE, members)
    return 0


def _pack(tar: tarfile.TarFile, name: str, excluded: list[str]) -> None:
    path = os.path.join(WORKSPACE, name)
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode) or stat.S_ISREG(mode) or stat.S_ISLNK(mode):
            # Every name of a file becomes a file of its own: links are refused when a tar comes back.
            tar.inodes = {}  # pyright: ignore[reportAttributeAccessIssue] - typeshed lacks it
            tar.add(path, name, recursive=False)
        below = sorted(os.listdir(path)) if stat.S_ISDIR(mode) else []
    except FileNotFoundError:
        return  # it went away meanwhile
    for entry in below:
        inner = os.path.normpath(os.path.join(name, entry))
        if inner not in excluded:
            _pack(tar, f"./{inner}", excluded)


def _check(member: tarfile.TarInfo) -> None:
    names = [member.name, member.linkname] if member.islnk() else [member.name]
    if any(name.startswith("/") or ".." in name.split("/") for name in names):
        raise Unsafe(f"{member.name} is not inside the workspace")
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        raise Unsafe(f"{member.name} is a device or a pipe")


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


JOBS: dict[str, Callable[[dict[str, Any]], int]] = {
    "exec": run,
    "read": read,
    "write": write,
    "mkdir": make_folder,
    "persist": persist,
    "hydrate": hydrate,
}
