"""What may be paid, and what Slack may say of it, when all has come to rest. Pure: over what was seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.domain import sentences
from bot.slack.reply import THINKING
from tests.ledger import disagreements

#: What a card says in its first line: of what status, which tool, what amount.
HEADLINE: Final = re.compile(r"(\w[\w, ]*?): (?:Issue refund ·|Refund) ([\d,.]+) EUR")
#: How it says what became of an approved call.
ENDING: Final = re.compile(r"\*(Done|Not done|Nobody knows|Done, but not as it stands here)\*")
#: Buttons that may stay below what is at rest: they change nothing by themselves. One that resets counts for nothing
#: once nothing waits of what it was asked about.
HARMLESS: Final = frozenset({"details", "retry", "reset_thread"})


@dataclass(frozen=True, slots=True)
class Wish:
    """A refund that somebody asked for; whether it needs a person's word, and whether anybody gave it."""

    amount: str
    needs_approval: bool
    was_approved: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """One message of the bot's as people see it. `approval` is that of a card, `is_final` a reply's own word."""

    where: str
    text: str
    buttons: tuple[str, ...] = ()
    approval: str = ""
    is_final: bool = True


def wrongly_paid(ledger: Sequence[Mapping[str, Any]], wishes: Iterable[Wish]) -> Iterator[str]:
    """Whatever was paid that nobody asked for, nobody approved, or that was paid before, whatever its key."""
    asked = {wish.amount: wish for wish in wishes}
    for amount, times in Counter(str(refund["amount"]) for refund in ledger).items():
        keys = sorted(str(refund["idempotency_key"]) for refund in ledger if refund["amount"] == amount)
        wish = asked.get(amount)
        if times > 1:
            yield f"{amount} was paid {times} times, under the keys {keys}"
        if wish is None:
            yield f"{amount} was paid, and nobody asked for it"
        elif wish.needs_approval and not wish.was_approved:
            yield f"{amount} was paid, and nobody approved it"


def untrue(
    ledger: Sequence[Mapping[str, Any]], messages: Sequence[Seen], pending: frozenset[str]
) -> Iterator[str]:
    """Whatever Slack shows of a payment, a decision or work under way that is not so."""
    for message in messages:
        if THINKING in message.text or "stop" in message.buttons or not message.is_final:
            yield f"{message.where} is shown as under way: {message.text[:80]!r}"
        if live := sorted(set(message.buttons) - HARMLESS):
            known = "pending" if message.approval in pending else "not pending"
            yield f"{message.where} still offers {live}; in Redis its approval {message.approval} is {known}"
    yield from disagreements([one.text for one in messages], ledger, all_told=True)
    yield from _of_cards({str(refund["amount"]) for refund in ledger}, messages)


def _of_cards(paid: set[str], messages: Iterable[Seen]) -> Iterator[str]:
    """Hold each card against the books; of several for one refund one may be of a time that Redis forgot."""
    cards = [
        (one, found[1], found[2].replace(",", ""), _ending(one.text))
        for one in messages
        if one.approval and (found := HEADLINE.search(one.text))
    ]
    told = {amount for _, _, amount, ending in cards if ending not in {"", "Not done"}}
    for card, status, amount, ending in cards:
        if status == "Approved" and not ending:
            yield f"{card.where} says that {amount} is approved, and not what became of it"
        if ending == "Done" and amount not in paid:
            yield f"{card.where} says that {amount} is done, and it was never paid"
        if ending == "Not done" and amount in paid - told:
            yield f"{card.where} says that {amount} is not done, and it was paid"


def _ending(text: str) -> str:
    """What a card says of its call, in the words of one whose approval is known."""
    if sentences.LOST_CARD in text:
        lost = {
            sentences.LOST_DONE: "Done",
            sentences.LOST_NOT_DONE: "Not done",
            sentences.LOST_UNKNOWN: "Nobody knows",
        }
        return next((ending for said, ending in lost.items() if said in text), "")
    return found[1] if (found := ENDING.search(text)) else ""
