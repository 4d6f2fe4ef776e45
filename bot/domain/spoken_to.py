"""What words of a person say of whom they are for: thanks to somebody, a name, a nod, a question. Pure, and knows English."""

from __future__ import annotations

import re
from typing import Final


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_THANKS: Final = (
    r"(?:many |big )?(?:thanks|thank you|thx|ty|cheers|hi|hello|hey|good (?:morning|afternoon|evening|night|bye)|morning|"
    r"goodbye|bye|welcome(?: back)?|congrats|congratulations|well done|nice (?:one|work)|good (?:job|work)|sorry|you'?re welcome)"
)
_EXTRA: Final = r"(?: (?:a lot|so much|very much|again|indeed|there|dear))?"
#: A name as people write it; what stands beside it is for whoever has it.
_NAME: Final = r"([A-Z\u00c0-\u00de][a-z\u00df-\u00ff][\w'-]*)"
_TO_NAME: Final = re.compile(
    rf"(?:(?i:(?:ok(?:ay)?|great|perfect|oh|ah)[,.!]? )*(?i:{_THANKS}{_EXTRA}))[,:]? @?{_NAME}"
)
#: "Mei, can you …", "@Mei …" at the beginning.
_CALLS_NAME: Final = re.compile(rf"(?:@{_NAME}\b|{_NAME}, )")
_TO_ALL: Final = re.compile(
    rf"(?:{_THANKS}{_EXTRA}[,:]? )(?:all|everyone|everybody|both|guys|folks|team|y'?all)\b", re.IGNORECASE
)
#: Words with a capital at a message's beginning, or after thanks, that are nobody's name.
_NO_NAMES: Final = _set(
    "i a an and also actually after again all any are as at because before but by can could did do does done either even "
    "finally first for from given good great have has he her here his how however if in instead is it its just last later "
    "let maybe my next no not note now of oh ok okay on once one only or our otherwise perfect perhaps please question "
    "really right same second see she should since so sorry still sure that the their them then there therefore these they "
    "this those though three to today tomorrow too two update us wait we well what when where which while who why will with "
    "would yeah yep yes yesterday you your both everyone everybody folks guys team monday tuesday wednesday thursday friday "
    "saturday sunday thanks thank hi hello hey cheers congrats congratulations welcome morning good nice cool fine true "
    "refund refunds invoice invoices finance billing english german french spanish unfortunately alternatively additionally "
    "basically honestly obviously clearly hopefully apparently usually normally quickly specifically currently recently "
    "previously ideally luckily sadly strangely interesting understood agreed noted done got looks sounds yup nope"
)


def thanks_somebody(text: str) -> bool:
    """Tell whether a message begins by thanking or greeting somebody by name, or all of them."""
    said = _spaced(text)
    return bool(_TO_ALL.match(said)) or _names(_TO_NAME.match(said))


def calls_somebody(text: str) -> bool:
    """Tell whether a message begins with what may be a name."""
    return _names(_CALLS_NAME.match(_spaced(text)))


def _names(found: re.Match[str] | None) -> bool:
    name = next(filter(None, found.groups()), "").casefold() if found else ""
    return bool(name) and name not in _NO_NAMES


def _spaced(text: str) -> str:
    return " ".join(text.replace("\u2019", "'").split())


def calls_by_name(text: str, name: str) -> bool:
    """Tell whether a message calls the bot by its name: "Countersign, …", "hey countersign …", "thanks countersign"."""
    called = rf"(?:{_THANKS}{_EXTRA}[, ]+@?{re.escape(name)}\b|@?{re.escape(name)}\s*(?:[,:!?]|$)|@{re.escape(name)}\b)"
    return bool(re.match(called, _spaced(text), re.IGNORECASE))


_NODS: Final = _set(
    "thanks thank you thx ty cheers ok okay k great nice cool perfect awesome good lovely super wonderful excellent brilliant "
    "yes yep yeah no nope sure right agreed indeed true same done noted understood lol haha hehe wow oh ah hm hmm ha "
    "hi hello hey morning bye goodbye welcome congrats very so much a lot for the that this it have weekend day evening "
    "night one work job well all to too again will do me either got sounds looks is was now and happy my pleasure problem "
    "worries later see tomorrow monday soon everyone everybody guys folks team both +1 "
    "yup yess kk np prob tysm gotcha roger ack brb appreciate appreciated of course sense makes fair enough you're your best"
)
#: Pictures, by name or as they are, say no more than a nod does.
_PICTURES: Final = re.compile(
    r":[a-z0-9_+'-]{1,60}:|[\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\u200d\U0001f000-\U0001faff]",
    re.IGNORECASE,
)
#: A nod is short.
_LONGEST_NOD: Final = 10


def is_courtesy(text: str) -> bool:
    """Tell whether a message only thanks, greets or nods: it asks nobody for anything."""
    folded = _PICTURES.sub(" ", text.casefold().replace("\u2019", "'"))
    words = [left for word in folded.split() if (left := word.strip(".,;!'\"\u201c\u201d\u2026()~*_`"))]
    return "?" not in text and len(words) <= _LONGEST_NOD and _NODS.issuperset(words)


_ASKING: Final = re.compile(
    r"(?:(?:and|so|ok(?:ay)?|then|now|please|also|but|well|oh|hm+|thanks|thank you|great|perfect)[,.! ]+)*"
    r"(?:what|when|where|which|who|whose|why|how|can|could|would|will|is|are|does|do|did|has|have|please|show|tell|give|"
    r"list|find|look|check|explain|refund|send|make|run|try|change|use|cancel|book|add|compare|summari[sz]e|translate|export|"
    r"draw|plot|calculate|count|continue|go on|retry|redo|repeat|help|let me (?:see|know)|(?:i|we)(?: need| want|'d like)|"
    r"same for|status of|the same|any (?:news|update)s?)\b",
    re.IGNORECASE,
)


def asks(text: str) -> bool:
    """Tell whether a message asks for something: it has a question mark, or begins as a question or a request does."""
    return "?" in text or bool(_ASKING.match(text.strip()))


def ends_in_question(answer: str) -> bool:
    """Tell whether an answer of the bot's ended by asking something: its last line has a question mark at its end."""
    lines = [line for line in answer.splitlines() if line.strip()]
    return bool(lines) and lines[-1].rstrip(" *_~`)\"'.").endswith("?")
