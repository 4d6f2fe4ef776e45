"""From the bytes of a file to rows of cells: by what is in it, never by its name."""

from __future__ import annotations

import re
from pathlib import Path

from . import separated, sheets
from .table import CannotRead, Table, tabular

#: Bytes in which signs of binary data are looked for.
SAMPLE = 1 << 16
BEGINNINGS = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "a database"),
    (b"\xd0\xcf\x11\xe0", "an Excel file of the old kind (.xls), or one that is locked with a password"),
)
ZIP = b"PK\3\4"
MARKED = (
    (b"\xef\xbb\xbf", "utf-8-sig", ""),
    (b"\xff\xfe\0\0", "utf-32", "UTF-32"),
    (b"\0\0\xfe\xff", "utf-32", "UTF-32"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)
#: Text of other kinds, by how it begins.
OTHERWISE = (
    (re.compile(r"\s*<(?:!doctype html|html|table)", re.IGNORECASE), "a web page"),
    (re.compile(r"\s*<\?xml"), "XML"),
    (re.compile(r'\s*(?:\[\s*)?\{\s*(?:"|\})|\s*\[\s*\[\s*["\d-]'), "JSON"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x19\x1b-\x1f\x7f]")


def opened(path: Path) -> Table:
    """Read a table; raises `CannotRead` for what is none."""
    data = path.read_bytes()
    if not data.strip(b"\xef\xbb\xff\xfe\0 \t\r\n"):
        raise CannotRead("is empty: there is nothing to read in it")
    for beginning, kind in BEGINNINGS:
        if data.startswith(beginning):
            raise CannotRead(f"is {kind}, which I cannot read as a table")
    packed = sheets.only_file(path) if data.startswith(ZIP) else b""
    if packed is None:
        rows, notes = sheets.read(path)
        return tabular(rows, notes)
    return _of_text(packed or data)


def _of_text(data: bytes) -> Table:
    text, notes = decoded(data)
    for beginning, kind in OTHERWISE:
        if beginning.match(text):
            raise CannotRead(f"is {kind}, which I cannot read as a table")
    rows, separator, said = separated.read(text)
    return tabular(rows, notes + said, separator)


def decoded(data: bytes) -> tuple[str, list[str]]:
    """The text, and what was assumed of its encoding; raises `CannotRead` where it is no text."""
    for mark, encoding, said in MARKED:
        if data.startswith(mark):
            return _strictly(data, encoding), [f"The text is {said}."] if said else []
    if encoding := _of_two_bytes(data[:SAMPLE]):
        return _strictly(data, encoding), ["I read the text as UTF-16, which it does not say it is."]
    text, notes = _of_single_bytes(data)
    if len(_CONTROLS.findall(text[:SAMPLE])) > len(text[:SAMPLE]) / 100:
        raise CannotRead("is no text and no spreadsheet, so I cannot read it")
    return text, notes


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise CannotRead("is damaged: its text breaks off in the middle of a character") from error


def _of_two_bytes(sample: bytes) -> str:
    """UTF-16 without a mark: every second byte of digits, separators and ends of lines is zero."""
    first, second = sample[0::2].count(0), sample[1::2].count(0)
    if max(first, second) < len(sample) / 20 or min(first, second) * 10 > max(first, second):
        return ""
    return "utf-16-le" if second > first else "utf-16-be"


def _of_single_bytes(data: bytes) -> tuple[str, list[str]]:
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        lenient = data.decode("utf-8", "replace")
    damaged = lenient.count("\ufffd")
    if len(re.findall(r"[^\x00-\x7f]", lenient)) > 4 * damaged:
        return lenient, [f"Characters of UTF-8 that are damaged, and stand as \ufffd: {damaged:,}."]
    try:
        return data.decode("cp1252"), ["The text is not UTF-8, so I read it as Windows-1252."]
    except UnicodeDecodeError:
        return data.decode("latin-1"), ["The text is not UTF-8, so I read it as Latin-1."]
