"""What the product's documents say: a full-text index of Markdown files, made when the bot starts."""

from __future__ import annotations

import re
import sqlite3
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agents import FunctionTool, function_tool

#: How many places are told, and characters of each.
PLACES, EXCERPT = 4, 1_500
#: Characters of a section in the index; longer ones are cut.
SECTION: Final = 20_000
_HEADING: Final = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
#: Words that stand in every question and say nothing of what it is about.
_SMALL: Final = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "how",
        "i",
        "in",
        "is",
        "it",
        "my",
        "of",
        "on",
        "or",
        "our",
        "the",
        "to",
        "we",
        "what",
        "when",
        "which",
        "who",
        "why",
        "you",
        "your",
    ]
)
_WORD: Final = re.compile(r"\w+")


class Documents:
    """The sections of every Markdown file below a folder, found by their words."""

    def __init__(self, folder: Path) -> None:
        self._index = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, self._index.close)
        self._index.execute(
            "create virtual table section using fts5(place, heading, body, tokenize='porter unicode61')"
        )
        for file in sorted(folder.rglob("*.md")):
            place = file.relative_to(folder).as_posix()
            rows = ((place, heading, body[:SECTION]) for heading, body in _sections(file))
            self._index.executemany("insert into section values (?, ?, ?)", rows)

    def __len__(self) -> int:
        """How many sections there are."""
        return int(self._index.execute("select count(*) from section").fetchone()[0])

    def search(self, question: str) -> list[tuple[str, str, str]]:
        """The sections that fit best, each as file, heading and text. Nothing in a question is syntax."""
        asked = dict.fromkeys(_WORD.findall(question.casefold()))
        words = " OR ".join(f'"{word}"' for word in ([word for word in asked if word not in _SMALL] or asked))
        if not words:
            return []
        found = self._index.execute(
            "select place, heading, body from section where section match ? "
            "order by bm25(section, 1.0, 6.0, 1.0) limit ?",
            (words, PLACES),
        )
        return [(str(place), str(heading), str(body)) for place, heading, body in found]


#: What the thread shows of a search.
STEP: Final = "Searching the documents: {question}"


def search_tool(documents: Documents) -> FunctionTool:
    """Make the tool that looks documents up."""

    @function_tool(failure_error_function=None)
    async def search_docs(question: str) -> str:
        """Look up what the company's documents say.

        Use it for every question about how something is done here, before you answer. Not for
        invoices, and not for the world outside.

        Args:
            question: The question, or the words to look for.
        """
        found = documents.search(question)
        if not found:
            return "Nothing in the documents fits."
        parts = [f"## {place}, {heading}\n{body[:EXCERPT].strip()}" for place, heading, body in found]
        return "\n\n".join(parts)

    return search_docs


def _sections(file: Path) -> Iterator[tuple[str, str]]:
    """Cut a document at its headings."""
    text = file.read_text(encoding="utf-8", errors="replace")
    headings = list(_HEADING.finditer(text))
    if not headings or text[: headings[0].start()].strip():
        yield file.stem, text[: headings[0].start()] if headings else text
    for at, heading in enumerate(headings):
        ends = headings[at + 1].start() if at + 1 < len(headings) else len(text)
        yield heading[1], text[heading.end() : ends]
