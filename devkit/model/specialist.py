"""Any specialist of any team: a tool is chosen by words, called with what was said, and its result is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from devkit.model import small_talk, telling
from devkit.model.choosing import choose, is_sure, looks
from devkit.model.dialogue import Answer, Call, Dialogue, Tool
from devkit.model.filling import Filled, asked_for, fill
from devkit.model.schema import arguments
from devkit.model.team import BACK, handed_over, own_tools
from devkit.model.values import QUOTED, all_of
from devkit.model.wording import group_of, order, phrase, stem, words

#: By this we know later that we had asked.
STILL: Final = "I still need"
LEFT: Final = "All right, I leave it. Nothing was done."
LEAVES: Final = re.compile(
    r"^\W*(?:never ?mind|forget (?:it|that|about it)|cancel(?: that| it)?|stop|leave it|no,? thanks?)\W*$",
    re.IGNORECASE,
)
#: Says what is not to be done.
FORBIDS: Final = re.compile(
    r"^\W*(?:(?:please|no|ok|okay|and|but|you (?:must|should)|we)\W+)*(?:do not|don['’]?t|dont|never|not to)\s+"
    r"(?!forget|worry|hesitate|mind|you\b|we\b|i\b|they\b)",
    re.IGNORECASE,
)
HOW: Final = re.compile(r"^\W*how (?:(?:do|can|could|should|would) (?:i|we)|to)\b", re.IGNORECASE)
#: Where one sentence asks for several things.
_BETWEEN: Final = re.compile(r"\s*(?:;|\n|,?\s+and\s+then\b|,?\s+then\b|,?\s+and\b|,)\s+", re.IGNORECASE)
#: Calls in one answer, at most.
MOST: Final = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tool, and what it would be called with."""

    tool: Tool
    filled: Filled


def answer(dialogue: Dialogue) -> Answer:
    """Answer as a specialist."""
    names = [tool.name for tool in own_tools(dialogue)]
    if done := telling.results(dialogue, names, dialogue.since_user):
        return Answer("\n\n".join(telling.outcome(*pair) for pair in done))
    earlier = telling.untold(dialogue, names, telling.outcome)
    given = _answer(dialogue)
    return Answer("\n\n".join(filter(None, (earlier, given.text))), given.calls)


def _answer(dialogue: Dialogue) -> Answer:
    tools, question = own_tools(dialogue), dialogue.question
    texts = conversation(dialogue)
    if len(texts) > 1 and LEAVES.match(question):
        return Answer(LEFT)
    if said := small_talk.certain(dialogue):
        return said
    wanted = wants(tools, texts)
    named = " ".join(f"{one.tool.name} {one.tool.description}" for one in wanted)
    if small_talk.asks_rule(question, named):
        return Answer(small_talk.policy_text(dialogue))
    if HOW.match(question):
        return Answer(
            f"Just say it in a sentence; I ask for what is missing. {small_talk.help_text(dialogue)}"
        )
    if wanted:
        return Answer(LEFT) if FORBIDS.match(question) else _act(wanted)
    if said := small_talk.casual(dialogue):
        return said
    if BACK in dialogue.tools and not handed_over(dialogue):
        return Answer("That is not mine, so I hand you back to Triage.", (Call(BACK, {}),))
    return small_talk.unknown(dialogue)


def conversation(dialogue: Dialogue) -> list[str]:
    """What the person said since they asked for something of which we still ask the rest, oldest first."""
    texts: list[str] = []
    asked = True
    for entry in reversed(dialogue.entries):
        if entry.role == "user" and asked:
            texts.append(small_talk.WHOSE.sub("", entry.text))
            asked = False
        elif entry.role == "user":
            break
        elif entry.role == "assistant" and STILL in entry.text:
            asked = True
    return texts[::-1]


def wants(tools: Sequence[Tool], texts: Sequence[str]) -> list[Wanted]:
    """What is asked for, with the answers to what was missing; nothing where no tool is meant."""
    begins = 0
    for at in range(1, len(texts)):
        if _is_new(tools, texts[begins:at], texts[at]):
            begins = at
    said = texts[begins:]
    first = choose(tools, said[0]) if len(said) > 1 else None
    return [Wanted(first, fill(first, said))] if first else _several(tools, said[-1]) if said else []


def _is_new(tools: Sequence[Tool], before: Sequence[str], text: str) -> bool:
    """Whether words are no answer to what was asked for, but an order of their own."""
    first, newest = choose(tools, before[0]), choose(tools, text)
    verb = words(order(text))[:1]
    if newest is None or not verb or not _begins_with_verb(newest, verb[0]):
        return first is None
    if newest != first:
        return True
    own, known = fill(newest, [text]), fill(newest, before).arguments
    said_again = [
        one
        for one in arguments(newest.schema)
        if one.needed and {one.name} <= own.arguments.keys() & known.keys()
    ]
    return bool(said_again) or not own.missing


def _begins_with_verb(tool: Tool, word: str) -> bool:
    return stem(word) in [stem(one) for one in words(tool.name)[:1]] or bool(group_of(word))


def _several(tools: Sequence[Tool], text: str) -> list[Wanted]:
    """One thing, or several if each part of the sentence says all that one of them needs."""
    last: Tool | None = None
    made: list[Wanted] = []
    parts = _parts(text)
    for part in parts if len(parts) <= MOST else ():
        own = choose(tools, part)
        last = own or last
        if last is None:
            break
        wanted = Wanted(last, fill(last, [part]))
        if wanted.filled.missing or (own is None and not is_sure(last, part)):
            break
        made += [] if wanted in made else [wanted]
    else:
        if len(made) > 1:
            return made
    whole = choose(tools, text)
    return [Wanted(whole, fill(whole, [text]))] if whole else []


def _parts(text: str) -> list[str]:
    """A sentence cut where it may go on to another thing, though not within quotation marks."""
    text = order(text)
    quoted = [span for span, _ in all_of(QUOTED, text)]
    parts, begins = list[str](), 0
    for found in _BETWEEN.finditer(text):
        if not any(start < found.start() < end for start, end in quoted):
            parts.append(text[begins : found.start()])
            begins = found.end()
    return [*parts, text[begins:]]


def _act(wanted: Sequence[Wanted]) -> Answer:
    """Call what is complete, or ask for what is missing."""
    for one in wanted:
        if one.filled.missing:
            asked = f"To {_deed(one.tool)}, {STILL} {asked_for(one.filled.missing)}."
            return Answer(" ".join(filter(None, (one.filled.wrong, asked))))
    only_looks = all(looks(one.tool) for one in wanted)
    calls = tuple(Call(one.tool.name, one.filled.arguments) for one in wanted)
    return Answer("Let me look that up." if only_looks else "I will do that now.", calls)


def _deed(tool: Tool) -> str:
    """What a tool does, in its description's words if these are an order, else in those of its name."""
    first = re.split(r"[.\n]", " ".join(tool.description.split()), maxsplit=1)[0].strip()
    begins, named = words(first)[:1], words(tool.name)[:1]
    same = bool(begins and named) and stem(begins[0]) == stem(named[0])
    return f"{first[:1].lower()}{first[1:]}" if same and len(first) <= 80 else phrase(tool.name)
