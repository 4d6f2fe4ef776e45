"""What people write where only buttons count: answered in a sentence, and never taken for a click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain import sentences
from bot.domain.approvals.approval import Approval, Question
from bot.domain.approvals.in_words import agrees, decides, only_withdraws, withdraws
from bot.domain.events import MessageReceived
from bot.domain.run import Notice
from bot.slack import requester_buttons
from bot.slack.card_words import what_of
from bot.slack.markdown import escape


def hint_to_decider(message: MessageReceived, pending: Sequence[Approval]) -> str:
    """What to tell who decides in words while a card waits, privately; nothing to any other message.

    From who asked "yes" may be an answer to the model, so there it takes a decision by name. The run does not
    read such words: then who wrote them has no hand in what it asks for later.
    """
    own = bool(_of_author(message, pending))
    sounds = decides(message.text) if own else agrees(message.text)
    if not (pending and sounds) or message.files:
        return ""
    return sentences.words_decide_nothing(escape(_names(pending)), escape(_roles(pending)))


def instead(message: MessageReceived, pending: Sequence[Approval]) -> Notice | None:
    """What to answer to words of which the run that waits need not know; None where it is to read them."""
    own = _of_author(message, pending)
    return _question(own) if own and only_withdraws(message.text) else None


def noted(message: MessageReceived, pending: Sequence[Approval], *, running: bool = False) -> Notice:
    """Answer a message that has joined a run that waits: say for what, or ask who asked whether to withdraw it.

    In a `running` conversation everything else would wait as well: it is said how to go round that.
    """
    own = _of_author(message, pending)
    return (
        replace(_question(own), waits=True)
        if own and withdraws(message.text)
        else Notice(
            sentences.waiting(_names(pending), _roles(pending)) + (sentences.MEANWHILE if running else ""),
            waits=True,
        )
    )


def _of_author(message: MessageReceived, pending: Sequence[Approval]) -> list[Approval]:
    return [one for one in pending if one.requester == message.user and one.question is Question.GO_AHEAD]


def _names(pending: Sequence[Approval]) -> str:
    """What is asked for, as the cards say it."""
    return " and ".join(sorted({f"“{what_of(approval)}”" for approval in pending}))


def _roles(pending: Sequence[Approval]) -> str:
    return " and ".join(sorted({role for approval in pending for role in approval.missing}))


def _question(own: Sequence[Approval]) -> Notice:
    return Notice(requester_buttons.question(own), withdrawable=tuple(one.id for one in own))
