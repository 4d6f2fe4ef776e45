"""Values in what a person wrote: amounts, numbers, dates, mentions, ids, addresses, quotations, reasons."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

MENTION: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
CHANNEL: Final = re.compile(r"<#([CGD][A-Z0-9]+)(?:\|[^>]*)?>")
URL: Final = re.compile(r"https?://[^\s<>|)\"'”]+")
EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
#: A number of a thing: it has a digit and a letter, or a # before it.
ID: Final = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?!\d+[a-z]{1,2}\b)(?=[\w-]{0,60}\d)(?=[\w-]{0,60}[A-Za-z])[A-Za-z0-9]{1,60}(?:[-_][A-Za-z0-9]{1,60}){0,8}\b"
    r"|(?<=#)\d+\b",
    re.IGNORECASE,
)
PATH: Final = re.compile(
    r"(?<!\S)(?:[~.]{0,2}/[\w./-]*|[\w-]+(?:/[\w.-]+)+|[\w-]+\.[A-Za-z][A-Za-z0-9]{0,5})(?![\w/])"
)
#: "acme/shop" as people name a repository.
OWNER: Final = re.compile(r"(?<![\w/.])([\w-]+)(?=/[\w.-]+)")
REPOSITORY: Final = re.compile(r"(?<![/.])/([\w.-]*\w)|\brepo(?:sitory)?\s+([\w.-]*\w)", re.IGNORECASE)
QUOTED: Final = re.compile(r"“([^”]+)”|\"([^\"]+)\"|`([^`]+)`|(?<!\w)'([^']+)'(?!\w)")
BECAUSE: Final = re.compile(
    r"\b(?:because(?: of)?|due to|since (?=we|they|it|i|he|she|the)\b)\s*(.+)$", re.IGNORECASE | re.DOTALL
)
FOR: Final = re.compile(r"\bfor\s+(.+)$", re.IGNORECASE | re.DOTALL)
NAME: Final = re.compile(r"\b(?:for|to|of|with|give|pay|is|by|from)\s+([A-Z][a-z]+(?:\s[A-Z][a-z]+)?)\b")
CODES: Final = (
    "USD|EUR|GBP|CHF|JPY|AUD|CAD|NZD|SEK|NOK|DKK|ISK|INR|CNY|RMB|HKD|SGD|KRW|PLN|CZK|HUF|RON|TRY|ZAR|BRL|MXN|ARS|ILS|AED|SAR"
    "|THB|RUB|UAH|BTC|ETH"
)
CURRENCY: Final = re.compile(rf"\b(?:{CODES})\b(?!-\w)")
SYMBOLS: Final = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
SPOKEN: Final = {"dollar": "USD", "euro": "EUR", "pound": "GBP", "buck": "USD"}
#: Digits in groups, as people of several countries part them: 1,480.50, 1.480,50, 1 480,50, 12'500 and 1,00,000.
GROUPED: Final = r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d{1,20})?|\d{1,3}(?:\.\d{3})+,\d{1,2}|\d{1,3}(?:['’ \u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?"
#: Sign, currency, sign again, digits, thousands; the currency behind it belongs to it. What makes another number of it
#: stands neither before nor behind.
NUMBER: Final = re.compile(
    rf"(?<![\w.,'’-])([-–−]|minus\s)?([$€£¥₹]?)\s?([-–−]?)({GROUPED}|\d{{1,30}}(?:\.\d{{1,20}}|,\d{{1,2}})?)(k)?"
    r"(?:[.,]-(?!\w))?(?!\w|-\w|[.,'’]\d|:\d|[-−](?!\w)|\s(?i:thousand|million|billion|mio|mrd|grand)\b)"
    r"\s?(?:[$€£¥₹]|(?:[A-Z]{3}|dollars?|euros?|pounds?|bucks)\b)?"
)
ISO_DATE: Final = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = r"(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
DAY_MONTH: Final = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH},? (\d{{4}})\b|\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b",
    re.IGNORECASE,
)
_SPOKEN_NUMBERS: Final = "one two three four five six seven eight nine ten eleven twelve"
WORDS: Final = {word: number for number, word in enumerate(re.split(" ", _SPOKEN_NUMBERS), 1)}
_WORD_NUMBER: Final = re.compile(rf"\b({'|'.join(WORDS)})\b", re.IGNORECASE)

Span = tuple[int, int]
Found = tuple[Span, str]


def all_of(pattern: re.Pattern[str], text: str) -> list[Found]:
    """Every match, as its first group that matched or as a whole."""
    return [
        (match.span(), next((group for group in match.groups() if group), match[0]))
        for match in pattern.finditer(text)
    ]


def dates(text: str) -> list[Found]:
    """Dates that name their year, as YYYY-MM-DD; what is no day of the calendar is none."""
    found = [
        (match.span(), match[0]) for match in ISO_DATE.finditer(text) if _day(match[1], match[2], match[3])
    ]
    for match in DAY_MONTH.finditer(text):
        day, month, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
        number = _MONTHS.index(month[:3].lower()) + 1
        if told := _day(year, str(number), day):
            found.append((match.span(), told))
    return sorted(found)


def _day(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""


def numbers(text: str) -> list[tuple[Span, Decimal]]:
    """Numbers and sums of money; ids, dates and addresses hold none."""
    hidden = masked(
        text,
        [span for pattern in (URL, EMAIL, MENTION, CHANNEL, ISO_DATE) for span, _ in all_of(pattern, text)],
    )
    hidden = masked(hidden, [span for span, _ in dates(hidden)])
    found = [
        (match.span(), value) for match in NUMBER.finditer(hidden) if (value := _number(match)) is not None
    ]
    found += [(match.span(), Decimal(WORDS[match[1].lower()])) for match in _WORD_NUMBER.finditer(hidden)]
    return sorted(found)


def _number(match: re.Match[str]) -> Decimal | None:
    try:
        value = decimal(match[4])
    except InvalidOperation:
        return None
    value = value * 1000 if match[5] else value
    return -value if match[1] or match[3] else value


def decimal(digits: str) -> Decimal:
    """Read 1,480.50, and 1.480,50 or 29,50 as it is written elsewhere. Raises `InvalidOperation` for anything else."""
    whole, point, places = digits, "", ""
    if found := re.fullmatch(r"(.*)(\.)(\d*)|(.*)(,)(\d{1,2})", digits, re.DOTALL):
        whole, point, places = (
            group or "" for group in (found.groups()[:3] if found[2] else found.groups()[3:])
        )
    return Decimal(f"{re.sub(r'[^0-9]', '', _ascii(whole)) or '0'}{'.' if point else ''}{_ascii(places)}")


def _ascii(digits: str) -> str:
    return "".join(str(unicodedata.digit(one)) if one.isdigit() else one for one in digits)


def currencies(text: str) -> list[Found]:
    """Codes and signs of currencies, as codes."""
    found = all_of(CURRENCY, text)
    found += [((at, at + 1), SYMBOLS[sign]) for at, sign in enumerate(text) if sign in SYMBOLS]
    for word, code in SPOKEN.items():
        found += [(match.span(), code) for match in re.finditer(rf"\b{word}s?\b", text, re.IGNORECASE)]
    return sorted(found)


def without_mentions(text: str) -> str:
    """The text without what only looks like an id: people, channels, addresses."""
    return masked(
        text, [span for pattern in (MENTION, CHANNEL, URL, EMAIL) for span, _ in all_of(pattern, text)]
    )


def masked(text: str, spans: list[Span]) -> str:
    """The text with blanks in these places, so that all others stay where they are."""
    for begins, ends in spans:
        text = text[:begins] + " " * (ends - begins) + text[ends:]
    return text
