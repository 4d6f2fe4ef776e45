"""Which tool a sentence means: the words of its name and description against those of the sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from devkit.model.dialogue import Tool
from devkit.model.filling import fill
from devkit.model.schema import Kind, arguments
from devkit.model.values import QUOTED, all_of, masked, without_mentions
from devkit.model.wording import ASKS, group_of, is_verb, order, stem, stems, words

#: The least that words about the thing itself must weigh.
ENOUGH: Final = 0.7
_NAME, _SAYS, _MORE, _ARGUMENT = 3.0, 1.0, 0.4, 0.5
_FIRST_WORD, _FIRST_KIND, _SURE = 2.0, 1.5, 0.5
SPENDS: Final = re.compile(
    r"^\W*(?:(?:i|we) (?:need|want|have to pay|spent)|spend|buy|order|reserve|put|purchase|pay)\b",
    re.IGNORECASE,
)
#: Orders to do something to a thing: a tool that does nothing of the kind is not meant, however near the thing is.
_STRICT: Final = {"=end", "=change", "=make", "=send"}
_LOOSE: Final = {Kind.TEXT, Kind.REASON, Kind.CHOICE}
_LOOKS: Final = re.compile(r"(?:how (?:many|much)|what|which|who|when|whether)\b", re.IGNORECASE)


def looks(tool: Tool) -> bool:
    """Whether a tool only looks, by the verb in its name, or else by how its description begins."""
    verbs = [group for group in map(group_of, words(tool.name)) if group]
    if not verbs:
        return bool(_LOOKS.match(tool.description)) or [group_of(w) for w in words(tool.description)[:1]] == [
            "=look"
        ]
    return verbs[0] == "=look"


def choose(tools: Sequence[Tool], text: str) -> Tool | None:
    """Choose the tool that a sentence means; None where none is near enough."""
    said = order(text)
    quoted = [span for span, _ in all_of(QUOTED, said)]
    asked = dict.fromkeys(stems(without_mentions(masked(said, quoted))))
    weights = {tool.name: _weights(tool) for tool in tools}
    spread = Counter(one for own in weights.values() for one in own)
    best, most = None, 0.0
    for tool in tools:
        found = {
            one: weight / spread[one] ** 0.5 for one, weight in weights[tool.name].items() if one in asked
        }
        begins = _beginning(tool, said)
        sure = is_sure(tool, text)
        if not _fits(tool, said, asked) or (
            _about(found, asked) < ENOUGH and not (sure and begins == _FIRST_WORD)
        ):
            continue
        score = sum(found.values()) + begins + _SURE * sure
        if score > most:
            best, most = tool, score
    return best or _spends(tools, said)


def _spends(tools: Sequence[Tool], said: str) -> Tool | None:
    """The only tool that takes an amount, where somebody needs money: "I need 300 for a desk"."""
    if not SPENDS.match(said):
        return None
    found = [one for one in tools if any(part.kind is Kind.AMOUNT for part in arguments(one.schema))]
    return found[0] if len(found) == 1 and is_sure(found[0], said) else None


def _fits(tool: Tool, said: str, asked: dict[str, None]) -> bool:
    """Whether a tool does the kind of thing that is wanted: one that acts never answers a question."""
    spoken = words(said)[:1]
    does = {group_of(word) for word in words(f"{tool.name} {tool.description.partition('.')[0]}")}
    wanted = group_of(spoken[0]) if spoken else ""
    if wanted in _STRICT and spoken[0] not in words(tool.name) and (wanted == "=end" or looks(tool)):
        return wanted in does
    return looks(tool) or (not ASKS.match(said) and bool(set(stems(tool.name)) & asked.keys()))


def is_sure(tool: Tool, text: str) -> int:
    """How many arguments that are needed, and can only be one thing, the sentence holds."""
    found = fill(tool, [text]).arguments
    return sum(one.needed and one.name in found and one.kind not in _LOOSE for one in arguments(tool.schema))


def _about(found: dict[str, float], asked: dict[str, None]) -> float:
    """What it weighs that is found of the thing itself: the verb alone counts where nothing else is said."""
    things = [one for one in asked if not is_verb(one)]
    return sum(
        weight
        for one, weight in found.items()
        if not is_verb(one) or (not things and not one.startswith("="))
    )


def _weights(tool: Tool) -> dict[str, float]:
    """What each stem that tells of a tool weighs."""
    first, _, more = tool.description.partition(".")
    properties = tool.schema.get("properties")
    arguments = " ".join(map(str, properties)) if isinstance(properties, dict) else ""
    weights: dict[str, float] = {}
    for text, weight in ((tool.name, _NAME), (first, _SAYS), (arguments, _ARGUMENT), (more[:400], _MORE)):
        for one in stems(text):
            weights.setdefault(one, weight * (0.5 if is_verb(one) else 1.0))
    return weights


def _beginning(tool: Tool, said: str) -> float:
    """What it weighs that a sentence begins with the verb of the tool, or with one like it."""
    spoken, named = words(said)[:1], words(tool.name)
    if not spoken:
        return 0.0
    verbs = [word for word in named if group_of(word)][:1] or named[:1]
    if stem(spoken[0]) in {stem(word) for word in verbs}:
        return _FIRST_WORD
    group = group_of(spoken[0])
    return _FIRST_KIND if group and group in {group_of(word) for word in named} else 0.0
