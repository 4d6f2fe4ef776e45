"""The commands `countersign backup` and `countersign restore`."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from importlib import metadata
from pathlib import Path
from typing import Annotated, BinaryIO, Final, TextIO

import typer

from bot.domain.errors import CannotRestore
from bot.operations import backup_report
from bot.operations.command import BAD_SETTINGS, FAILED, RECORD, complain, read_settings, run

#: Stands for standard output and input.
PIPE: Final = "-"
UNUSED: Final = "{} cannot be {}: {}."


def backup(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A new file, or - for standard output.")],
) -> None:
    """Write everything that matters of what is stored into a file, sealed as it is; replicas may work on."""
    settings = read_settings(used=RECORD)
    complete: bool | None = False
    try:
        with _written(file) as into:
            complete = run(backup_report.back_up(settings, metadata.version("countersign"), into, note))
    except OSError as error:  # by closing it
        if complete:
            complain(backup_report.UNWRITTEN.format(error.strerror))
        raise typer.Exit(FAILED) from None
    if not complete:
        raise typer.Exit(FAILED)


def restore(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A backup, or - for standard input.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Drop what is stored under REDIS_PREFIX, but for the audit log.")
    ] = False,
) -> None:
    """Write a backup back into Redis while no replica serves: into an empty prefix, or with --replace into any."""
    settings = read_settings(used=RECORD | {"lease_seconds"})
    with _read(file) as source:

        def lines() -> Iterator[bytes]:
            try:
                source.seek(0)
                yield from source
            except OSError as error:  # neither a backup that is damaged nor a Redis that is gone
                raise CannotRestore(UNUSED.format(file, "read", error.strerror)) from None

        release = metadata.version("countersign")
        run(backup_report.restore(settings, release, lines, note, replace=replace))


def note(text: str) -> None:
    """Say something on standard error, where it is no part of a backup."""
    typer.echo(text, err=True)


@contextlib.contextmanager
def _written(file: str) -> Generator[BinaryIO]:
    """The file, readable by its owner alone, under its name only once it is whole."""
    if file == PIPE:
        with _complaining(file, "written"):
            into = _there(sys.stdout)
        yield into
        return
    target = Path(file)
    with _complaining(file, "written"):
        if target.exists():
            complain(f"{file} exists already: name a new file.")
            raise typer.Exit(BAD_SETTINGS)
        number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    part = Path(name)
    with os.fdopen(number, "wb") as made:
        try:
            yield made
            os.fsync(made.fileno())
            part.rename(target)
        finally:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def _read(file: str) -> Generator[BinaryIO]:
    """A backup to be read twice, first to see that it is whole: what a pipe brings is kept for that."""
    with contextlib.ExitStack() as closing:
        with _complaining(file, "read"):
            source = _there(sys.stdin) if file == PIPE else closing.enter_context(Path(file).open("rb"))
            if file == PIPE or not source.seekable():
                kept = closing.enter_context(tempfile.TemporaryFile())
                shutil.copyfileobj(source, kept)
                source = kept
        yield source


@contextlib.contextmanager
def _complaining(file: str, what: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        complain(UNUSED.format(file, what, error.strerror))
        raise typer.Exit(FAILED) from None


def _there(stream: TextIO | None) -> BinaryIO:
    """Standard input or output; Python has none where whoever started it closed it."""
    if stream is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return stream.buffer
