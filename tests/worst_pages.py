"""Pages that are made to hurt who reads them."""

from __future__ import annotations

import gzip
import zlib

from bot.agents.tools.page_reader import BYTES
from tests.unit.agents.web import answer, html


def fill(piece: bytes) -> bytes:
    """As much of a piece as is read of a page."""
    return (piece * (BYTES // len(piece) + 1))[:BYTES]


#: What a server sends that wants to cost: time, memory, or depth of recursion. As bytes of a response.
WORST = {
    "punycode": answer(fill(b"-" + b"a9"), "Content-Type: text/html; charset=punycode"),
    "idna": answer(fill(b"xn--a."), "Content-Type: text/plain; charset=idna"),
    "quoted": answer(b"x", 'Content-Type: text/html;a="' + "\\\\" * 3_500 + '"'),
    "parameters": answer(b"x", "Content-Type: text/html" + ';a="b\\"' * 1_100),
    "headers": html(b"x", *(f"X-{number}: {'y' * 200}" for number in range(100))),
    "cookies": html(b"x", *("Set-Cookie: " + "a=b; " * 1_500 for _ in range(100))),
    "chunks": answer(b"1\r\nx\r\n" * 400_000, "Content-Type: text/html", "Transfer-Encoding: chunked"),
    "early": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 50_000,
    "gzip bomb": html(gzip.compress(bytes(300_000_000), 1), "Content-Encoding: gzip"),
    "many members": html(gzip.compress(b"") * 40_000, "Content-Encoding: gzip"),
    "deflate bomb": html(zlib.compress(bytes(300_000_000), 1), "Content-Encoding: deflate"),
    "open tags": html(fill(b"<a ")),
    "open divs": html(fill(b"<div>")),
    "lists": html(fill(b"<ul><li>")),
    "tables": html(fill(b"<table><tr><td>")),
    "formatting": html(fill(b"<a><b><i><font>")),
    "adoption": html(fill(b"<b><p>")),
    "many attributes": html(b"<p " + b" ".join(b"a%d=1" % number for number in range(120_000)) + b">x"),
    "one attribute": html(b"<p a='" + fill(b"x")),
    "entities": html(fill(b"&amp;")),
    "broken entities": html(fill(b"&#")),
    "declarations": html(fill(b"<!DOCTYPE a [<!ENTITY a '&a;&a;'>]>")),
    "comments": html(fill(b"<!--")),
    "hidden": html(fill(b"<p hidden>")),
    "encodings": html(fill(b"<meta " + b"charset" * 20)),
    "escapes": answer(fill(b"\x1b$B"), "Content-Type: text/plain; charset=iso-2022-jp"),
    "redirect": answer(b"", "Location: http://" + "ß" * 900 + ".example/", status="302 Found"),
    "labels": answer(b"", "Location: http://" + "ü." * 700 + "example/", status="302 Found"),
}
