"""A workspace as the tar that the backends make of it. Pure."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Final

#: What an agent leaves here is sent to the thread; what people attach arrives in the other one.
RESULTS: Final = "out"
INPUTS: Final = "in"


@dataclass(frozen=True, slots=True)
class Result:
    """A file that an agent left to be sent. `mark` changes with its name and its content."""

    name: str
    mark: str
    size: int


def results(archive: bytes) -> list[Result]:
    """List the files below `out/`, by name. Links, devices and folders are none."""
    found = [
        Result(name, sha256(name.encode() + b"\0" + data).hexdigest()[:32], len(data))
        for name, data in _files(archive)
    ]
    return sorted(found, key=lambda result: result.name)


def content(archive: bytes, marks: set[str]) -> dict[str, bytes]:
    """Get these results' bytes, by their marks."""
    found: dict[str, bytes] = {}
    for name, data in _files(archive):
        mark = sha256(name.encode() + b"\0" + data).hexdigest()[:32]
        if mark in marks:
            found[mark] = data
    return found


def _files(archive: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:*") as tar:
        for member in tar:
            parts = [part for part in PurePosixPath(member.name).parts if part not in {".", "/"}]
            if not member.isfile() or len(parts) < 2 or parts[0] != RESULTS or ".." in parts:
                continue
            stream = tar.extractfile(member)
            if stream is not None:
                yield "/".join(parts[1:]), stream.read()
