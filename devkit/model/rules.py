"""The demo model's mind: simple rules over nothing but the request.

It remembers only what the history holds and can do only what tools are offered, so what a test
sees of memory, forgetting and approvals is the bot's doing.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Final

from devkit.model import addressees, code, notes, small_talk, specialist, support, telling, triage
from devkit.model.choosing import choose
from devkit.model.dialogue import Answer, Call, Dialogue
from devkit.model.team import BACK, SUPPORT, handed_over, handoffs, is_support, own_tools

HOSTILE: Final = re.compile(
    r"ignore (all |any |your )*(previous |prior |above )*(instructions|rules)|reveal your (system )?prompt"
    r"|pretend (that )?(the |an )?approv|without (any )?approval",
    re.IGNORECASE,
)
#: Characters of a message that are read, but for commands that are run.
LONGEST: Final = 2_000


def answer(dialogue: Dialogue) -> Answer:
    """Answer a request: by the rules of the team whose tools it offers."""
    if "json" in dialogue.instructions and "label" in dialogue.instructions and not dialogue.tools:
        return _judge(dialogue.question)
    if notes.is_asked(dialogue):
        return notes.write(dialogue)
    if addressees.is_asked(dialogue):
        return addressees.answer(dialogue)
    if own_tools(dialogue) or "exec_command" not in dialogue.tools:
        dialogue = _shortened(dialogue)
    if is_support(dialogue):
        return _support(dialogue)
    return small_talk.introduced(dialogue, _any(dialogue))


def _shortened(dialogue: Dialogue) -> Dialogue:
    """The request with the beginning of what people wrote: patterns are slow on very long lines."""
    entries = (
        replace(entry, text=entry.text[:LONGEST]) if entry.role == "user" else entry
        for entry in dialogue.entries
    )
    return replace(dialogue, entries=tuple(entries))


def _support(dialogue: Dialogue) -> Answer:
    if handoffs(dialogue):
        return support.triage(dialogue)
    if more := _more(dialogue):
        return small_talk.introduced(more, specialist.answer(more))
    return support.billing(dialogue)


def _any(dialogue: Dialogue) -> Answer:
    if handoffs(dialogue):
        return triage.answer(dialogue)
    if "exec_command" in dialogue.tools and not (own_tools(dialogue) and not code.is_meant(dialogue)):
        return _developer(dialogue)
    if own_tools(dialogue):
        return specialist.answer(dialogue)
    return small_talk.chat(dialogue)


def _more(dialogue: Dialogue) -> Dialogue | None:
    """The request without the support team's own tools, if it is about a tool that somebody added to them."""
    added = [tool.name for tool in own_tools(dialogue) if tool.name not in SUPPORT]
    chosen = choose(own_tools(dialogue), dialogue.question) if added else None
    is_meant = chosen is not None and chosen.name in added
    done = telling.results(dialogue, added, dialogue.since_user)
    if not (is_meant or done or (added and len(specialist.conversation(dialogue)) > 1)):
        return None
    return replace(
        dialogue, tools={name: tool for name, tool in dialogue.tools.items() if name not in SUPPORT}
    )


def _developer(dialogue: Dialogue) -> Answer:
    """Run code, or leave to Triage what is none."""
    if code.is_meant(dialogue):
        return code.answer(dialogue)
    if said := small_talk.certain(dialogue) or small_talk.casual(dialogue):
        return said
    if BACK in dialogue.tools and not handed_over(dialogue):
        return Answer("That is not mine, so I hand you back to Triage.", (Call(BACK, {}),))
    return code.answer(dialogue)


def _judge(text: str) -> Answer:
    hostile = HOSTILE.search(text) is not None
    label, reason = ("injection", "tries to get around the rules") if hostile else ("ok", "nothing wrong")
    return Answer(json.dumps({"label": label, "reason": reason}))
