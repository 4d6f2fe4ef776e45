"""Where an answer is cut, and what keeps whole what is cut."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.slack import limits
from bot.slack.cutting import SMALLEST_PART, Answer, cut, parts

READER = MarkdownIt("commonmark").enable("table")
ROW = "| INV-{0} | {0}.00 USD | paid by card |\n"
HEADER = "| invoice | amount | how |\n|---|--:|---|\n"

lines = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        ["", " ", "```", "```python", "  ```", "~~~~", "~~~", "````", "- item", "| a | b |", "|-|-|"]
    ),
    st.sampled_from(
        ["> ", ">> a", "  - b", "1. c", "9) d", "\ta", "    e", "# f", "===", "---", "* * *", ">" * 40]
    ),
    st.text(alphabet="ab ", min_size=200, max_size=900),
    st.text(alphabet="`~ \n<&;>|-", max_size=60),
    st.text(alphabet="e\u0301\u200d👩🇩🇪\u0e33", min_size=1, max_size=600),
)
texts = st.lists(lines, max_size=40).map("\n".join)


def kinds(text: str) -> list[str]:
    """The blocks of a message."""
    return [token.type for token in READER.parse(text) if token.level == 0 and token.nesting >= 0]


@given(texts, st.integers(SMALLEST_PART, 2000))
def test_no_part_is_too_long_or_blank(text: str, limit: int) -> None:
    found = parts(text, limit)

    assert all(len(part) <= limit and part.strip() for part in found)
    assert bool(found) == bool(text.strip())


@given(texts, st.integers(1, 500))
def test_what_was_cut_stays_so_whatever_follows(text: str, step: int) -> None:
    answer = Answer(500)
    for end in range(0, len(text), step):
        further = cut(text[:end], 500, answer, whole=False)
        assert further.cuts[: len(answer.cuts)] == answer.cuts
        answer = further
    assert cut(text, 500, answer).cuts[: len(answer.cuts)] == answer.cuts


@given(st.text(alphabet="ab \n", min_size=400, max_size=2000) | st.just("word " * 300), st.integers(7, 90))
@example("word " * 300, 7)
def test_what_a_message_showed_stays_in_it(text: str, step: int) -> None:
    answer = Answer(500)
    for end in range(0, len(text), step):
        further = cut(text[:end], 500, answer, whole=False)
        assert all(
            after.startswith(before.rstrip())
            for before, after in zip(answer.parts, further.parts, strict=False)
        )
        answer = further


def test_only_what_is_behind_the_last_cut_is_read_again() -> None:
    text = "word " * 600
    answer = cut(text, 500, whole=False)

    assert answer.begun >= len(text) - 500
    assert cut("!" + text[1:], 500, answer, whole=False).parts[0].startswith("!"), "another text is cut anew"


def test_a_text_that_fits_is_one_part() -> None:
    assert parts("one\n\ntwo", 1000) == ["one\n\ntwo"]


def test_a_limit_without_room_for_text_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot cut"):
        parts("x", SMALLEST_PART - 1)


def test_a_cut_is_made_between_paragraphs() -> None:
    first, second = "word " * 48, "other " * 40

    assert parts(f"{first}\n\n{second}", 300) == [f"{first}\n\n", second]


def test_a_cut_is_made_before_a_fence_that_fits_into_the_next_part() -> None:
    prose, code = "word " * 48, "```\n" + "x = 1\n" * 30 + "```"

    assert parts(f"{prose}\n{code}", 300) == [f"{prose}\n", code]


def test_a_heading_is_not_parted_from_what_it_is_above() -> None:
    found = parts("word " * 40 + "\n\n# Title\n\n" + "other " * 60, 256)

    assert found[1].startswith("# Title\n\nother")


@pytest.mark.parametrize("limit", [limits.REPLY_PART, limits.REPLY_PART // 4])
def test_each_part_of_a_table_is_a_table_with_its_header(limit: int) -> None:
    found = parts("All of them:\n\n" + HEADER + "".join(ROW.format(number) for number in range(300)), limit)
    rows = [
        token.content for part in found for token in READER.parse(part) if token.content.startswith("INV-")
    ]

    assert len(found) > 3
    assert all(kinds(part) == ["table_open"] for part in found[1:])
    assert all(part.startswith("| invoice | amount | how |\n| --- | ---: | --- |\n") for part in found[1:])
    assert all(part.count("\n|") <= limits.TABLE_ROWS + 1 for part in found)  # a line of dashes is no row
    assert rows == [f"INV-{number}" for number in range(300)]


def test_a_row_that_is_cut_goes_on_in_its_column() -> None:
    found = parts("| a | b |\n|---|---|\n| x \\| y | " + "word " * 100 + "|", 300)

    assert all(kinds(part) == ["table_open"] for part in found)
    assert all(part.startswith("| a | b |\n| --- | --- |\n| | word") for part in found[1:])


def test_a_fence_that_is_cut_is_closed_and_opened_again() -> None:
    code = "```python\n" + "x = 1\n" * 100 + "```\nend"
    found = parts(code, 400)

    assert all(part.startswith("```python\n") for part in found)
    assert all(part.endswith("\n```") for part in found[:-1])
    assert sum(part.count("x = 1") for part in found) == 100


@pytest.mark.parametrize(
    ("around", "begins", "ends"),
    [
        ("> ```js\n{}> ```\n", "> ```js\n> if (a < b) 0\n", "\n> ```"),
        ("- a\n\n  ~~~js\n{}  ~~~\n", "- …\n\n  ~~~js\n  if (a < b) 0\n", "\n  ~~~"),
        ("1. a\n   > ```js\n{}   > ```\n", "1. …\n   >\n   > ```js\n   > if (a < b) 0\n", "\n   > ```"),
    ],
)
def test_code_in_a_quote_or_a_list_is_as_it_was_written(around: str, begins: str, ends: str) -> None:
    lead = begins.split("\n")[-2].removesuffix("if (a < b) 0")
    found = parts(around.format(f"{lead}if (a < b) 0\n" * 60), 400)

    assert len(found) > 2
    assert all(part.startswith(begins) for part in found[1:])
    assert all(part.endswith(ends) for part in found[:-1])
    assert "&lt;" not in "".join(found)


def test_indented_code_stays_code() -> None:
    found = parts("Look:\n\n" + "    if a < b:\n" * 60, 300)

    assert all(kinds(part)[-1] == "code_block" for part in found)
    assert "".join(found).count("    if a < b:\n") == 60


def test_a_span_of_code_that_is_cut_is_code_in_both_parts() -> None:
    found = parts("So `" + "a < b " * 100 + "` it is", 300)

    assert all("&lt;" not in part and part.count("`") == 2 for part in found[:-1])


def test_a_fence_that_was_never_closed_is_closed() -> None:
    assert parts("```\nx", 300) == ["```\nx\n```"]


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("".join(f"{number}. {'word ' * 7}\n" for number in range(1, 30)), "7. word"),
        (f"2) {'word ' * 7}\n" * 9, "8) word"),
        (f"1. {'word ' * 3}\n" * 30, "11. …\n1. word"),
        (f"> 1. {'word ' * 7}\n" * 9, "> 7. word"),
        (f"- 1. {'word ' * 7}\n" + f"  1. {'word ' * 7}\n" * 9, "- …\n\n  7. word"),
    ],
)
def test_an_ordered_list_goes_on_with_its_number(text: str, second: str) -> None:
    assert parts(text, 256)[1].startswith(second)


def test_nested_lists_stay_nested() -> None:
    text = "3. outer\n   - inner " + "word " * 40 + "\n   - next " + "word " * 40 + "\n4. last\n"
    found = parts(text, 300)

    assert found[1].startswith("3. …\n\n   - next") or found[1].startswith("3. …\n   - …\n     word")
    assert found[-1].endswith("4. last\n")


def test_a_quote_goes_on_as_one() -> None:
    found = parts("> " + "word " * 60 + "\nlazy " * 60, 300)

    assert all(part.startswith("> ") and kinds(part) == ["blockquote_open"] for part in found)


@pytest.mark.parametrize("word", ["- ", "# ", "> ", "1. ", "---- ", "+ "])
def test_a_paragraph_does_not_become_another_block(word: str) -> None:
    found = parts("Some " + word * 200, 300)

    assert len(found) > 1
    assert all(kinds(part) == ["paragraph_open"] for part in found)


@pytest.mark.parametrize("char", ["👩‍👩‍👧‍👦", "🇩🇪", "e\u0301", "किं", "각"])
def test_no_cut_is_made_inside_what_is_seen_as_one_character(char: str) -> None:
    for shift in range(len(char)):
        found = parts("x" * shift + char * 200, 256)
        assert all(part.strip("x").replace(char, "") == "" for part in found)


def test_an_entity_an_escape_or_a_link_is_not_cut_in_two() -> None:
    link = "[acme](https://acme.test/some/where)"

    assert all(part.replace("&lt;", "") == "" for part in parts("&lt;" * 500, 256))
    assert all(part.replace("\\*", "") == "" for part in parts("\\*" * 500, 257))
    assert all(part.count("[") == part.count("](") for part in parts(f"{link} " * 60, 300))


@pytest.mark.parametrize(
    "text", ["`" * 40_000, ">" * 40_000, "|-" * 20_000, "- " * 20_000, "```" + "x" * 30_000]
)
def test_what_opens_without_end_still_fits(text: str) -> None:
    found = parts(text, limits.REPLY_PART)

    assert all(len(part) <= limits.REPLY_PART for part in found)


def test_what_is_safe_is_longer_and_still_fits() -> None:
    text = "```\n" + "<@U0ANA00001>" * 3000 + "\n```\n" + "a<b " * 5000 + "[](x) " * 4000

    assert all(len(part) <= limits.REPLY_PART for part in parts(text, limits.REPLY_PART))
