"""Whether a message that nobody addressed to the bot, in a thread of its, is for the bot. Pure.

The rules are few and in order, so that they can be explained to whoever asks why it answered, or did not: docs/speaking.md
has them in plain words. What sounds like something is told by English words; a message in another language is judged by who
speaks with whom alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bot.domain.approvals.in_words import agrees, decides, withdraws
from bot.domain.spoken_to import asks, calls_by_name, calls_somebody, is_courtesy, thanks_somebody

#: How `THREAD_REPLIES` is set.
ThreadReplies = Literal["auto", "always", "mention"]


class Why(StrEnum):
    """The rule that decided. The first word says how: it answers, keeps silent, or asks the check."""

    ADDRESSED = "answers: addressed to the bot"
    NAMED = "answers: begins with its name"
    LIKE_A_BUTTON = "answers: sounds like a button of a request that waits"
    ALWAYS = "answers: THREAD_REPLIES is always"
    ALONE = "answers: one person and the bot"
    ASKED_BACK = "answers: the bot had asked, and who it asked says the next word"
    TO_OTHERS = "silent: mentions somebody else"
    MENTION_ONLY = "silent: THREAD_REPLIES is mention"
    THANKS_SOMEBODY = "silent: thanks or greets somebody else by name, or all"
    CALLS_SOMEBODY = "silent: begins with a name, where several people write"
    COURTESY = "silent: thanks, a greeting or a nod, where several people write"
    PEOPLE_TALK = "silent: people have been talking to each other since the bot's last word"
    OVER = "silent: read late, and the talk has gone on"
    MAY_CALL_SOMEBODY = "check: begins with what may be a name, where only one person writes"
    IN_DOUBT = "check: several people, and the bot had the last word"
    COMES_BACK = "check: who it answered last asks something after others spoke"

    @property
    def answers(self) -> bool:
        """Whether it is for the bot."""
        return self.startswith("answers")

    @property
    def is_doubt(self) -> bool:
        """Whether the rules leave it open."""
        return self.startswith("check")


@dataclass(frozen=True, slots=True)
class Talk:
    """What is known of a thread when somebody writes in it.

    `people` have written in it, whoever writes now included. `answered` is whom the bot answered last; `asked_back`:
    that answer ended in a question. `overheard`: people have said something since that was not for the bot.
    `requesters` asked for what waits for people in it.
    """

    people: Collection[str]
    answered: str = ""
    asked_back: bool = False
    overheard: bool = False
    requesters: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A message, as far as the rules look at it. `late`: it was read from history, and others have written since."""

    user: str
    text: str
    addressed: bool = False
    to_others: bool = False
    late: bool = False


def judge(message: Written, talk: Talk, setting: ThreadReplies, *, bot_names: Collection[str]) -> Why:
    """Decide whether a message is for the bot."""
    if message.addressed:
        return Why.ADDRESSED
    if message.to_others:
        return Why.TO_OTHERS
    if is_like_a_button(message, talk):
        return Why.LIKE_A_BUTTON
    if setting == "always":
        return Why.ALWAYS
    if setting == "mention":
        return Why.MENTION_ONLY
    if any(calls_by_name(message.text, name) for name in bot_names if name):
        return Why.NAMED
    return _by_who_speaks(message, talk)


def is_like_a_button(message: Written, talk: Talk) -> bool:
    """Tell whether it sounds as if it were to decide or to withdraw what waits: it is told what counts (`in_words`)."""
    if not talk.requesters:
        return False
    if message.user in talk.requesters:
        return decides(message.text) or withdraws(message.text)
    return agrees(message.text)


def _by_who_speaks(message: Written, talk: Talk) -> Why:
    if thanks_somebody(message.text):
        return Why.THANKS_SOMEBODY
    if talk.asked_back and not talk.overheard and message.user == talk.answered:
        return Why.ASKED_BACK
    alone = len(set(talk.people)) <= 1
    if calls_somebody(message.text):
        return Why.MAY_CALL_SOMEBODY if alone else Why.CALLS_SOMEBODY
    if alone:
        return Why.ALONE
    return Why.COURTESY if is_courtesy(message.text) else _in_company(message, talk)


def _in_company(message: Written, talk: Talk) -> Why:
    """Where several people write, and nothing says plainly whom one of them means."""
    comes_back = message.user == talk.answered and asks(message.text)
    if talk.overheard and not comes_back:
        return Why.PEOPLE_TALK
    if message.late:
        return Why.OVER
    return Why.COMES_BACK if talk.overheard else Why.IN_DOUBT
