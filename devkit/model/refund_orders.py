"""What a person orders to be refunded: how much on which invoice, and why. What can be read in two ways is asked for.

Another sum than was written must never be asked for: a digit that is left over is a question, not a whole refund.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from devkit.model.values import CODES, GROUPED, SPOKEN, SYMBOLS, URL, WORDS, all_of, dates, decimal, masked

INVOICE: Final = re.compile(r"(?<![^\W_])INV-\d+(?![^\W_])", re.IGNORECASE)
#: The same where its digits are hidden.
_NAMED: Final = re.compile(r"\bINV-[n\d]+", re.IGNORECASE)
REFUND: Final = re.compile(r"\brefund|\bmoney back\b|\breimburse", re.IGNORECASE)
#: How it is asked for an amount.
HOW_MUCH: Final = "How much should it be?"
WHICH_IS_WHOSE: Final = (
    "I can't tell which amount belongs to which invoice. Please write them in pairs, such as "
    "*refund $5 on INV-1003 and $7 on INV-1004*."
)
ONE_AMOUNT: Final = f"I can't tell which amount you mean. {HOW_MUCH}"
IN_DIGITS: Final = f"Please give me the amount in digits, such as $12.50. {HOW_MUCH}"

#: Invoices as people write them: "INV 1003", "inv#1003", "invoice 1003", with other hyphens.
_SPELLED: Final = re.compile(
    r"(?<![^\W_])(?:INV(?:[-‐‑‒–—−#_]|\s#?)?|invoice\s+(?:no\.?\s*|number\s+)?#?)(\d{3,12})(?![^\W_]|[.,]\d)|(?<!\S)#(\d{3,12})(?![^\W_]|[.,]\d)",
    re.IGNORECASE,
)
#: "Was it refunded?" asks; "can you refund it?" orders.
_ASKS_WHETHER: Final = re.compile(
    r"^\W*(?:was|were|is|are|did|has|have|when|how|what|which|who|whose|why|where|should)\b"
    r"|^\W*(?:please\s+)?(?:(?:can|could) you\s+)?(?:tell|show|list|check|explain|find out|look)\b"
    r"|\b(?:was|were|is|are|been|be|has|have|had|someone|somebody|they|we|already|just)\s(?:\w+ly\s|already\s|not\s|never\s)*refunded\b"
    r"|\b(?:the|an?|my|our|their|this|that|any)\srefunds?\b(?:\s\S+){0,4}?\s(?:has|have|had|hasn't|haven't|did|didn't|was|wasn't|is|isn't|arrive[ds]?)\b",
    re.IGNORECASE,
)
_WANTED_DONE: Final = re.compile(r"\b(?:should|must|needs? to|has to|to) be refunded\b", re.IGNORECASE)
_FORBIDS: Final = re.compile(
    r"\b(?:do not|don['’]?t|dont|never|not|no|without|stop|cancel|undo|revert|withdraw|hold(?: off)?|forget)(?:\s[\w$'’-]+){0,2}?\s"
    r"(?:a |an |any |the |to )?(?:refund|reimburs|money back)|\bnon[- ]refundable|(?:\bbut\s|[,;]\s*)not\s(?:on\s)?INV-",
    re.IGNORECASE,
)
_UNITS: Final = "USD|EUR|GBP|dollars?|euros?|pounds?|bucks|quid"
_DIGITS: Final = rf"(?:{GROUPED}|\d+(?:[.,]\d{{1,2}})?|[.,]\d{{1,2}})"
#: Nothing that makes another number of it stands behind.
_ENDS: Final = (
    r"(?:[.,][-–])?(?![^\W_]|[.,'’_]\d|\s\d|[-–−](?!\w)|\s?%|\s(?:percent|k|thousand|million|billion|mio|grand|cents?|pence|pennies)\b"
    rf"|\s?(?!(?:{_UNITS})\b)(?:{CODES})\b)(?=$|[\s.,;:!?)*_~`'\"”’|$€£–-])"
)
_AMOUNT: Final = re.compile(
    rf"(?<![\w.,'’-])(?P<sign>(?:US)?\$|[€£]|(?:USD|EUR|GBP)(?![^\W\d_]))\s?(?P<signed>{_DIGITS})(?:\s?(?P<again>{_UNITS}|[$€£]))?{_ENDS}"
    rf"|(?<![\w.,'’$€£¥₹-])(?P<told>{_DIGITS})(?:[.,][-–])?\s?(?P<unit>(?:{_UNITS})\b|[$€£])(?!\s?(?:and\s)?\d)"
    rf"|(?:\b(?:refund|reimburse)(?:\s+of)?|\bby|\bamount:?|{INVOICE.pattern}:)\s+(?P<bare>{_DIGITS}){_ENDS}(?!\s?(?:{_UNITS})\b|\s?[$€£])"
    rf"|(?<![\w.,'’$€£¥₹-])(?P<before>{_DIGITS}){_ENDS}(?=\s(?:on|for|from|against|to)\s(?:invoice\s)?INV-)",
    re.IGNORECASE,
)
_BELOW_ZERO: Final = re.compile(
    r"(?<![\w.,-])(?:[-−]|minus\s)[$€£¥₹]?\d|[$€£¥₹]\s?[-–−]\s?\d|\b(?:refund|USD|EUR|GBP)\s+[-–−]\s*[$€£¥₹]?\d"
    r"|\brefund\s+\([$€£]?\d[^)]*\)|\d[-−](?=\s|$)",
    re.IGNORECASE,
)
_TOO_FINE: Final = re.compile(
    r"(?:[$€£]\s?|\brefund\s+)\d[\d,]*\.\d{3,}(?![\d.,])|\b\d+\.\d{3,}\s?(?:USD|EUR|GBP)\b", re.IGNORECASE
)
_COINS: Final = "yen|francs?|rupees?|yuan|pesos?|kron(?:er|or|a|e)|z[lł]oty|rubles?|rand|lira"
_OTHER_CURRENCY: Final = re.compile(
    rf"\d\s?((?!USD|EUR|GBP)(?:{CODES})|{_COINS}|bitcoins?|ether|bananas?|points?|credits)\b"
    rf"|\b((?!USD|EUR|GBP)(?:{CODES}))\s?[$€£]?\d|\d\s(?:swiss|canadian|australian|danish|swedish|hong kong)\s(\w+)"
    r"|\b(CA?\$|AU?\$|NZ\$|HK\$|SG?\$|MX\$|R\$)\s?\d|([¥₹₽₩₺₿₪฿])\s?\d|\d\s?([¥₹₽₩₺₿₪฿])",
    re.IGNORECASE,
)
_IN_WORDS: Final = re.compile(
    r"\b(?:half|a third|two thirds|a quarter|part|partial(?:ly)?|some|the rest) of\b|\d\s?%|\bpartial(?:ly)?\b|\bhalf\b|\bpercent\b"
    rf"|\b(?:{'|'.join(WORDS)}|twenty|thirty|forty|fifty|hundred|thousand|few)\s(?:dollars?|euros?|pounds?|bucks|quid)\b"
    r"|[-\s](?:one|two|three|four|five|six|seven|eight|nine)\s(?:dollars?|euros?|pounds?|bucks|quid)\b",
    re.IGNORECASE,
)
#: Words that make another sum of the number beside them.
_RECKONED: Final = re.compile(
    r"\b(?:all but|less|except|excluding|minus|plus|up to|at least|at most|between|roughly|approximately|more than"
    r"|(?<!charged )(?<!billed )(?<!paid )(?<!debited )(?<!booked )twice|double|each|per|times)\b|[~≈]|\b[2-9]\s?x\b|(?<=\d)\s?[-–]\s?[$€£]?\d",
    re.IGNORECASE,
)
#: What follows tells why.
_WHY: Final = re.compile(
    r"\b(because(?: of)?|since|due to|as|for)\s|\b(?:after|which|who|that|although|instead of)\s|\s[-–—]{1,2}\s(?=[^\W\d]|\d+\s[a-z])"
    r"|;|\((?=[^\W\d_]{2,}\s)|[.?!]\s+(?=[^\W\d_])",
    re.IGNORECASE,
)
#: What follows "for" and is no reason: an invoice, or no more than an amount.
_NO_REASON: Final = re.compile(
    r"(?:(?:an?|the|all|full|partial|invoice|refund|amount|sum|of|on|customer)\s+)*"
    rf"(?:INV-\d|(?:[$€£]|(?:USD|EUR|GBP)\s)?{_DIGITS}(?:\s?(?:{_UNITS}|[$€£]))?(?:\s(?:on|for|from|to)\b|[\s.,!?]*$|[,;.?!]\s)|$)",
    re.IGNORECASE,
)
#: A word that begins as a number does; ids and channels do not.
_LEFT_OVER: Final = re.compile(r"(?<!\S)[^\s\w#@]*(?:USD|EUR|GBP)?[$€£]?\d[\d.,]*", re.IGNORECASE)
#: No invoice is anywhere near.
_ABSURD: Final = Decimal(10**9)


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount as it was written: where it stands, and its currency, if it has one."""

    at: int
    ends: int
    value: Decimal
    currency: str
    contradicts: bool = False

    @property
    def written(self) -> tuple[str, str]:
        """As a call has it."""
        return f"{self.value:.2f}", self.currency


def plain(text: str) -> str:
    """The text with invoices, digits and signs in their usual form."""
    usual = "".join(
        unicodedata.normalize("NFKC", one) if "\uff00" <= one <= "\uffee" else one for one in text
    )
    return _SPELLED.sub(lambda found: f"INV-{found[1] or found[2]}", usual)


def named(text: str) -> list[str]:
    """The invoices that a person names; those that others named before, where they name none."""
    own = _own(text)
    return list(dict.fromkeys(found.upper() for found in INVOICE.findall(own if _names(own) else text)))


def orders(text: str) -> bool:
    """Whether a refund is ordered, and not asked about or told of."""
    if not REFUND.search(text) or forbids(text):
        return False
    return bool(_WANTED_DONE.search(text)) or not _ASKS_WHETHER.search(text)


def forbids(text: str) -> bool:
    """Whether it is said what shall not be refunded."""
    return bool(_FORBIDS.search(text)) and not re.match(r"\W*(?:why|could|can|would)\b", text, re.IGNORECASE)


def problem(text: str) -> str:
    """Why no refund of that amount can be asked for; empty where nothing speaks against it."""
    order = _order(text)
    found = _sums(order)
    amounts = [one.value for one in found]
    unnamed = _without_names(order)
    if _BELOW_ZERO.search(unnamed) or any(amount == 0 for amount in amounts):
        return f"A refund is a positive amount, so there is nothing I can do with that. {HOW_MUCH}"
    if other := _OTHER_CURRENCY.search(unnamed):
        unit = next(filter(None, other.groups()))
        return f"Refunds can be made in USD, EUR or GBP, in the currency of the invoice, and not in {unit}."
    if _TOO_FINE.search(unnamed):
        return f"An amount has two places at most, such as 29.00. {HOW_MUCH}"
    if any(one.contradicts for one in found):
        return f"I can't tell in which currency that is. {HOW_MUCH}"
    if (not amounts and (_IN_WORDS.search(unnamed) or _sums(text))) or _RECKONED.search(
        _verb_on(_own(unnamed))
    ):
        return IN_DIGITS
    if any(amount >= _ABSURD for amount in amounts):
        return f"That is far more than any invoice here. {HOW_MUCH}"
    return _unclear(order, found)


def amounts(text: str, wanted: list[str]) -> dict[str, tuple[str, str]]:
    """Which amount belongs to which invoice; an invoice without one is refunded whole."""
    order = _order(text)
    found = _sums(order)
    if len(found) == len(wanted):
        return {name: one.written for name, one in zip(wanted, found, strict=True)}
    near_by: dict[str, tuple[str, str]] = {}
    before = 0
    for named in INVOICE.finditer(order):
        near = [one for one in found if before <= one.at < named.start()]
        if near:
            near_by[named[0].upper()] = near[-1].written
        before = named.end()
    return near_by


def reason(text: str) -> str:
    """Why, in the person's words."""
    text = _own(text)
    for found in _WHY.finditer(text):
        said = text[found.end() :].strip(" .")
        if found[1] and said and _is_reason(found, text):
            return said
    return "asked for in Slack"


def _order(text: str) -> str:
    """What of a text says how much is to be refunded on what: all before the reason, and what others said where it names nothing."""
    text = own if _names(own := _own(text)) else text
    for found in _WHY.finditer(_own(text), _verb(text)):
        before, behind = text[: found.start()], text[found.end() :]
        if _is_reason(found, text) and _names(behind) <= _names(before):
            return before
    return text


def _own(text: str) -> str:
    """The person's own words: below them may stand what others said before, and what was forwarded."""
    return text.partition("\n[")[0]


def _verb(text: str) -> int:
    return found.end() if (found := REFUND.search(text)) else 0


def _verb_on(text: str) -> str:
    """From the verb to one word behind the last amount or invoice; "double" may stand right before it."""
    begins = _verb(text)
    ends = max(
        [begins, *(one.ends for one in _sums(text)), *(found.end() for found in _NAMED.finditer(text))]
    )
    return text[max(begins - len("double refund"), 0) : ends] + re.split(r"(?<=\w)\b", text[ends:])[0]


def _names(text: str) -> set[str]:
    return {found[0].upper() for found in INVOICE.finditer(text)}


def _is_reason(found: re.Match[str], text: str) -> bool:
    return (found[1] or "").lower() != "for" or not _NO_REASON.match(text, found.end())


def _without_names(text: str) -> str:
    """The text with letters for the digits of invoices and days."""
    text = masked(text, [span for span, _ in dates(text)])
    return INVOICE.sub(lambda found: f"INV-{'n' * (len(found[0]) - 4)}", text)


def _unclear(order: str, found: list[Sum]) -> str:
    """What there is to ask where amounts and invoices are not one for one."""
    invoices = [match.span() for match in INVOICE.finditer(order)]
    names = _names(order)
    told = any(found[1] for found in _WHY.finditer(order, _verb(order)) if _is_reason(found, order))
    if len(names) > 1 and told and len(found) != len(names):
        return WHICH_IS_WHOSE  # one of them may be the reason
    if len(names) > 1 and found and len(found) != len(names):
        first = min(one.at for one in found)
        lonely = [span for span in invoices if span[0] > first and not _has_own(span, invoices, found)]
        if lonely or len(found) > len(names):
            return WHICH_IS_WHOSE
    elif len(found) > max(len(names), 1) or len(invoices) > len(names):
        return ONE_AMOUNT if len(names) < 2 else WHICH_IS_WHOSE
    rest = masked(order, [*invoices, *((one.at, one.ends) for one in found)])
    rest = masked(rest, [span for span, _ in (*dates(rest), *all_of(URL, rest))])
    done = max([one.ends for one in found] + [end for _, end in invoices], default=0)
    last = max((one.ends for one in found), default=0)
    for digit in _LEFT_OVER.finditer(_own(rest), _verb(order) if found else 0):
        between = order[last : digit.start()]
        if not found or digit.start() < done or not re.search(r"[^\W\d_]|,\s", between):
            return IN_DIGITS if not found else ONE_AMOUNT
    return ""


def _has_own(span: tuple[int, int], invoices: list[tuple[int, int]], found: list[Sum]) -> bool:
    before = max((end for _, end in invoices if end <= span[0]), default=0)
    return any(before <= one.at < span[0] for one in found)


def _sums(text: str) -> list[Sum]:
    return [_sum(match) for match in _AMOUNT.finditer(text)]


def _sum(match: re.Match[str]) -> Sum:
    group = next(name for name in ("signed", "told", "bare", "before") if match[name])
    own, unit = (match["sign"] or "").upper(), _code(match["unit"] or "")
    again = _code(match["again"] or "")
    code = _code(own.removeprefix("US") if own.endswith("$") else own) or unit
    return Sum(match.start(group), match.end(), decimal(match[group]), code, bool(again) and again != code)


def _code(unit: str) -> str:
    low = unit.lower()
    return SYMBOLS.get(unit) or SPOKEN.get(low.rstrip("s")) or ("GBP" if low == "quid" else unit.upper())
