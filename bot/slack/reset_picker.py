"""What people see before a thread is forgotten: the list behind /reset, and what would go with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.approvals.approval import Approval
from bot.domain.recent_thread import NAMED, RecentThread
from bot.domain.thread import ThreadRef
from bot.slack import actions, limits
from bot.slack.blocks import Block, buttons, link, mrkdwn, plain, section, short
from bot.slack.card_words import what_of
from bot.slack.cards import Card
from bot.slack.deceptive_characters import visible

WHICH = "Which thread should I forget?"
BUSY = "I am answering there right now; that stops."
#: How many approvals a question spells out.
SPELT = 3
#: What stands behind the ids in a button's value where the files stay.
_FILES = "files"


def reset_picker(threads: Sequence[RecentThread], said: str = "") -> Card:
    """List threads with a Reset button each, below what was `said` of the last one that was picked.

    Lists at most as many as a message holds blocks.
    """
    asked = WHICH if threads else "There is no other."
    text = f"{said} {asked}".strip()
    blocks: list[Block] = [section(plain(text))]
    blocks += [row(thread) for thread in threads[: limits.BLOCKS - 1]]
    return Card(text, blocks)


def row(one: RecentThread) -> Block:
    """One thread, with its Reset button; where something is lost with it, the click is confirmed first."""
    name = plain(visible(" ".join(one.title.split()), keep="")[:100] or "Untitled thread")
    button = actions.button(actions.RESET, "Reset", value_of(one.thread, one.named))
    if not one.is_at_rest:
        button["confirm"] = actions.confirmed("Forget all the same?", lost_with(one), "Forget it", "Keep it")
    return {"type": "section", "fields": [name, mrkdwn(link(one.permalink, "Open"))], "accessory": button}


def lost_with(one: RecentThread) -> str:
    """Say what goes with a thread, by its title."""
    withdrawn = f"Withdrawn with it: {_titles(one.waiting)}." if one.waiting else ""
    return " ".join(filter(None, (withdrawn, BUSY if one.is_busy else "")))


def question(waiting: Sequence[Approval]) -> str:
    """Ask in the thread whether to forget it, naming what would be withdrawn."""
    return (
        f"Something waits in this thread: {_titles(waiting)}. Forgetting it withdraws that. "
        "Press the button, or say reset once more, if that is what you want."
    )


def below_question(thread: ThreadRef, approval_ids: Sequence[str], *, keeps_files: bool) -> list[Block]:
    """The button below that question."""
    value = value_of(thread, approval_ids[:NAMED], keeps_files=keeps_files)
    return [buttons(actions.button(actions.RESET, "Forget it all the same", value, style="danger"))]


def value_of(thread: ThreadRef, approval_ids: Sequence[str], *, keeps_files: bool = False) -> str:
    """What a Reset button carries: the thread, and the approvals that were named."""
    return " ".join(filter(None, (str(thread), ",".join(approval_ids) or ",", _FILES if keeps_files else "")))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a pressed Reset button wants forgotten, and what it named as lost with that."""

    thread: ThreadRef
    named: tuple[str, ...]
    keeps_files: bool


def wanted(value: str) -> Wanted:
    """Read such a value, also of an earlier release that names none; raises `ValueError`."""
    thread, _, rest = value.partition(" ")
    named, _, files = rest.partition(" ")
    return Wanted(ThreadRef.parse(thread), tuple(filter(None, named.split(","))), files == _FILES)


def _titles(waiting: Sequence[Approval]) -> str:
    told = [short(what_of(one), 80) for one in waiting[:SPELT]]
    more = len(waiting) - len(told)
    return "; ".join([*told, *([f"{more} more"] if more > 0 else [])])
