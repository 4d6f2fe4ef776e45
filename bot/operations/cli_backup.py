"""The commands `countersign backup` and `countersign restore`."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterable
from importlib import metadata
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

from bot.operations import backup_report
from bot.operations.command import BAD_SETTINGS, FAILED, RECORD, complain, read_settings, run

#: Stands for standard output and input.
PIPE: Final = "-"


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

        def lines() -> Iterable[bytes]:
            source.seek(0)
            return source

        release = metadata.version("countersign")
        run(backup_report.restore(settings, release, lines, note, replace=replace))


def note(text: str) -> None:
    """Say something on standard error, where it is no part of a backup."""
    typer.echo(text, err=True)


@contextlib.contextmanager
def _written(file: str) -> Generator[BinaryIO]:
    """The file, readable by its owner alone, under its name only once it is whole."""
    if file == PIPE:
        yield sys.stdout.buffer
        return
    target = Path(file)
    if target.exists():
        complain(f"{file} exists already: name a new file.")
        raise typer.Exit(BAD_SETTINGS)
    try:
        number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        complain(f"{file} cannot be written: {error.strerror}.")
        raise typer.Exit(FAILED) from None
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
    """A backup to be read twice: first to see that it is whole."""
    if file == PIPE:
        with tempfile.TemporaryFile() as kept:
            shutil.copyfileobj(sys.stdin.buffer, kept)
            yield kept
        return
    try:
        source = Path(file).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        complain(f"{file} cannot be read: {error.strerror}.")
        raise typer.Exit(FAILED) from None
    with source:
        yield source
