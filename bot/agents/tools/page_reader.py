"""A program of its own: bytes of a page on its standard input become text on its standard output.

Every parser of HTML takes seconds or hundreds of megabytes for some page of 1 MB (docs/adr/0015). What
is read here is a stranger's, so this process may use little, holds no secret, and is ended from outside.
It is started by its path, since it shall not load the bot. The bot loads it for its limits, and then
not the parser, which takes megabytes.
"""

from __future__ import annotations

import io
import re
import resource
import sys
import zlib
from collections.abc import Iterator
from importlib import import_module
from typing import Final

#: Bytes of a page, packed or not; characters that are told; seconds of CPU; bytes of memory.
BYTES: Final = 1_000_000
CHARACTERS: Final = 20_000
CPU_SECONDS: Final = 1
MEMORY: Final = 112 << 20
#: Ends a text that is longer than what is told of it.
CUT: Final = "\n[… the rest is left out …]"
#: Where a page names its encoding, if its server does not: https://html.spec.whatwg.org/#determining-the-character-encoding
_HEAD: Final = 1_024
_META: Final = re.compile(
    rb"""<meta[^>]{1,200}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})""", re.IGNORECASE
)
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
#: What a reader does not see, or sees on every page of a site.
_UNSEEN: Final = [
    *("nav", "footer", "aside", "template", "[hidden]", "[aria-hidden=true]"),
    *("[style*='display:none']", "[style*='display: none']", "[style*='visibility:hidden']"),
]


def unpacked(data: bytes, packing: str) -> bytes:
    """Undo `gzip` or `deflate` up to the limit and one byte; raises `ValueError` for anything else."""
    if packing in {"", "identity"}:
        return data[: BYTES + 1]
    if packing not in {"gzip", "x-gzip", "deflate"}:
        raise ValueError("packed in a way that was not asked for")
    try:
        return b"".join(_members(data, 47))  # gzip or zlib, as its head says
    except zlib.error:
        if packing != "deflate":
            raise ValueError("not packed as its server says") from None
    return b"".join(_members(data, -15))  # without a head, as some servers send it


def _members(data: bytes, bits: int) -> Iterator[bytes]:
    room = BYTES + 1
    while data and room:
        member = zlib.decompressobj(bits)
        piece = member.decompress(data, room)
        room -= len(piece)
        yield piece
        data = member.unused_data


def encoding(data: bytes, named: str, *, html: bool) -> str:
    """Choose how bytes are decoded: by their mark, their server, or the page; as UTF-8 where none is known.

    What comes out is one of the encodings of the web (https://encoding.spec.whatwg.org), whatever goes in:
    Python's own codecs are no matter of a stranger (`punycode` takes minutes for 1 MB).
    """
    from resiliparse.parse.encoding import map_encoding_to_html5  # pyright: ignore[reportMissingModuleSource]

    for mark, found in _MARKS:
        if data.startswith(mark):
            return found
    if known := map_encoding_to_html5(named, fallback_utf8=False):
        return known
    meta = _META.search(data[:_HEAD]) if html else None
    found = map_encoding_to_html5(meta[1].decode("ascii", "replace")) if meta else None
    return found if found and not found.startswith("utf-16") else "utf-8"  # it was read as ASCII


def seen(html: str) -> str:
    """Get what a reader sees of a page."""
    from resiliparse.extract.html2text import extract_plain_text  # pyright: ignore[reportMissingModuleSource]

    text = extract_plain_text(html, alt_texts=False, skip_elements=_UNSEEN)
    return "\n".join(line for line in text.splitlines() if line.strip())


def told(data: bytes, *, packing: str, named: str, html: bool) -> str:
    """Get what is told of a page; raises `ValueError`."""
    body = unpacked(data, packing)
    text = body[:BYTES].decode(encoding(body, named, html=html), errors="replace").lstrip("\ufeff")
    shown = seen(text) if html else text
    return shown[:CHARACTERS] + (CUT if len(shown) > CHARACTERS or len(body) > BYTES else "")


def main(packing: str, named: str, kind: str) -> None:
    """Read, and write; ends with an error where there is nothing to tell."""
    for parser in ("resiliparse.extract.html2text", "resiliparse.parse.encoding"):
        import_module(parser)  # before the limits, for loading them writes and takes memory
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    data = sys.stdin.buffer.read(BYTES + 1)
    text = told(data, packing=packing, named=named, html=kind == "html")
    io.TextIOWrapper(sys.stdout.buffer, "utf-8", errors="replace", newline="\n").write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
