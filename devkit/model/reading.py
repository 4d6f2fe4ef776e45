"""One value of an argument, read from what a person wrote; what was read is taken out of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from devkit.model import values
from devkit.model.schema import Argument, Kind
from devkit.model.values import Found, Span
from devkit.model.wording import SMALL, group_of, one_of, stem, stems, words

#: Words before the thing itself: "for chairs", "called Blue".
_LEADING: Final = re.compile(
    r"^(?:[\s,;:.–-]+|(?:for|of|to|about|on|with|that|as|in|at|from|is|are|it|it's|its|called|named|by|saying"
    r"|because|since|due to)\b\s*)+",
    re.IGNORECASE,
)
_TRAILING: Final = re.compile(
    r"[\s,;:.!?–-]*(?:\b(?:for|of|to|about|on|with|and|in|at|from|by|please)\b[\s,;:.!?]*)*$", re.IGNORECASE
)
_NO: Final = re.compile(r"\b(?:no|not|without|don't|do not|false)\b", re.IGNORECASE)
_YES: Final = re.compile(r"^\W*(?:yes|yeah|yep|sure|ok|okay|true|please do)\b", re.IGNORECASE)
_PATTERNS: Final = {
    Kind.EMAIL: (values.EMAIL,),
    Kind.URL: (values.URL,),
    Kind.CHANNEL: (values.CHANNEL,),
    Kind.PATH: (values.PATH, values.QUOTED),
    Kind.OWNER: (values.OWNER,),
    Kind.REPOSITORY: (values.REPOSITORY,),
    Kind.ID: (values.ID,),
    Kind.PERSON: (values.MENTION, values.NAME, values.ID),
}
_PROSE: Final = one_of("title text body content message subject query q summary description comment note sql")
#: What has a form of its own: nothing else is taken for it.
_STRICT: Final = {Kind.EMAIL, Kind.URL}
#: Words of an answer that may be a name or a number of something.
_SHORT: Final = 8


@dataclass(slots=True)
class Text:
    """What a person wrote, and what of it is used; `answers`: it was said when we had asked."""

    left: str
    answers: bool = False
    verbs: frozenset[str] = frozenset()
    wrong: list[str] = field(default_factory=list[str])

    def take(self, span: Span) -> None:
        self.left = values.masked(self.left, [span])


def choice(one: Argument, text: Text) -> Any:
    """One of the choices, if it is named."""
    codes = {code: span for span, code in reversed(values.currencies(text.left))}
    for option in one.choices:
        if option in codes:
            return option  # the amount beside it is still needed, so nothing is taken
        if set(stems(str(option))) <= text.verbs and len(one.choices) > 1 and not text.answers:
            continue  # "merge it by squash": what is done, and not how
        named = r"[\s_-]+".join(map(re.escape, words(str(option)))) or re.escape(str(option))
        if found := re.search(rf"\b{named}\b", text.left, re.IGNORECASE):
            text.take(found.span())
            return option
    return one.choices[0] if len(one.choices) == 1 else None


def yes_or_no(one: Argument, text: Text) -> bool | None:
    """Whether it is wanted: what it is called, or a yes to the question."""
    label = r"[\s_]+".join(map(re.escape, words(one.name)))
    if label and (
        found := re.search(rf"(\b(?:no|not|without|non)[\s-]+)?\b{label}\b", text.left, re.IGNORECASE)
    ):
        text.take(found.span())
        return found[1] is None
    if text.answers and one.needed and (_YES.search(text.left) or _NO.search(text.left)):
        return _NO.search(text.left) is None
    return None


def number(one: Argument, text: Text) -> Any:
    """A number or an amount that fits."""
    found = values.numbers(text.left)
    if one.kind is Kind.AMOUNT:  # "for 20 people, 300 EUR"
        found = [pair for pair in found if re.search(r"[^\d.,\s−-]", text.left[slice(*pair[0])])] or found
    near = [pair for pair in found if _is_near(one, pair[0], text.left)]
    if not one.needed and one.kind is Kind.NUMBER:
        found = near
    for span, value in near or found:
        text.take(_with_name(one, span, text.left))
        if problem := _misfit(one, value):
            text.wrong.append(problem)
            continue
        return _written(one, value)
    return None


def currency(one: Argument, text: Text) -> str | None:
    """A currency, as its code."""
    del one
    return _first(values.currencies(text.left), text)


def day(one: Argument, text: Text) -> str | None:
    """A date, as YYYY-MM-DD."""
    del one
    return _first(values.dates(text.left), text)


def by_pattern(one: Argument, text: Text) -> str | None:
    """What has the form of such a thing, or a short answer to the question for it."""
    for pattern in _PATTERNS[one.kind]:
        found = values.all_of(
            pattern, values.without_mentions(text.left) if pattern is values.ID else text.left
        )
        if one.kind is Kind.ID and not found and (one.needed or text.answers):
            found = [(span, f"{value}") for span, value in values.numbers(text.left)]
        if found:
            return _first(found, text)
    whole = bare(text.left)
    if text.answers and one.needed and whole and len(whole.split()) <= _SHORT and one.kind not in _STRICT:
        text.take((0, len(text.left)))
        return whole
    return None


def own_words(one: Argument, text: Text) -> str | None:
    """A quotation, what stands behind "because" or "for", or what is left of the sentence."""
    quoted = values.all_of(values.QUOTED, text.left)
    if quoted and (one.needed or text.answers):
        return _first(quoted, text)
    if not one.needed:
        return _reason(values.BECAUSE, text) if one.kind is Kind.REASON else None
    if one.kind is Kind.TEXT and not text.answers and (named := _behind_its_name(one, text)):
        return named
    if one.kind is Kind.REASON and not text.answers:
        return _why(one, text) or _rest(text)
    return _rest(text)


def bare(text: str) -> str:
    """A phrase without blanks, signs and small words around it."""
    return " ".join(_TRAILING.sub("", _LEADING.sub("", " ".join(text.split()))).split())


def _is_near(one: Argument, span: Span, text: str) -> bool:
    """Whether the argument's name stands right before or behind a number, as in "3 days" or "limit 5"."""
    around = words(text[: span[0]])[-2:] + words(text[span[1] :])[:1]
    return bool({stem(word) for word in around} & {stem(word) for word in words(one.name)})


def _with_name(one: Argument, span: Span, text: str) -> Span:
    """A number together with the argument's name right behind it, which says no more than the number does."""
    behind = re.match(r"\s*([^\W_]+)", text[span[1] :])
    named = {stem(word) for word in words(one.name)}
    return (span[0], span[1] + behind.end()) if behind and stem(behind[1].lower()) in named else span


def _misfit(one: Argument, value: Decimal) -> str:
    if one.kind is Kind.AMOUNT and value <= 0:
        return "An amount has to be a positive number."
    if one.kind is Kind.AMOUNT and int(value.as_tuple().exponent) < -2:  # "1.480" may be either
        return f"{value} has more than two places; write it as 1480.00."
    if one.type == "integer" and value != value.to_integral_value():
        return f"{value} is no whole number."
    if one.least is not None and value < Decimal(one.least):
        return f"It has to be at least {one.least:g}."
    if one.most is not None and value > Decimal(one.most):
        return f"It can be {one.most:g} at most."
    return ""


def _written(one: Argument, value: Decimal) -> Any:
    if one.type == "integer":
        return int(value)
    if one.type == "number":
        return int(value) if value == value.to_integral_value() else float(value)
    return f"{value:.2f}" if one.kind is Kind.AMOUNT else f"{value}"


def _first(found: list[Found], text: Text) -> str | None:
    if not found:
        return None
    text.take(found[0][0])
    return found[0][1]


def _behind_its_name(one: Argument, text: Text) -> str | None:
    """The word behind the argument's name, as in "the branch fix-12"; prose has more words than one."""
    if set(words(one.name)) & _PROSE or not words(one.name):
        return None
    label = r"[\s_]+".join(map(re.escape, words(one.name)))
    found = re.search(rf"\b{label}\s+(\S*[\w*])", text.left, re.IGNORECASE)
    if found is None or found[1].lower() in SMALL:
        return None
    text.take(found.span())
    return found[1]


def _why(one: Argument, text: Text) -> str | None:
    """What stands behind "because", or behind "for" if nothing else is told: "lunch for 20 people" is all of it."""
    if "purpose" not in words(one.name) and (why := _reason(values.BECAUSE, text)):
        return why
    thing = _without_verb(text).partition("for ")[0] if re.search(r"\bfor\s", _without_verb(text)) else ""
    return None if bare(thing) else _reason(values.FOR, text)


def _reason(pattern: re.Pattern[str], text: Text) -> str | None:
    found = pattern.search(text.left)
    said = bare(found[1]) if found else ""
    if found and said:
        text.take(found.span())
    return said or None


def _rest(text: Text) -> str | None:
    left = text.left if text.answers else _without_verb(text)
    said = bare(left)
    if not said or not (text.answers or any(word not in SMALL for word in words(said))):
        return None
    text.take((0, len(text.left)))
    return said


def _without_verb(text: Text) -> str:
    """What is left of an order behind its verb and the name of what is ordered: "book an amount of …"."""
    left = text.left
    first = True
    while found := re.match(r"\W*([^\W_]+(?:['’]\w+)?)", left):
        word = found[1].lower()
        known = bool(set(stems(word)) & text.verbs) or (first and bool(group_of(word)))
        if not (known or (word in SMALL and word not in {"no", "not"})):
            break
        first = first and not known
        left = left[found.end() :]
    return left
