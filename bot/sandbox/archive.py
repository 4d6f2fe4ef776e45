"""A workspace as the tar that the backends make of it. Pure; a large one takes its time."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Final

from agents.sandbox.util.tar_utils import UnsafeTarMemberError, validate_tarfile

from bot.attachment import safe_name

#: What an agent leaves here is sent to the thread; what people attach arrives in the other one.
RESULTS: Final = "out"
INPUTS: Final = "in"
#: How many members are left out one by one.
MOST_LEFT_OUT = 50


class Unpackable(Exception):
    """This is no archive of a workspace."""


@dataclass(frozen=True, slots=True)
class Result:
    """A file that an agent left to be sent, under a name fit to be shown. `mark` changes with its
    name and its content."""

    name: str
    mark: str
    content: bytes = field(repr=False)


def restorable(archive: bytes) -> tuple[bytes, list[str]]:
    """Leave out what the SDK would refuse to restore, such as links that lead out; also their names.

    Else a workspace would be kept that can never be opened again. Raises `Unpackable`.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
            if not (left_out := _refused(tar)):
                return archive, []
            kept = io.BytesIO()
            with tarfile.open(fileobj=kept, mode="w", format=tarfile.PAX_FORMAT) as copy:
                for member in tar:
                    if member.name not in left_out:
                        copy.addfile(member, tar.extractfile(member) if member.isreg() else None)
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise Unpackable from error
    return kept.getvalue(), sorted(safe_name(name.removeprefix("./")) for name in left_out)


def results(archive: bytes) -> list[Result]:
    """Get the files below `out/`, by name: an archive has them in any order. Raises `Unpackable`."""
    found: list[Result] = []
    try:
        for name, data in _files(archive):
            raw = name.encode("utf-8", "surrogateescape")
            mark = sha256(raw + b"\0" + data).hexdigest()[:32]
            found.append(Result("/".join(map(safe_name, name.split("/"))), mark, data))
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise Unpackable from error
    return sorted(found, key=lambda result: result.name)


def _refused(tar: tarfile.TarFile) -> set[str]:
    """The members that must go; where that are very many, everything but plain files and folders."""
    refused = {member.name for member in tar if member.issparse() or _is_odd(member)}
    for _ in range(MOST_LEFT_OUT):
        try:
            validate_tarfile(tar, skip_rel_paths=refused, allow_external_symlink_targets=False)
        except UnsafeTarMemberError as error:
            if error.member in refused:
                break
            refused.add(error.member)
        else:
            return refused
    return refused | {member.name for member in tar if not (member.isreg() or member.isdir())}


def _is_odd(member: tarfile.TarInfo) -> bool:
    """Neither file, folder nor link; or of a name that the SDK does not take."""
    is_known = member.isreg() or member.isdir() or member.issym()
    return not is_known or "\\" in member.name


def _files(archive: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
        for member in tar:
            parts = [part for part in PurePosixPath(member.name).parts if part not in {".", "/"}]
            is_file = member.isreg() and not member.issparse()
            if not is_file or len(parts) < 2 or parts[0] != RESULTS or ".." in parts:
                continue
            stream = tar.extractfile(member)
            if stream is not None:
                yield "/".join(parts[1:]), stream.read()
