"""What every command prints, and standard output takes no more of: a full disk is said in a sentence, a closed pipe is not."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import BinaryIO, Final, cast

from bot.operations.command import FAILED, complain

#: What a shell says of a program that was ended since nobody read on.
CLOSED: Final = 128 + signal.SIGPIPE
UNWRITTEN: Final = "Not all of it could be written to standard output: {}."


class OutputLost(Exception):
    """Standard output did not take what was written: no `OSError`, for who expects one of Redis would blame that."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error


class _Told(io.TextIOWrapper):
    """Standard output whose errors are told from any other. What is written to its `buffer` has those of every file."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as error:
            raise OutputLost(error) from None

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            raise OutputLost(error) from None


@contextmanager
def written_out() -> Generator[None]:
    """Run a command in the block; it ends with `SystemExit`, and not with 0 where what it printed is not all out."""
    usual = sys.stdout
    if not isinstance(usual, io.TextIOWrapper):  # there is none, or a test reads along
        yield
        return
    buffer = cast("BinaryIO", usual.buffer)
    sys.stdout = told = _Told(buffer, usual.encoding, usual.errors, line_buffering=usual.line_buffering)
    try:
        yield
    except OutputLost as lost:
        raise SystemExit(_said(lost)) from None
    except SystemExit as end:
        if (lost := _lost(told)) and not end.code:
            raise SystemExit(_said(lost)) from None
        raise
    finally:
        if _lost(told):
            # Python flushes once more at its end, and would complain: what is left goes where everything is taken.
            os.dup2(os.open(os.devnull, os.O_WRONLY), usual.fileno())
        told.detach()
        sys.stdout = usual


def _lost(told: _Told) -> OutputLost | None:
    """What becomes of all that waits to be written; None if it is out."""
    try:
        told.flush()
    except OutputLost as lost:
        return lost
    return None


def _said(lost: OutputLost) -> int:
    """Complain, unless nobody is there who reads on; the exit code."""
    if lost.error.errno == errno.EPIPE:
        return CLOSED
    complain(UNWRITTEN.format(lost.error.strerror))
    return FAILED
