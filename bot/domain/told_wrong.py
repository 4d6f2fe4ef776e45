"""Whether a person's message begins by saying that an answer was wrong, in whichever of many languages. Pure.

Only plain words at the beginning count: what asks, what others said, and what goes on with what it is that is wrong ("falsch
ausgestellte Rechnung") does not. The cost of one missed is small, there is the thumb too; one seen where there is none costs money.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from bot.domain.wrong_words import LANGUAGES, Language

#: Characters of a message that are read: who says it says it first.
_FIRST_WORDS: Final = 200
#: Accents, vowel points and the dot below letters of Hindi: many people write without them.
_MARKS: Final = re.compile("[\u0300-\u036f\u064b-\u0655\u093c]")
_PLAIN: Final = str.maketrans("’‘ıłøđ", "''ilod")
_FIRST: Final = re.compile(r"\w")
#: What begins with one of these is somebody else's, or a question.
_QUOTES: Final = frozenset('"“”„«»「『¿>')
_ASKS: Final = "?？؟"
_LABEL: Final = ":："
#: What makes a question of it, and what tells that somebody else said so.
_TAGS: Final = (
    "right|isn't it|no|oder|nicht wahr|non|n'est-ce pas|verdad|cierto|vero|giusto|né|não|certo|toch|of niet|prawda|"
    "eller hur|ikke sant|ikke|že|правда|değil mi|kan|phải không|是吗|是嗎|对吗|對嗎|でしょう|です(?:よね|か)"
)
_OTHERS: Final = (
    "says|said|writes|wrote|claims|sagt|sagte|meint|schreibt|behauptet|dit|a dit|dice|dijo|ha detto|diz|disse|zegt|zei|"
    "mówi|twierdzi|säger|siger|sier|říká|говорит|пишет|каже|λέει|diyor|dedi|katanya"
)
_ENGLISH: Final = re.compile(
    r"(?:no+\b|nope\b|sorry\b|but\b|hm+\b|well\b|actually\b|i think\b)?\W*"
    r"(?:(?:that|this|it|your (?:last )?answer|the answer)(?:'?s|\s+(?:is|was|looks?|seems?))"
    r"\s+(?:\w+ly\s+|all\s+|just\s+|still\s+|plain\s+){0,2}"
    r"(?:wrong|incorrect|mistaken|nonsense|false|untrue|not\s+(?:right|correct|true|what\s+i\s+(?:asked|meant|wanted|said)))\b"
    r"|(?:that|this|it)\s+(?:isn'?t|wasn'?t)\s+(?:right|correct|true|what\s+i\s+(?:asked|meant|wanted|said))\b"
    r"|you(?:'?re|\s+(?:are|were|got\s+(?:it|that|this)))\s+(?:\w+ly\s+|all\s+)?(?:wrong|mistaken|incorrect)\b"
    r"|(?:wrong|not\s+(?:right|correct|true)|incorrect)(?=\s*(?:[.!,:;]|$))|wrong\s+(?:answer|again)\b)(?!-\w)"
)
#: With which words English goes on behind that. Any other is what is wrong: "wrong invoice", "wrong to charge them twice".
_GOES_ON: Final = re.compile(
    r"\s+(?:again|about|because|since|as|and|but|so|too|before|please|sorry|try|i|you|it(?:'?s|\s+(?:is|was))|for(?=\s*(?:[^\w\s]|$)))(?!\w)"
)


def says_wrong(text: str) -> bool:
    """Whether a message begins by saying that an answer was wrong."""
    said = _folded(text[:_FIRST_WORDS])
    begin = _FIRST.search(said)
    if begin is None or _QUOTES & set(said[: begin.start()]):
        return False
    said = said[begin.start() :]
    if found := _ENGLISH.match(said):
        rest = said[found.end() :]
        return (_ends(rest) or _GOES_ON.match(rest) is not None) and not _is_not_meant(rest, "")
    return any(_says(pattern, language, said) for language, pattern in _PATTERNS)


def _says(pattern: re.Pattern[str], language: Language, said: str) -> bool:
    found = pattern.match(said)
    if found is None:
        return False
    rest = said[found.end() :]
    is_label = rest[:1] in _LABEL and " " not in found["words"]
    return _ends(rest) and not (rest and is_label) and not _is_not_meant(rest, language.asks)


def _ends(rest: str) -> bool:
    """Whether what was said is over: a word behind it would be what it is about."""
    after = rest.lstrip(" \t")
    return not after or after[0].isspace() or unicodedata.category(after[0])[0] in "PS"


def _is_not_meant(rest: str, asks: str) -> bool:
    """Whether it is a question, or somebody else's words."""
    after = rest.lstrip()
    is_asked = bool(after) and after[0] in _ASKS + asks
    return is_asked or _NOT_MEANT.match(after) is not None


def _folded(text: str) -> str:
    """As everybody writes it: small letters without accents."""
    apart = unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN)
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", apart)))


def _pattern(language: Language) -> re.Pattern[str]:
    it, very = f"(?:{language.it})", f"(?: ?(?:{language.very}))*"
    words = "|".join(one.replace("{it}", it).replace("{very}", very) for one in language.phrases)
    before = rf"(?:(?:{_folded(language.before)}|hm+)(?!\w)[\s,.!、。،]*){{0,2}}"
    return re.compile(rf"{before}(?P<words>{_folded(words)})(?=[ \t]*(?:[^\w\s]|\n|$))")


_NOT_MEANT: Final = re.compile(
    _folded(rf"[,;\s、，]*(?:(?:{_TAGS})\s*[?？؟]|[\"”»“']?\s*[,:]?\s*(?:{_OTHERS})(?!\w))")
)
_PATTERNS: Final = [(language, _pattern(language)) for language in LANGUAGES.values()]
