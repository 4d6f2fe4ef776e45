from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import limits
from bot.slack.markdown import SMALLEST_PART, escape, fallback, pieces, safe, split

#: What Slack acts on, wherever it stands in a text.
LIVE = re.compile(
    r"<(?:[@#]|!(?:here|channel|everyone|group|subteam|date)|[^<>\n]*(?:\||://))", re.IGNORECASE
)

lines = st.one_of(
    st.text(max_size=300),
    st.sampled_from(["", " ", "```", "```python", "  ```", "~~~~", "~~~", "````", "- item", "| a | b |"]),
    st.text(alphabet="ab ", min_size=200, max_size=900),
    st.text(alphabet="`~ \n<&;", max_size=60),
)
documents = st.lists(lines, max_size=40).map("\n".join)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel> and <@U0OMAR0001>", "&lt;!channel> and &lt;@U0OMAR0001>"),
        ("a < b && c > d", "a &lt; b && c > d"),
        ("> a quote", "> a quote"),
        ("&lt;!here&gt;", "&lt;!here&gt;"),
        ("<https://evil.test|Approve>", "&lt;https://evil.test|Approve>"),
    ],
)
def test_prose_cannot_ping_or_carry_markup_of_slack(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[my bank](https://evil.test/x?y=1)", "[my bank (evil.test)](https://evil.test/x?y=1)"),
        ("[https://bank.test](https://evil.test)", "[https://bank.test (evil.test)](https://evil.test)"),
        ("[x](https://bank.test@evil.test)", "[x (evil.test)](https://bank.test@evil.test)"),
        (r"[x](https://evil.test\@bank.test)", r"[x] (https://evil.test\@bank.test)"),
        ("[good.com(](https://good.com()@evil.com/)", "[good.com(] (https://good.com()@evil.com/)"),
        ("[wiki](https://wiki.test/a_(b))", "[wiki (wiki.test)](https://wiki.test/a_(b))"),
        ("[bank](https://bаnk.test)", "[bank (xn--bnk-6cd.test)](https://bаnk.test)"),
        ("[x](slack://user?id=1)", "[x (slack://user?id=1)](slack://user?id=1)"),
        ("[x](evil.test)", "[x (evil.test)](evil.test)"),
        ("[a [b]](https://evil.test)", "[a [b] (evil.test)](https://evil.test)"),
        ("[](https://evil.test)", "[ (evil.test)](https://evil.test)"),
        ("[x](\n https://evil.test 'title')", "[x] (\n https://evil.test 'title')"),
        ("[x](https://[oops)", "[x] (https://[oops)"),
        ("[1]: https://evil.test", r"\[1]: https://evil.test"),
        ("> - [1]: https://evil.test", r"> - \[1]: https://evil.test"),
    ],
)
def test_a_link_says_where_it_goes(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://acme.test/a",
        "[https://acme.test](https://acme.test)",
        "[acme.test/x](https://acme.test/x)",
        "[x]()",
    ],
)
def test_a_link_that_says_so_itself_stays(text: str) -> None:
    assert safe(text) == text


def test_an_image_becomes_a_link() -> None:
    assert safe("![i](https://evil.test/?q=secret)") == "[i (evil.test)](https://evil.test/?q=secret)"
    assert safe("![i][ref]") == "[i][ref]"


def test_code_stays_as_it_is() -> None:
    code = (
        '```rust\nlet v = vec![1, 2]; if a < b && f[0](x) { println!("<br>") }\n```\nand `Vec<u8>` `a[b](c)`'
    )

    assert safe(code) == code


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`<!channel>`", "`&lt;!channel>`"),
        ("```\n<@U0OMAR0001>\n```", "```\n&lt;@U0OMAR0001>\n```"),
        ("`[x](https://evil.test)`", "`[x (evil.test)](https://evil.test)`"),
        ("```\n![x](//evil.test)\n```", "```\n[x (//evil.test)](//evil.test)\n```"),
    ],
)
def test_code_cannot_ping_or_hide_a_target_either(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    "code",
    [
        "> ```\n> if a < b: f[0](x)\n> ```",
        "    if a < b and f[0](x):",
        "- one\n\n      Vec<u8> a[i](j)",
        "~~~\nVec<u8>\n~~~",
        "see `Vec<\nu8>` there",
        "```md\n![logo](./logo.png) and <b>\n[1]: ./x\n```",
        "| a |\n|---|\n| `Vec<u8>` |",
    ],
)
def test_code_is_as_it_was_written_wherever_it_stands(code: str) -> None:
    assert safe(code) == code


@pytest.mark.parametrize("text", ["\\`![i](evil.test)`", "`\n![i](evil.test)`", "``![i](evil.test)`"])
def test_what_only_looks_like_code_is_prose(text: str) -> None:
    assert "[i (evil.test)](evil.test)" in safe(text)
    assert "![" not in safe(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("```\n![a [b] c](https://evil.test)\n```", "```\n![a [b] c] (https://evil.test)\n```"),
        ("> ```\n> [x](evil.test)\n> ```", "> ```\n> [x (evil.test)](evil.test)\n> ```"),
        ("```\na\n``` b\n[x](evil.test)\n```", "```\na\n``` b\n[x (evil.test)](evil.test)\n```"),
        ("|a|b|\n|-|-|\n| `x | [y](evil.test)` |", "|a|b|\n|-|-|\n| `x | [y (evil.test)](evil.test)` |"),
        ("    [x](./evil)", "    [x (./evil)](./evil)"),
        ("<div>\n`Vec<u8>`\n</div>", "&lt;div>\n`Vec<u8>`\n&lt;/div>"),
    ],
)
def test_what_one_reader_takes_for_code_and_another_does_not_is_safe_for_both(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[x\\](https://evil.test)", "[x\\] (https://evil.test)"),
        ("[x](https://evil.test/a\\b)", "[x] (https://evil.test/a\\b)"),
        ("[x](https://evil.test/\u200bx)", "[x] (https://evil.test/\u200bx)"),
        ("- [ ] [r]: https://evil.test", "- [ ] \\[r]: https://evil.test"),
        ("[a\\]: https://evil.test", "\\[a\\]: https://evil.test"),
    ],
)
def test_what_can_be_read_in_two_ways_is_written_out(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_a_token_cannot_begin_in_code_and_end_behind_it() -> None:
    assert safe("`<https:`//evil.test|x>") == "`&lt;https:`//evil.test|x>"


@given(st.text(alphabet="<>@!#|`~[]()\\ \nhereU1:/.&", max_size=200))
def test_nothing_live_is_ever_left(text: str) -> None:
    assert LIVE.search(safe(text)) is None


@given(st.text(alphabet=st.characters(exclude_characters="<!]"), max_size=300))
def test_text_without_markup_is_not_touched(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "`a\n" * 10_000,
        "|-|\n`" * 8_000,
        "[a](" * 10_000,
        "!" * 40_000,
        "[a\n" * 10_000,
        "![" * 20_000,
        "`" * 40_000,
        "` `` " * 8_000,
        "[" * 40_000,
        "](" * 20_000,
        "<" * 40_000,
    ],
)
def test_a_hostile_text_is_not_slower_than_a_long_one(text: str) -> None:
    assert len(split(safe(text), limits.REPLY_PART)) >= 1


def fences_are_balanced(text: str) -> bool:
    """Walk the lines as CommonMark does: a fence ends at one at least as long, of the same kind."""
    open_mark = ""
    for line in text.split("\n"):
        found = re.match(r"[ \t]{0,32}(`{3,32}(?!`)|~{3,32}(?!~))(.*)", line)
        if found is None:
            continue
        mark, info = found.groups()
        if not open_mark:
            open_mark = "" if mark[0] == "`" and "`" in info else mark
        elif mark[0] == open_mark[0] and len(mark) >= len(open_mark) and not info.strip():
            open_mark = ""
    return not open_mark


@given(documents, st.integers(SMALLEST_PART, 2000))
def test_cutting_loses_nothing_and_keeps_every_part_whole(text: str, limit: int) -> None:
    found = pieces(text, limit)

    assert "".join(piece.body for piece in found) == text
    assert all(len(piece.text) <= limit for piece in found)
    assert all(fences_are_balanced(piece.text) for piece in found)


@given(documents, st.integers(SMALLEST_PART, 2000))
def test_no_part_is_blank(text: str, limit: int) -> None:
    parts = split(text, limit)

    assert all(part.strip() for part in parts)
    assert bool(parts) == bool(text.strip())


@given(st.text(alphabet="a \n", min_size=2000, max_size=4000), st.text(max_size=2000))
def test_parts_that_are_full_stay_when_the_text_grows(text: str, more: str) -> None:
    before, after = pieces(text, 500), pieces(text + more, 500)

    assert before[:-2] == after[: len(before) - 2]


def test_a_text_that_fits_is_one_part() -> None:
    assert split("one\n\ntwo", 1000) == ["one\n\ntwo"]


def test_a_cut_is_made_between_paragraphs() -> None:
    first, second = "word " * 40, "other " * 40

    assert split(f"{first}\n\n{second}", 300) == [f"{first}\n\n", second]


def test_a_cut_is_made_before_a_fence_that_fits_into_the_next_part() -> None:
    prose, code = "word " * 40, "```\n" + "x = 1\n" * 30 + "```"

    assert split(f"{prose}\n{code}", 300) == [f"{prose}\n", code]


def test_a_fence_that_is_cut_is_closed_and_opened_again() -> None:
    code = "```python\n" + "x = 1\n" * 100 + "```\nend"
    parts = split(code, 400)

    assert all(part.startswith("```python\n") for part in parts)
    assert all(part.endswith("\n```") for part in parts[:-1])
    assert sum(part.count("x = 1") for part in parts) == 100


def test_a_fence_that_was_never_closed_is_closed() -> None:
    assert split("```\nx", 300) == ["```\nx\n```"]


def test_an_entity_is_not_cut_in_two() -> None:
    parts = split("&lt;" * 500, 256)

    assert all(part.count("&lt;") * 4 == len(part) for part in parts)


def test_a_limit_without_room_for_text_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot cut"):
        pieces("x", SMALLEST_PART - 1)


def test_a_notification_shows_a_short_escaped_line() -> None:
    assert fallback("a <!channel>\n\nb & c") == "a &lt;!channel&gt; b &amp; c"
    assert fallback("x" * 5000) == "x" * limits.FALLBACK + "…"
    assert len(fallback("<" * 5000)) <= limits.UPDATE_TEXT
    assert escape("<&>") == "&lt;&amp;&gt;"
