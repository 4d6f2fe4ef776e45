"""Documents of Markdown as models write them, and worse: every block, in every other one."""

from __future__ import annotations

from random import Random

LONG = "x" * 70
WORDS = [
    *("word", "invoice", "a", "INV-1003", "naïve", "e\u0301te\u0301", "👩‍👩‍👧", "🇩🇪", "किं", LONG, "a_b"),
    *("a<b", "<!here>", "<@U0ANA00001>", "&amp;", "&lt;", "5\\*3", "\\|", "`x < y`", "`a`", "``b ` c``"),
    *(
        "[acme](https://acme.test/a)",
        "https://acme.test/?a=1&b=2",
        "-",
        "+",
        "#",
        ">",
        "1.",
        "12)",
        "=",
        "---",
        "|",
    ),
    *("**bold**", "_so_", ":100:", "docker", "~~~"),
]
CODE = [
    *(
        "x = f[0](a) < b",
        "",
        "    if x:",
        "# comment",
        "<div class='a'>",
        "| a | b |",
        "- no item",
        "1. none",
    ),
    *("> no quote", "&lt;", "y" * 30, "\tz", "<@U0ANA00001>"),
]
LANGUAGES = ["", "python", "c++"]
#: Blocks that are no container: most of a document.
KINDS = ["paragraph", "paragraph", "fence", "indented", "table", "heading", "rule"]


def document(seed: int) -> str:
    """One document for each number."""
    return "\n".join(_blocks(Random(seed), depth=0, most=3)) + "\n"


def _blocks(draw: Random, *, depth: int, most: int) -> list[str]:
    """The lines of some blocks, with a blank one between them."""
    lines: list[str] = []
    for index in range(draw.randint(1, most)):
        kinds = KINDS if depth > 1 else [*KINDS, "quote", "list", "list"]
        lines += [""] if index else []
        lines += BLOCKS[draw.choice(kinds)](draw, depth)
    return lines


def _words(draw: Random, most: int, *, words: list[str] = WORDS) -> str:
    found = draw.choices(words, k=draw.randint(1, 8))
    return " ".join(found * draw.randint(1, max(most // 8, 1)))


def _paragraph(draw: Random, _: int) -> list[str]:
    # A line of words must not begin another block: that would be another document than is meant.
    return ["Some " + _words(draw, 40) for _ in range(draw.randint(1, 3))]


def _fence(draw: Random, _: int) -> list[str]:
    mark = draw.choice(["```", "````", "~~~"])
    return [mark + draw.choice(LANGUAGES), *_code(draw), mark]


def _indented(draw: Random, _: int) -> list[str]:
    return ["A", "", *(f"    {line}" for line in ["x", *_code(draw), "x"]), "", "B"]


def _code(draw: Random) -> list[str]:
    return draw.choices(CODE, k=draw.randint(1, 6)) * draw.randint(1, 3)


def _table(draw: Random, _: int) -> list[str]:
    columns = draw.randint(1, 4)
    cells = [one for one in WORDS if one not in {"|", "~~~", "`x < y`", "``b ` c``", LONG}]
    rows = [[_words(draw, 8, words=cells) for _ in range(columns)] for _ in range(draw.randint(2, 4))]
    rows[0] = [cell.split(" ")[0] for cell in rows[0]]
    rows = [rows[0], ["---"] * columns, *(rows[1:] * draw.randint(1, 5))]
    return [f"| {' | '.join(row)} |" for row in rows]


def _heading(draw: Random, _: int) -> list[str]:
    return ["#" * draw.randint(1, 4) + " Title " + _words(draw, 8)]


def _rule(draw: Random, _: int) -> list[str]:
    return ["***"]


def _quote(draw: Random, depth: int) -> list[str]:
    return [f"> {line}".rstrip() for line in _blocks(draw, depth=depth + 1, most=3)]


def _list(draw: Random, depth: int) -> list[str]:
    first = draw.randint(0, 12)
    mark = draw.choice("-*.)")
    is_lazy = draw.random() < 0.5
    lines: list[str] = []
    for index in range(draw.randint(1, 5)):
        marker = mark if mark in "-*" else f"{first if is_lazy else first + index}{mark}"
        inside = _blocks(draw, depth=depth + 1, most=2) if draw.random() < 0.5 else _paragraph(draw, depth)
        content = ["Item", "", *inside] if inside[0][:1] in " " else inside
        indent = " " * (len(marker) + 1)
        lines += [f"{marker} {content[0]}", *(f"{indent}{line}".rstrip() for line in content[1:])]
        lines += [""] if draw.random() < 0.5 else []
    return [*lines, "", f"Behind a list {first}."]


BLOCKS = {
    "paragraph": _paragraph,
    "fence": _fence,
    "indented": _indented,
    "table": _table,
    "heading": _heading,
    "rule": _rule,
    "quote": _quote,
    "list": _list,
}
