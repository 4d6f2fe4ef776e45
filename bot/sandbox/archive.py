"""A workspace as the tar that the backends make of it. Pure; a large one takes its time."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import IO, Final

from agents.sandbox.util.tar_utils import UnsafeTarMemberError, validate_tarfile

from bot.domain.attachment import safe_name

#: What an agent leaves here is sent to the thread; what people attach arrives in the other one.
RESULTS: Final = "out"
INPUTS: Final = "in"
#: Bytes of a file that are looked at together.
PIECE: Final = 1 << 16
#: How many members are left out one by one.
MOST_LEFT_OUT = 50


class Unpackable(Exception):
    """This is no archive of a workspace."""


@dataclass(frozen=True, slots=True)
class Result:
    """A file that an agent left to be sent, under a name fit to be shown; `size` in bytes.

    `mark` changes with its name and its content.
    """

    name: str
    mark: str
    size: int


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
    found = [_result(name, file, member.size) for name, file, member in _files(archive)]
    return sorted(found, key=lambda result: result.name)


def contents(archive: bytes, marks: Collection[str]) -> list[tuple[str, bytes]]:
    """Get the results of these marks, each with its name and content. Raises `Unpackable`."""
    found: list[tuple[str, bytes]] = []
    for name, file, member in _files(archive):
        result = _result(name, file, member.size)
        if result.mark in marks:
            at = member.offset_data
            found.append((result.name, archive[at : at + member.size]))
    return sorted(found)


def _result(name: str, file: IO[bytes], size: int) -> Result:
    mark = sha256(name.encode("utf-8", "surrogateescape") + b"\0")
    while piece := file.read(PIECE):
        mark.update(piece)
    return Result("/".join(map(safe_name, name.split("/"))), mark.hexdigest()[:32], size)


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


def _files(archive: bytes) -> Iterator[tuple[str, IO[bytes], tarfile.TarInfo]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
            for member in tar:
                parts = [part for part in PurePosixPath(member.name).parts if part not in {".", "/"}]
                is_file = member.isreg() and not member.issparse()
                if not is_file or len(parts) < 2 or parts[0] != RESULTS or ".." in parts:
                    continue
                if (file := tar.extractfile(member)) is not None:
                    yield "/".join(parts[1:]), file, member
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise Unpackable from error
