"""Triage of any team: who is handed over to is chosen by the words of when to hand over."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from devkit.model import code, small_talk, values
from devkit.model.dialogue import Answer, Call, Dialogue, Tool
from devkit.model.team import handed_over, handoffs, person
from devkit.model.wording import group_of, is_verb, order, stems, words

ADDRESS: Final = re.compile(r"https?://[^\s<>)|]+")
ASKS_HOW: Final = re.compile(r"^\W*(how (do|does|are|is|can)|what happens)\b.*", re.IGNORECASE)
NOTHING: Final = "Nothing in the documents fits"
#: The least that a specialist's words must have in common with a message's.
ENOUGH: Final = 0.5


def answer(dialogue: Dialogue) -> Answer:
    """Answer as Triage."""
    if said := small_talk.certain(dialogue) or look_up(dialogue):
        return said
    gone = {call.name for call in handed_over(dialogue)}
    people = [one for one in handoffs(dialogue) if one.name not in gone]
    question = small_talk.plain(dialogue)
    if small_talk.asks_rule(question, " ".join(one.description for one in people)):
        return Answer(small_talk.policy_text(dialogue))
    if chosen := _nearest(people, question):
        return hand_over(chosen)
    if said := small_talk.casual(dialogue):
        return said
    if len(people) == 1 and _is_order(question):
        return hand_over(people[0])
    return small_talk.unknown(dialogue)


def hand_over(handoff: Tool) -> Answer:
    """Hand over, and say to whom."""
    return Answer(f"That is one for {person(handoff)[0]}. Handing over.", (Call(handoff.name, {}),))


def look_up(dialogue: Dialogue) -> Answer | None:
    """Read a page whose address was given, or ask the documents how something is done."""
    question = small_talk.plain(dialogue)
    for tool, argument, found in (
        ("summarize_url", "url", ADDRESS.search(question)),
        ("search_docs", "question", ASKS_HOW.search(question) or _rule(question)),
    ):
        if found and tool in dialogue.tools:
            if done := dialogue.outputs(tool, dialogue.since_user):
                return _found(dialogue, done[-1][1].text)
            return Answer("", (Call(tool, {argument: found[0]}),))
    return None


def _found(dialogue: Dialogue, text: str) -> Answer:
    if text.startswith(NOTHING):
        return Answer(f"The documents say nothing of that. {small_talk.policy_text(dialogue)}")
    return Answer(f"This is what I found:\n\n{text[:600]}")


def _rule(question: str) -> re.Match[str] | None:
    return re.match(r".+", question, re.DOTALL) if small_talk.asks_rule(question) else None


def _nearest(people: Sequence[Tool], text: str) -> Tool | None:
    """Who is meant, by the words of name and description; those that many share count for less."""
    own = {one.name: set(stems(" ".join(person(one)))) for one in people}
    spread = Counter(stem for found in own.values() for stem in found)
    asked = set(stems(order(text)))
    best, most = None, 0.0
    for one in people:
        shared = own[one.name] & asked
        score = sum((0.3 if is_verb(stem) else 1.0) / spread[stem] for stem in shared)
        if code.WANTED.search(text) and {"sandbox", "cod"} & own[one.name]:
            score += 1.0
        if score > most:
            best, most = one, score
    return best if most >= ENOUGH else None


def _is_order(text: str) -> bool:
    """Whether a message asks for something to be done: it begins with a verb, or names a number or a person."""
    first = words(order(text))[:1]
    named = values.numbers(text) or values.all_of(values.ID, text) or values.MENTION.search(text)
    return bool(named) or (bool(first) and bool(group_of(first[0])))
