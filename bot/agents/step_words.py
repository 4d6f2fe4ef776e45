"""What a thread shows of a tool's call while it works, and after: "Looking up INV-1003". Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from bot.domain.tool_title import checked
from bot.slack.deceptive_characters import visible
from bot.slack.graphemes import head

#: Characters of one argument that are shown, and of the whole line before its mark: a status line takes a hundred.
ARGUMENT: Final = 40
LINE: Final = 80
#: Arguments stand in braces.
_NAMED: Final = re.compile(r"\{([^{}\s]{1,80})\}")
#: What makes more of a text than words in some place of Slack: mentions, links, Markdown.
_MORE_THAN_WORDS: Final = re.compile(r"[<>@`*\[\]|\\~]|&\w+;|://|www\.|mailto:", re.IGNORECASE)


def checked_step(words: str, arguments: Collection[str], tool: str) -> str:
    """Return words that somebody chose for a tool's calls; arguments stand in them as `{name}`.

    Raises `ValueError` where they are no short line, or name an argument that the tool does not have.
    """
    line = checked(words)
    if strange := sorted(set(_NAMED.findall(line)) - set(arguments)):
        raise ValueError(f"{tool} has no argument {', '.join(strange)}")
    if {"{", "}"} & set(_NAMED.sub("", line)):
        raise ValueError(f"a brace that names no argument of {tool} stands in {line!r}")
    return line


class StepWords:
    """Finds them by the tool's name; a tool without any has its title."""

    def __init__(self, words: Mapping[str, str], title: Callable[[str], str]) -> None:
        self._words = words
        self._title = title

    def named(self, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Those of a call's arguments that stand in its words."""
        names = _NAMED.findall(self._words.get(tool, ""))
        return {name: arguments[name] for name in names if name in arguments}

    def of(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """The words for a call; its tool's title where an argument in them is nothing to be shown."""
        words = self._words.get(tool, "")
        shown = {name: _shown(arguments.get(name)) for name in _NAMED.findall(words)}
        if not words or not all(shown.values()):
            return self._title(tool)
        return head(_NAMED.sub(lambda found: shown[found[1]], words), LINE)


def is_words(line: str) -> bool:
    """Whether a line is words everywhere in Slack: nothing that cannot be seen, no mention, no link, no Markdown."""
    return bool(line) and visible(line, keep="") == line and not _MORE_THAN_WORDS.search(line)


def _shown(value: object) -> str:
    """An argument as it is shown: one line of words, cut; empty for anything that may be more than that."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    line = " ".join(str(value).split())
    if not is_words(line):
        return ""
    return line if len(line) <= ARGUMENT else f"{head(line, ARGUMENT - 1)}…"
