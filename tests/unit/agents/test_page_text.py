"""What is made of a page's bytes: in a process that may take little, and never on the event loop."""

from __future__ import annotations

import contextlib
import encodings
import gzip
import pkgutil
import zlib
from encodings.aliases import aliases

import pytest

from bot.agents.tools.page_reader import BYTES, CHARACTERS, encoding, told, unpacked
from bot.agents.tools.page_text import PageText, PageUnreadable
from bot.agents.tools.pages import PageRefused, Pages
from tests.loop_cpu import MOST, LoopCpu
from tests.unit.agents.web import SITE, Listener, answer, html, reach
from tests.worst_pages import WORST, fill

#: Every name that Python gives to a codec, also to those that are none of text.
CODECS = sorted({module.name for module in pkgutil.iter_modules(encodings.__path__)} | set(aliases.values()))
NAMES = sorted({*CODECS, *aliases, *(name.replace("_", "-") for name in [*CODECS, *aliases])})
#: The encodings of the web, as Python names them.
OF_THE_WEB = {
    *("utf-8", "utf-16-le", "utf-16-be", "big5", "gbk", "gb18030", "euc_jp", "euc_kr", "iso2022_jp", "shift_jis"),
    *("koi8-r", "koi8-u", "mac-roman", "cp866", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255"),
    *("cp1256", "cp1257", "cp1258", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7"),
    *("iso8859-8", "iso8859-10", "iso8859-11", "iso8859-13", "iso8859-14", "iso8859-15", "iso8859-16"),
}  # fmt: skip


@pytest.mark.parametrize("name", WORST)
async def test_the_worst_page_blocks_nobody_else(name: str) -> None:
    """CPU of the loop's thread at a stretch; on the loop some of these took minutes."""
    async with Listener({"/": WORST[name]}).listening() as site:
        pages = Pages(reach(site))
        site.answers["/warm"] = html(b"x")
        await pages.text(f"http://{SITE}/warm")
        async with LoopCpu() as loop:
            with contextlib.suppress(PageRefused):
                assert len(await pages.text(f"http://{SITE}/")) < 2 * CHARACTERS
    assert site.paths[1] == "/"
    assert loop.worst < MOST


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_page_is_said_to_be_encoded_in_it_is_an_encoding_of_the_web(name: str) -> None:
    meta = f'<meta charset="{name}">'.encode()

    assert encoding(b"x", name, html=False) in OF_THE_WEB
    assert encoding(meta, "", html=True) in OF_THE_WEB - {"utf-16-le", "utf-16-be"}


async def test_every_codec_of_python_is_the_webs_or_is_not_asked() -> None:
    """Through the real client: none of the others is used, and none is an error."""
    body = "für 5 €".encode()
    spoken = {name: body.decode(encoding(b"", name, html=False), errors="replace") for name in CODECS}
    async with Listener().listening() as site:
        pages = Pages(reach(site))
        for name in CODECS:
            site.answers[f"/{name}"] = answer(body, f"Content-Type: text/plain; charset={name}")

        told_ = {name: await pages.text(f"http://{SITE}/{name}") for name in CODECS}

    assert told_ == spoken
    odd = {
        "punycode",
        "idna",
        "unicode_escape",
        "raw_unicode_escape",
        "utf_7",
        "rot_13",
        "zlib_codec",
        "undefined",
    }
    assert {told_[name] for name in odd} == {"für 5 €"}


@pytest.mark.parametrize(
    ("data", "named", "text"),
    [
        ("für".encode("latin-1"), "ISO-8859-1", "für"),
        ("привет".encode("koi8-r"), "koi8-r", "привет"),
        ("日本語".encode("shift_jis"), "Shift_JIS", "日本語"),
        ("日本語".encode("euc_jp"), "EUC-JP", "日本語"),
        ("中文".encode("gb18030"), "gb2312", "中文"),
        ("中文".encode("big5"), "Big5", "中文"),
        ("한국어".encode("euc_kr"), "euc-kr", "한국어"),
        (b'<meta charset="windows-1251">' + "привет".encode("cp1251"), "", "привет"),
        (b"<META content='text/html; charset=koi8-r'>" + "привет".encode("koi8-r"), "none-such", "привет"),
        (b'<meta charset="utf-16">' + "für".encode(), "", "für"),
        ("\ufefffür".encode("utf-16"), "", "für"),
        ("\ufefffür".encode(), "latin-1", "für"),
        ("für".encode(), "", "für"),
        (b"f\xffr", "utf-8", "f\ufffdr"),
    ],
)
def test_a_page_is_read_in_its_own_encoding(data: bytes, named: str, text: str) -> None:
    assert told(data, packing="", named=named, html=True) == text


@pytest.mark.parametrize(
    ("packing", "data"),
    [
        ("gzip", gzip.compress(b"one two", mtime=0)),
        ("x-gzip", gzip.compress(b"one ", mtime=0) + gzip.compress(b"two", mtime=0)),
        ("deflate", zlib.compress(b"one two")),
        ("deflate", zlib.compress(b"one two")[2:-4]),
        ("identity", b"one two"),
    ],
)
def test_what_is_packed_is_unpacked(packing: str, data: bytes) -> None:
    assert told(data, packing=packing, named="", html=False) == "one two"


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
        ("<h2>Refund <em>policy</em></h2><p>Within <b>30</b> days", "Refund policy\nWithin 30 days"),
        ("<table><tr><th>Item<th>Price<tr><td>Basic<td>$29</table>", "Item\t\tPrice\nBasic\t\t$29"),
        ("<pre>a = 1\n  b = 2</pre>", "a = 1\n  b = 2"),
        ("<nav>Home</nav><main>Hi</main><footer>(c)</footer>", "Hi"),
        ("<p hidden>x<p style='color:red;display:none'>x<p aria-hidden=true>x<p>shown", "shown"),
        *((broken, "") for broken in ("", "<p", "<script>", "</p></p>", "<svg><svg>")),
    ],
)
def test_what_a_reader_sees_is_told(html: str, text: str) -> None:
    assert told(html.encode(), packing="", named="", html=True) == text


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_what_is_packed_is_unpacked_up_to_the_limit(packing: str) -> None:
    data = gzip.compress(bytes(BYTES * 3)) if packing == "gzip" else zlib.compress(bytes(BYTES * 3))

    assert len(unpacked(data, packing)) == BYTES + 1
    assert len(unpacked(data * 2, packing)) == BYTES + 1


async def test_a_reader_that_takes_too_much_memory_is_ended() -> None:
    """And the next page is read."""
    reader = PageText()

    with pytest.raises(PageUnreadable):
        await reader.read(fill(b"<p><b>x</p>"), packing="", named="", html=True)
    assert await reader.read(b"<p>x</p>", packing="", named="", html=True) == "x"


async def test_a_reader_that_takes_too_much_time_is_ended() -> None:
    """It would go on for longer than anybody waits; the next page is read."""
    reader = PageText()

    with pytest.raises(PageUnreadable):
        await reader.read(fill(b"<a><b><i><font>"), packing="", named="", html=True)
    assert await reader.read(b"<p>x</p>", packing="", named="", html=True) == "x"
