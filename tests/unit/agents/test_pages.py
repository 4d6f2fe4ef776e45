"""Pages are fetched from the public internet alone, and told as text."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.agents.tools.pages import BYTES, PageRefused, Pages, PublicOnly, check, is_public, plain
from devkit.serving import Server


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
        *(
            "::1",
            "fe80::1%eth0",
            "fc00::1",
            "::ffff:127.0.0.1",
            "2002:7f00:1::",
            "::",
            "224.0.0.1",
            "ff02::1",
        ),
        *("64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "::7f00:1", "fec0::1", "192.88.99.1"),
        *("255.255.255.255", "192.0.2.1", "not an address", ""),
    ],
)
def test_addresses_that_only_the_bot_could_reach_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "file:///etc/passwd",
            "ftp://example.com/",
            "gopher://example.com",
            "javascript:alert(1)",
            "http://",
        ),
        *("http://127.0.0.1/", "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/latest"),
        *(
            "http://user:secret@example.com/",
            "http://example.com:6379/",
            "http://example.com:x/",
            "//example.com",
        ),
    ],
)
def test_addresses_that_are_none_of_the_public_webs_are_refused(url: str) -> None:
    with pytest.raises(PageRefused):
        check(url)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1"])
async def test_a_name_that_leads_to_this_machine_leads_nowhere(host: str) -> None:
    with pytest.raises(OSError, match="not a public address"):
        await PublicOnly().resolve(host, 80, socket.AF_INET)


class Pretending(AbstractResolver):
    """Says that a name is where the test's server is, as only a test may."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host != "site.example":
            return await PublicOnly().resolve(host, port, family)
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=self._port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Hold nothing."""


@pytest.fixture
async def pages() -> AsyncGenerator[Pages]:
    """Fetches from a server whose name is `site.example`."""

    html = "<head><title>t</title></head><h1>Hello</h1><script>evil()</script><p>for &amp; all</p>"
    texts = {
        "/picture": (b"\x89PNG", "image/png"),
        "/huge": (b"x" * (BYTES + 500_000), "text/plain"),
        "/odd": ("für".encode(), "text/plain; charset=none-such"),
        "/page": (html.encode(), "text/html"),
    }
    elsewhere = {"/away": "http://localhost/secret", "/round": "/round", "/there": "/page"}

    async def answer(request: web.Request) -> web.StreamResponse:
        if target := elsewhere.get(request.path):
            raise web.HTTPFound(target)
        if request.path not in texts:
            raise web.HTTPNotFound
        body, kind = texts[request.path]
        return web.Response(body=body, headers={"Content-Type": kind})

    app = web.Application()
    app.router.add_get("/{rest:.*}", answer)
    server = Server(app)
    await server.start(0)
    yield Pages(Pretending(int(server.address.rpartition(":")[2])))
    await server.stop()


@pytest.mark.parametrize("path", ["page", "there"])
async def test_a_page_is_told_as_the_text_a_reader_sees(pages: Pages, path: str) -> None:
    assert await pages.text(f"http://site.example/{path}") == "Hello\nfor & all"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("away", "lies where I may not look"),
        ("round", "redirects too often"),
        ("picture", "no text"),
        ("none", "answered 404"),
    ],
)
async def test_what_is_not_to_be_had_is_refused_with_a_reason(pages: Pages, path: str, why: str) -> None:
    with pytest.raises(PageRefused, match=why):
        await pages.text(f"http://site.example/{path}")


async def test_no_more_is_read_than_the_limit(pages: Pages) -> None:
    assert len(await pages.text("http://site.example/huge")) == BYTES


async def test_an_encoding_that_there_is_not_is_no_error(pages: Pages) -> None:
    assert await pages.text("http://site.example/odd") == "für"


@pytest.mark.parametrize("html", ["", "<", "<p", "<script>", "</p></p>", "a<br/>b", "<svg><svg></svg>x"])
def test_broken_pages_are_read_all_the_same(html: str) -> None:
    assert "script" not in plain(html)


@pytest.mark.parametrize(
    "piece", ["<a ", "<a x='", "<!--", "<![", "<", "</", "<script>", "<svg", "&#", "<p<", "<?"]
)
def test_markup_that_never_ends_is_read_in_one_pass(piece: str) -> None:
    """In hours otherwise: the test itself would not end."""
    assert isinstance(plain(f"<p>Hello</p>{piece * 200_000}"), str)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a < b and c > d", "a < b and c > d"),
        ("<!-- <p>no</p> -->yes", "yes"),
        ("<SCRIPT>if (a </b/) {}</SCRIPT >on", "on"),
        ("<p>one<p>two<br>three", "one\ntwo\nthree"),
        ("<style>x</style", ""),
        ("İ<script>x</script>y", "İy"),
        ("x &lt;b&gt; y", "x <b> y"),
    ],
)
def test_what_a_reader_sees_is_told(html: str, text: str) -> None:
    assert plain(html) == text
