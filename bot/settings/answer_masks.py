"""What is masked in answers, as MASK, MASK_MORE and MASK_EXCEPT say it, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import regex

from bot.domain.mask_patterns import BUILT_IN, Masked, MaskPattern, made
from bot.domain.masking import Masks
from bot.settings.config import Settings

#: So many patterns can be added, and characters of each: all of them are looked for with every piece of an answer.
MOST: Final = 10
LONGEST: Final = 300
NAMED: Final = 40
#: Seconds and characters of a trial. A pattern that takes this long for so little would never be told in time.
TRIAL: Final = 0.05
TRIED: Final = 5_000
_SIGNS: Final = "a0A -.@/_é"
_LITERAL: Final = regex.compile(r"(?<!\\)[A-Za-z0-9_@:/-]{1,40}")
_DOMAIN: Final = regex.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}")
_KINDS: Final = tuple(kind.value for kind in Masked if kind is not Masked.MORE)


def masks(settings: Settings) -> Masks:
    """What is masked by settings that `problems` has found nothing wrong with."""
    kinds = {*_words(settings.mask)}
    built_in = [one for one in BUILT_IN if one.kind.value in kinds]
    more = [made(Masked.MORE, name, pattern) for name, pattern in settings.mask_more.items()]
    ends = [end for domain in _words(settings.mask_except) for end in (f"@{domain}", f".{domain}")]
    return Masks((*built_in, *more), domains=tuple(ends))


def problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """Say what is wrong, a field and a sentence each."""
    if {*_words(settings.mask)} - {*_KINDS}:
        yield "mask", f"MASK must be a list of {', '.join(_KINDS)}, or of some of these."
    for number, domain in enumerate(_words(settings.mask_except), start=1):
        if not _DOMAIN.fullmatch(domain):
            yield "mask_except", f"MASK_EXCEPT: entry {number} is not a domain such as example.com."
    if len(settings.mask_more) > MOST:
        yield "mask_more", f"MASK_MORE has more than {MOST} patterns."
        return
    yield from _of_patterns(settings.mask_more)


def _of_patterns(more: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, pattern in more.items():
        if why := _wrong(name, pattern):
            yield "mask_more", f"MASK_MORE: the pattern of {name!r} {why}."


def _wrong(name: str, pattern: str) -> str:
    """Say why a pattern cannot be used; empty for one that can."""
    if not name.strip() or not name.isprintable() or len(name) > NAMED:
        return f"needs a name of one line and up to {NAMED} characters"
    if len(pattern) > LONGEST:
        return f"is longer than {LONGEST} characters"
    try:
        return _in_trial(made(Masked.MORE, name, pattern), pattern)
    except regex.error:
        return "is not a regular expression"


def _in_trial(one: MaskPattern, pattern: str) -> str:
    try:
        for text in _trials(pattern):
            found = one.matches.search(text, timeout=TRIAL)
            one.opens.search(text, partial=True, timeout=TRIAL)
            if found is not None and found.start() == found.end():
                return "matches where there is nothing"
    except TimeoutError:
        return "takes too long on some texts: a part that repeats must not repeat in itself"
    return ""


def _trials(pattern: str) -> Iterator[str]:
    """Texts on which a pattern that goes back and forth without end does so: one sign, or two, again and again."""
    begun = ("", *dict.fromkeys(_LITERAL.findall(pattern)))
    signs = dict.fromkeys((*_SIGNS, *(sign for sign in pattern if sign.isprintable())))
    yield from ("", "a", "a b")
    for sign in [*signs][:40]:
        yield from (f"{literal}{sign * TRIED}\0" for literal in begun[:8])
    for first in _SIGNS:
        yield from (f"{begun[-1]}{(first + second) * (TRIED // 2)}\0" for second in _SIGNS if second != first)


def _words(text: str) -> list[str]:
    return [word for part in text.split(",") if (word := part.strip().casefold())]
