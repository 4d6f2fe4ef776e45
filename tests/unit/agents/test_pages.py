"""Pages are fetched from the public internet alone, and told as text."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import AsyncGenerator
from typing import Any, cast

import aiohttp
import pytest
from aiohttp.abc import ResolveResult

from bot.agents.tools.page_reader import BYTES, CHARACTERS, CUT
from bot.agents.tools.pages import PageRefused, Pages, Reach
from bot.agents.tools.public_connector import ANSWERS
from tests.unit.agents.web import SITE, Listener, Names, answer, endpoint, html, reach

HTML = b"<head><title>t</title></head><h1>Hello</h1><script>evil()</script><p>for &amp; all</p>"

#: Addresses that lead a careless client to this machine, or that are none of the web's.
NOT_TO_BE_REACHED = [
    *("http://127.0.0.1:{p}/", "http://127。0。0。1:{p}/", "http://127．0．0．1:{p}/", "http://127｡0｡0｡1:{p}/"),
    *("http://１２７.0.0.1:{p}/", "http://①②⑦.⓪.⓪.①:{p}/", "http://%31%32%37.0.0.1:{p}/", "http://127%2e0%2e0%2e1:{p}/"),
    *("http://127.1:{p}/", "http://127.0.1:{p}/", "http://0x7f.1:{p}/", "http://0x7f000001:{p}/", "http://0X7F.0.0.1:{p}/"),
    *("http://2130706433:{p}/", "http://017700000001:{p}/", "http://0177.0.0.1:{p}/", "http://127.0.0.01:{p}/"),
    *("http://127.0.0.1.:{p}/", "http://127.0.0.1..:{p}/", "http://127.255.255.254:{p}/", "http://0:{p}/", "http://0.0.0.0:{p}/"),
    *("http://[::1]:{p}/", "http://[0:0:0:0:0:0:0:1]:{p}/", "http://[::]:{p}/", "http://[::1%25lo]:{p}/", "http://[::1%lo]:{p}/"),
    *("http://[::ffff:127.0.0.1]:{p}/", "http://[::ffff:7f00:1]:{p}/", "http://[::127.0.0.1]:{p}/"),
    *("http://[::ffff:0:127.0.0.1]:{p}/", "http://[64:ff9b::127.0.0.1]:{p}/", "http://[64:ff9b:1::7f00:1]:{p}/"),
    *("http://[2002:7f00:1::]:{p}/", "http://[2001:0:7f00:1::80ff:fffe]:{p}/", "http://[2001:db8::5efe:7f00:1]:{p}/"),
    *("http://localhost:{p}/", "http://LOCALHOST:{p}/", "http://localhost.:{p}/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{p}/"),
    *("http://a.localhost:{p}/", "http://db.internal:{p}/", "http://printer.local:{p}/", "http://ip6-localhost:{p}/"),
    *("http://site.example@127.0.0.1:{p}/", "http://site.example:80@127.0.0.1:{p}/", "http://:@127.0.0.1:{p}/"),
    *("http://127.0.0.1:{p}\\@site.example/", "http://site.example\\@127.0.0.1:{p}/", "http:\\\\127.0.0.1:{p}\\"),
    *("http://127.0.0.1\t:{p}/", "ht\ntp://127.0.0.1:{p}/", "http://127.0.0.1\x00:{p}/", "http:/127.0.0.1:{p}/"),
    *("http:127.0.0.1:{p}/", "http:///127.0.0.1:{p}/", "http://#@127.0.0.1:{p}/", "http://?@127.0.0.1:{p}/"),
    *("ftp://127.0.0.1:{p}/", "gopher://127.0.0.1:{p}/", "ws://127.0.0.1:{p}/", "HTTPS://127.0.0.1:{p}/"),
    *("http+unix://127.0.0.1:{p}/", "file://127.0.0.1:{p}/", "http://127.0.0.1:{p}", " http://127.0.0.1:{p}/ "),
]  # fmt: skip
#: Addresses of this machine, as a name may resolve to them.
OF_THIS_MACHINE = [
    *(
        "127.0.0.1",
        "127.0.0.2",
        "127.255.255.254",
        "0.0.0.0",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:0.0.0.0",
    ),
    *("0:0:0:0:0:ffff:7f00:1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::1%lo", "127.1"),
]


@pytest.fixture
async def site() -> AsyncGenerator[Listener]:
    """A site that may be reached."""
    async with Listener({"/page": html(HTML), "/secret": html(b"secret")}).listening() as site:
        yield site


@pytest.fixture
async def inside() -> AsyncGenerator[Listener]:
    """What only the bot could reach."""
    async with Listener({"/": html(b"secret")}).listening() as inside:
        yield inside


@pytest.mark.parametrize("url", NOT_TO_BE_REACHED)
async def test_what_is_not_of_the_public_internet_is_not_reached(
    site: Listener, inside: Listener, url: str
) -> None:
    with pytest.raises(PageRefused):
        await Pages(reach(site, inside)).text(url.format(p=inside.port))

    assert inside.connections == 0


@pytest.mark.parametrize("url", NOT_TO_BE_REACHED)
async def test_no_redirect_leads_there(site: Listener, inside: Listener, url: str) -> None:
    target = url.format(p=inside.port).encode().replace(b"\n", b" ").replace(b"\x00", b" ")
    site.answers["/go"] = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + target + b"\r\n\r\n"

    with pytest.raises(PageRefused):
        await Pages(reach(site, inside)).text(f"http://{SITE}/go")
    assert (site.paths[0], inside.connections) == ("/go", 0)


@pytest.mark.parametrize("address", OF_THIS_MACHINE)
async def test_no_name_leads_there(site: Listener, inside: Listener, address: str) -> None:
    names = {"inside.example": [endpoint(address, inside.port)]}

    with pytest.raises(PageRefused, match="lies where I may not look"):
        await Pages(reach(site, inside, names=names)).text("http://inside.example/")
    assert inside.connections == 0


async def test_a_careless_client_would_have_reached_it(inside: Listener) -> None:
    """Or the tests above would be green for nothing."""
    names = Names({"inside.example": [endpoint("127.0.0.1", inside.port)]})
    anything = Reach(names=names, allows=lambda address, port: True)

    assert await Pages(anything).text("http://inside.example/") == "secret"
    async with aiohttp.ClientSession() as http, http.get(f"http://127。0。0。1:{inside.port}/") as response:
        assert await response.text() == "secret"
    assert inside.connections == 2


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{p}/secret", "http://site.example:8080/secret", "http://a@site.example/secret"],
)
async def test_where_a_redirect_leads_is_judged_like_what_was_asked_for(site: Listener, target: str) -> None:
    """The site itself could be connected to: only the look at the new address refuses it."""
    site.answers["/go"] = answer(b"", "Location: " + target.format(p=site.port), status="301 Moved")

    with pytest.raises(PageRefused):
        await Pages(reach(site)).text(f"http://{SITE}/go")
    assert site.paths == ["/go"]


class Turning(dict[str, Any]):
    """A resolver's answer that is public when it is looked at, and leads to this machine from then on."""

    def __getitem__(self, key: str) -> Any:
        looked, self["looked"] = self.get("looked", 0), self.get("looked", 0) + (key == "host")
        return "93.184.216.34" if key == "host" and not looked else super().__getitem__(key)


async def test_a_name_that_is_given_another_address_after_the_look_gains_nothing(
    site: Listener, inside: Listener
) -> None:
    turning = cast(ResolveResult, Turning(endpoint("127.0.0.1", inside.port)))

    with pytest.raises(PageRefused, match="lies where I may not look"):
        await Pages(reach(site, inside, names={"turns.example": [turning]})).text("http://turns.example/")
    assert cast(Turning, turning).get("looked", 0) > 1
    assert inside.connections == 0


async def test_a_name_that_is_given_another_address_after_a_redirect_gains_nothing(
    site: Listener, inside: Listener
) -> None:
    at = [endpoint("127.0.0.1", site.port)]
    site.answers["/go"] = answer(b"", "Location: /secret", status="302 Found")
    what = reach(site, inside)

    class Later(Names):
        async def resolve(self, *args: Any, **kwargs: Any) -> list[ResolveResult]:
            found = await super().resolve(*args, **kwargs)
            at[0] = endpoint("127.0.0.1", inside.port)
            return found

    pages = Pages(Reach(Later({"turns.example": at}), what.ports, what.allows))

    with pytest.raises(PageRefused, match="lies where I may not look"):
        await pages.text("http://turns.example/go")
    assert (site.paths, inside.connections) == (["/go"], 0)


async def test_a_peer_that_is_another_one_than_was_connected_to_hears_nothing(inside: Listener) -> None:
    """The system takes 0.0.0.0 for 127.0.0.1: who is there is known only after connecting."""
    names = Names({"inside.example": [endpoint("0.0.0.0", inside.port)]})
    pages = Pages(Reach(names=names, allows=lambda address, port: address == "0.0.0.0"))

    with pytest.raises(PageRefused, match="lies where I may not look"):
        await pages.text("http://inside.example/")
    await inside.settled()
    assert (inside.connections, inside.received) == (1, b"")


async def test_no_proxy_of_the_environment_is_asked(
    site: Listener, inside: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{inside.port}")

    assert await Pages(reach(site)).text(f"http://{SITE}/page") == "Hello\nfor & all"
    assert inside.connections == 0


@pytest.mark.parametrize("path", ["page", "there"])
async def test_a_page_is_told_as_the_text_a_reader_sees(site: Listener, path: str) -> None:
    site.answers["/there"] = answer(b"", "Location: /page#end", status="302 Found")

    assert await Pages(reach(site)).text(f"http://{SITE}/{path}") == "Hello\nfor & all"


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (answer(b"", "Location: /it", status="302 Found"), "redirects too often"),
        (answer(b"", "Location: https://localhost/", status="302 Found"), "not of the public internet"),
        (answer(b"", "Location: /a\\b", status="302 Found"), "redirects to what is not a web address"),
        (answer(b"", status="302 Found"), "answered 302"),
        (answer(b"\x89PNG", "Content-Type: image/png"), "no text"),
        (answer(b"text"), "no text"),
        (answer(b"", status="404 Not Found"), "answered 404"),
        (html(b"x", "Content-Encoding: br"), "could not be read as text"),
        (html(b"no gzip", "Content-Encoding: gzip"), "could not be read as text"),
        (b"HTTP/1.1 nonsense", "could not be fetched"),
    ],
)
async def test_what_is_not_to_be_had_is_refused_with_a_reason(
    site: Listener, response: bytes, why: str
) -> None:
    site.answers["/it"] = response

    with pytest.raises(PageRefused, match=why):
        await Pages(reach(site)).text(f"http://{SITE}/it")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("length", "cut"), [(BYTES, ""), (BYTES + 1, CUT), (BYTES + 500_000, CUT)])
async def test_no_more_is_read_than_the_limit(site: Listener, length: int, cut: str, packed: bool) -> None:
    """Packed or not; and where there is more, that is said."""
    body = b"<p>a</p>".ljust(length)
    site.answers["/it"] = html(gzip.compress(body), "Content-Encoding: gzip") if packed else html(body)

    assert await Pages(reach(site)).text(f"http://{SITE}/it") == f"a{cut}"


class Talker(Listener):
    """Answers with very much, a piece at a time, until it is hung up on."""

    PIECES = 64
    said = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with contextlib.suppress(OSError):
            writer.write(answer(b"", "Content-Type: text/plain"))
            while self.said < self.PIECES:
                writer.write(b"x" * 2**20)
                await writer.drain()
                self.said += 1
        writer.close()


async def test_who_says_more_than_the_limit_is_hung_up_on() -> None:
    talker = Talker()
    async with talker.listening():
        assert await Pages(reach(talker)).text(f"http://{SITE}/") == "x" * CHARACTERS + CUT

    assert talker.said < Talker.PIECES


async def test_no_more_is_told_than_the_limit(site: Listener) -> None:
    site.answers["/it"] = answer(b"x" * (CHARACTERS + 1), "Content-Type: text/plain")

    assert await Pages(reach(site)).text(f"http://{SITE}/it") == "x" * CHARACTERS + CUT


async def test_a_page_without_an_end_is_read_to_the_limit(site: Listener) -> None:
    """Its server would go on for ever."""
    site.answers["/it"] = html(b"<p>a</p>".ljust(BYTES + 1))
    site.endless.add("/it")

    assert await Pages(reach(site)).text(f"http://{SITE}/it") == f"a{CUT}"


async def test_a_server_that_only_hints_is_hung_up_on(site: Listener) -> None:
    """Before the page that comes after them."""
    hint = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    site.answers["/it"] = hint * ANSWERS + html(b"x")

    with pytest.raises(PageRefused, match="could not be fetched"):
        await Pages(reach(site)).text(f"http://{SITE}/it")
    site.answers["/it"] = hint * (ANSWERS - 1) + html(b"x")
    assert await Pages(reach(site)).text(f"http://{SITE}/it") == "x"
