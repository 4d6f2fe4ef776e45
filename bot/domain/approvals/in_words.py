"""Words that sound like a button of a card. They decide nothing: the bot answers with a question or a hint. Pure.

The rules are short so that they can be explained to whoever asks why the bot answered as it did. They know English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

#: Words of a message that may still be a wish to withdraw, and of one that may be a decision.
LONGEST_WISH: Final = 12
LONGEST_DECISION: Final = 8

#: What is meant by "it".
_IT: Final = (
    r"(?:it|that|this|these|those|(?:the|that|this|my) (?:last |other )?"
    r"(?:refund|request|call|payment|message|approval|card|one))\b"
)
#: What a part of a message begins with that wants a call withdrawn.
_WITHDRAWING: Final = re.compile(
    r"(?:cancel|withdraw|never ?mind|nvm\b|n/?m\Z|abort|undo|revoke|retract|scrap|stop\b(?! by\b)|disregard|rescind|hang on\b|"
    rf"hold (?:o(?:ff|n)\b|{_IT})|put {_IT} on hold|pause {_IT}|roll {_IT} ?back|roll back|let it be|better not\b|wrong one\b|"
    rf"call {_IT} off|call off|(?:forget|drop|skip|leave) (?:it|that|this|about)|take (?:it|that|this) back|"
    rf"(?:scratch|strike|ignore|kill|delete|remove|reject|decline|void|reverse|revert) {_IT}|(?:i )?take {_IT} back|"
    rf"(?:{_IT} (?:is |was )?|it'?s |that'?s )?(?:not|no longer) (?:needed|required|necessary|wanted)|no need\b|(?:don'?t|do not|not|reject)\Z|"
    rf"(?:{_IT} |it'?s |that'?s )?(?:is |was |were )?(?:a duplicate\Z|already (?:been )?(?:refunded|paid|done)\Z)|"
    r"(?:(?:don'?t|do not) |not )(?:do|refund|pay|send|make|go ahead|approve|issue|process|proceed)\b|"
    rf"(?:i|we|they) (?:(?:don'?t|do not) (?:need|want)|no longer (?:need|want)) {_IT}|"
    rf"(?:can|could) {_IT} be (?:cancell?ed|withdrawn|stopped|undone)|(?:i )?changed my mind|"
    r"(?:i made |it'?s |that'?s |that was |this (?:is|was) )?(?:an? |my |the )?(?:mistake\b|error\Z|wrong (?:one|invoice|amount|customer|currency|number|order)))"
)
#: What one begins with that wants another call: that is for the model to read, and the one that waits may be a mistake.
_CORRECTING: Final = re.compile(
    rf"(?:i|we) (?:really )?meant\b|(?:{_IT} |it )?should (?:be|have been|say)\b|make {_IT} [$€£\d]|duplicate\Z|request cancell?ed"
)
#: The same of a whole message.
_ALL_OF_IT: Final = re.compile(
    r"(?:(?:oh|no|ok|please|hey|sorry|actually)[,.! ]+)*(?:wait(?: a (?:second|sec|minute|moment))?|actually no|oh no|wait no|hm+ no)[.! ]*"
)
#: What may stand before that.
_BEFORE: Final = re.compile(
    r"(?:please|pls|plz|ok(?:ay)?|oh|oops|no(?:pe)?(?! (?:need|longer)\b)|sorry|actually|wait|hey|hi|hm+|well|just|let'?s|@\S+|"
    r"(?:can|could|would|will|should) (?:you|we|i)|(?:i|we) (?:need|have|must|ought)(?: to)?|i (?=take|withdraw|cancel|retract)|"
    r"i (?:want|would like) to|i'd like to|we (?:can|should)|on second thoughts?)\b ?"
)
#: Markup and pictures around words: "*cancel*", "\U0001f6d1 stop".
_DRAWN: Final = re.compile(r"\A(?:[^\w@]|_)+|(?:[^\w']|_)+\Z|[*_~`](?=\W|\Z)|(?<=\W)[*_~`]")
_PARTS: Final = re.compile(r"[.,;:!?\n()]| [-\u2013\u2014] |\b(?:and|so|but|then|because)\b")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Words that decide, on their own or with `_BESIDE` around them.
_DECIDING: Final = _set(
    "approve approved approving approval lgtm reject rejected rejecting decline declined deny denied "
    "disapprove disapproved veto vetoed"
)
#: Words that mean a decision only where a card waits.
_AGREEING: Final = _set(
    "ok okay yes yep yeah sure agreed agree confirmed confirm accepted accept fine good sgtm absolutely definitely no nope go ahead do proceed ship ack "
    "+1 -1 \u2611 \U0001f4af \U0001f44c \U0001f44d \u2705 \U0001f44e \u274c \u2714 "
    ":+1: :thumbsup: :white_check_mark: :heavy_check_mark: :-1: :thumbsdown: :x: :ok_hand:"
)
_BESIDE: Final = _set(
    "from finance i we me us it it's its is this that the a please by from for to looks look sounds now may don't with not thanks thank you "
    "refund request call card payment all both of my side hereby am are has been be done"
)


def withdraws(text: str) -> bool:
    """Tell whether a message sounds as if a call were not wanted any more.

    It is short, and a part of it begins with words such as "cancel", "never mind", "hold on" or "wrong invoice". It is
    asked back then, so that a word too many costs a question, and one too few may cost money.
    """
    return bool(_ALL_OF_IT.fullmatch(_folded(text))) or any(
        _WITHDRAWING.match(part) or _CORRECTING.match(part) for part in _parts(text)
    )


def only_withdraws(text: str) -> bool:
    """Tell whether it says nothing else: then a model that reads it might take it for an order."""
    parts = _parts(text)
    alone = bool(parts) and all(_WITHDRAWING.match(part) for part in parts)
    return alone or bool(_ALL_OF_IT.fullmatch(_folded(text)))


def decides(text: str) -> bool:
    """Tell whether a message is nothing but a decision by name: "approved", "ok approve", "LGTM", "rejected"."""
    words = _words(text)
    return _only(words, _DECIDING | _AGREEING | _BESIDE) and not _DECIDING.isdisjoint(words)


def agrees(text: str) -> bool:
    """Tell whether a message is nothing but a decision to who looks at a card: also "yes", "go ahead", a thumb."""
    words = _words(text)
    return _only(words, _DECIDING | _AGREEING | _BESIDE) and not (_DECIDING | _AGREEING).isdisjoint(words)


def _only(words: Sequence[str], known: frozenset[str]) -> bool:
    return 0 < len(words) <= LONGEST_DECISION and known.issuperset(words)


def _words(text: str) -> list[str]:
    # A question is none, and a thumb may have a colour.
    plain = re.sub(r"[\ufe0f\U0001f3fb-\U0001f3ff]|:skin-tone-\d:", "", _folded(text))
    spaced = re.sub(r"([\u2611\U0001f4af\U0001f44c\U0001f44d\U0001f44e\u2705\u274c\u2714])", r" \1 ", plain)
    return [word.strip('.,;!()"*_~`') or word for word in spaced.split()]


def _parts(text: str) -> list[str]:
    """The parts of a short message, without what may stand before a wish; none of a long one."""
    said = _folded(text)
    if len(said.split()) > LONGEST_WISH:
        return []
    return [left for part in _PARTS.split(said) if (left := _start(part))]


def _start(part: str) -> str:
    left = _DRAWN.sub("", part.strip())
    while found := _BEFORE.match(left):
        left = left[found.end() :].strip()
    return left


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("\u2019", "'").split())
