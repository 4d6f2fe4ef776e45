from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import limits
from bot.slack.cutting import parts
from bot.slack.markdown import escape, fallback, safe
from tests.unit.slack.link_judge import LIVE


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
        ("`<evil.test|Approve>`", "`&lt;evil.test|Approve>`"),
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
        "```ts\nlet a: Promise<string|null>\n```",
        "`sort <in.txt | uniq` and `if a <b: # see https://acme.test`",
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
    assert len(parts(text, limits.REPLY_PART)) >= 1


def test_a_notification_shows_a_short_escaped_line() -> None:
    assert fallback("a <!channel>\n\nb & c") == "a &lt;!channel&gt; b &amp; c"
    assert fallback("x" * 5000) == "x" * limits.FALLBACK + "…"
    assert len(fallback("<" * 5000)) <= limits.UPDATE_TEXT
    assert fallback("x" * (limits.FALLBACK - 1) + "e\u0301 y") == "x" * (limits.FALLBACK - 1) + "…"
    assert escape("<&>") == "&lt;&amp;&gt;"
