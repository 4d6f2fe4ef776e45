"""The words of a text, made comparable: without those that say nothing, cut to stems, synonyms as one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

#: "Can you book …" orders as much as "book …" does.
POLITE: Final = re.compile(
    r"^\W*(?:(?:hi|hello|hey|ok|okay|so|and|now|then|also|thanks|thank you|great|yes|well)\b[\s,!.]*)*"
    r"(?:(?:can|could|would|will) (?:you|we|i)\s+|please\s+|i(?:'d| would) like (?:you )?to\s+|i (?:want|need|have) to\s+"
    r"|i want you to\s+|let'?s\s+|go ahead and\s+|kindly\s+|help me (?:to )?)*(?:please\s+)?",
    re.IGNORECASE,
)
_LAST: Final = re.compile(
    r"(?:,? (?:and )?(?:then )?(?:tell me|let me know|please|thanks|thank you|asap))+[\s!.]*$", re.IGNORECASE
)
#: Asks how things are, so nothing may be done for it.
ASKS: Final = re.compile(
    r"^\W*(?:was|were|is|are|am|did|does|do|has|have|when|how|what|which|who|whose|where|why|should|(?:what|who|where|how|when)'s)\b",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\W_]+(?:['’][a-z]{1,2}\b)?")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ENDINGS: Final = ("ations", "ation", "ings", "ing", "ments", "ment", "ed", "es", "s", "e")


def one_of(text: str) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(text.split())


#: What says nothing of what a sentence is about.
SMALL: Final = one_of(
    "a an the and or but if of in on at by to from for with without as into about is are was were be "
    "been am do does did has have had can could may might will would shall should must i me my we us "
    "our you your he him his she her it its they them their this that these those there here what which "
    "who whom whose when where why how please some any all every each no not yes so too also just then "
    "than now today got get's want wants need needs like i'd i'm i'll it's what's that's let's lets "
    "don't everything something anything nothing thing things much many more use used using before "
    "after unless only one"
)
#: Verbs that mean much the same, by one word for all of them.
VERBS: Final = {
    "=look": "list show see view look read find search fetch retrieve query check describe get count lookup tell "
    "what which display inspect report",
    "=make": "create add make new open insert register raise start",
    "=end": "delete remove drop cancel destroy erase purge",
    "=change": "update change edit modify rename set move",
    "=send": "send post notify message write publish",
    "=give": "pay give grant award transfer",
    "=ask": "request apply ask submit",
    "=buy": "buy purchase spend reserve put",
}
#: Nouns that people use for one another.
_NOUNS: Final = {
    "=absence": "vacation holiday leave pto absence off",
    "=person": "person people employee colleague staff member user",
    "=bill": "bill invoice",
    "=ticket": "ticket issue",
    "=mail": "mail email",
    "=folder": "folder directory",
    "=file": "file document",
    "=pay": "salary wage payroll",
    "=rest": "balance left remaining",
}


def stem(word: str) -> str:
    """Cut a small-letter word to what its forms have in common."""
    if word.endswith("ies") and len(word) > 4:
        word = f"{word[:-3]}y"
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def _table(groups: dict[str, str]) -> dict[str, str]:
    return {stem(word): group for group, words in groups.items() for word in words.split()}


_VERB_OF: Final = _table(VERBS)
_NOUN_OF: Final = _table(_NOUNS)
_SAME: Final = {**_NOUN_OF, **_VERB_OF}


def words(text: str) -> list[str]:
    """Every word of a text or of a name such as `bookAmount` or `book_amount`, in small letters."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(_CAMEL.sub(" ", text.replace("_", " ")))]


def stems(text: str) -> list[str]:
    """The stems of the words that count. A verb that has synonyms stands for itself and for all of them."""
    return list(_stems(words(text)))


def _stems(found: Iterable[str]) -> Iterable[str]:
    for word in found:
        if word in {"what", "which"}:
            yield "=look"
        elif word not in SMALL and not word.isdigit():
            cut = stem(word)
            if cut not in _NOUN_OF:
                yield cut
            if group := _SAME.get(cut):
                yield group


def is_verb(stemmed: str) -> bool:
    """Whether a stem is one of a verb that has synonyms, or stands for them: it says what is done, not to what."""
    return stemmed in VERBS or stemmed in _VERB_OF


def group_of(word: str) -> str:
    """The group of a verb; empty for any other word."""
    return _VERB_OF.get(stem(word.lower()), "")


def phrase(name: str) -> str:
    """A name of a tool or an argument as people would say it."""
    return " ".join(words(name)) or name


def order(text: str) -> str:
    """A sentence without what is said out of politeness before and behind it."""
    return _LAST.sub("", POLITE.sub("", text, count=1))
