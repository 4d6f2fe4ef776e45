"""What the history says of invoices, and what the words of a refund say of amounts."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from devkit.model.dialogue import Dialogue
from devkit.model.outcomes import read_object
from devkit.model.values import CODES, SPOKEN, SYMBOLS, WORDS, decimal

INVOICE: Final = re.compile(r"\bINV-\d+\b", re.IGNORECASE)
_UNITS: Final = "USD|EUR|GBP|dollars?|euros?|pounds?|bucks"
AMOUNT: Final = re.compile(
    rf"([$€£])\s?(\d[\d,]*(?:\.\d{{1,2}})?)|\b(\d[\d,]*(?:\.\d{{1,2}})?)\s?({_UNITS})\b"
    rf"|\brefund\s+(\d[\d,]*(?:\.\d{{1,2}})?)\b(?!\d|[.,]\d|\s?(?:{_UNITS})\b)",  # the one before has its unit
    re.IGNORECASE,
)
ABOUT: Final = re.compile(r"\b(date|when|customer|who|how much|amount|status|refunded)\b", re.IGNORECASE)
_BELOW_ZERO: Final = re.compile(
    r"(?<![\w.,-])(?:[-−]|minus\s)[$€£¥₹]?\d|[$€£¥₹]\s?[-−]\s?\d|\brefund\s+[-−]\s*[$€£¥₹]?\d",
    re.IGNORECASE,
)
_TOO_FINE: Final = re.compile(
    r"(?:[$€£]\s?|\brefund\s+)\d[\d,]*\.\d{3,}|\b\d+\.\d{3,}\s?(?:USD|EUR|GBP)\b", re.IGNORECASE
)
_OTHER_CURRENCY: Final = re.compile(
    rf"\d\s?((?!USD|EUR|GBP)(?:{CODES})|yen|francs?|rupees?|yuan|pesos?|kron(?:er|or|a|e)|z[lł]oty|rubles?|rand|lira|bitcoins?"
    r"|ether|bananas?|points?|credits)\b|([¥₹₽₩₺₿₪฿])\s?\d|\d\s?([¥₹₽₩₺₿₪฿])",
    re.IGNORECASE,
)
_SHARE: Final = re.compile(r"\brefund\s+\d[\d.,]*\s?(?:%|percent\b)", re.IGNORECASE)
_IN_WORDS: Final = re.compile(
    r"\b(?:half|a third|two thirds|a quarter|part|partial(?:ly)?|some|the rest) of\b|\d\s?%|\bpartial(?:ly)?\b"
    rf"|\b(?:{'|'.join(WORDS)}|twenty|thirty|forty|fifty|hundred|thousand|few)\s(?:dollars?|euros?|pounds?|bucks)\b",
    re.IGNORECASE,
)
#: How it is asked for an amount.
HOW_MUCH: Final = "How much should it be?"
#: No invoice is anywhere near.
_ABSURD: Final = Decimal(10**9)


def problem(text: str) -> str:
    """Why no refund of that amount can be asked for; empty where nothing speaks against it."""
    amounts = [Decimal(value) for value, _ in map(_amount, AMOUNT.finditer(text))]
    if _BELOW_ZERO.search(text) or any(amount == 0 for amount in amounts):
        return f"A refund is a positive amount, so there is nothing I can do with that. {HOW_MUCH}"
    if found := _OTHER_CURRENCY.search(text):
        unit = next(filter(None, found.groups()))
        return f"Refunds can be made in USD, EUR or GBP, in the currency of the invoice, and not in {unit}."
    if _TOO_FINE.search(text):
        return f"An amount has two places at most, such as 29.00. {HOW_MUCH}"
    if _SHARE.search(text) or (not amounts and _IN_WORDS.search(text)):
        return f"Please give me the amount in digits, such as $12.50. {HOW_MUCH}"
    if any(amount >= _ABSURD for amount in amounts):
        return f"That is far more than any invoice here. {HOW_MUCH}"
    return ""


def amounts(text: str, wanted: list[str]) -> dict[str, tuple[str, str]]:
    """Which amount belongs to which invoice; an invoice without one is refunded whole."""
    found = [(match.start(), _amount(match)) for match in AMOUNT.finditer(text)]
    if len(found) == len(wanted):
        return {name: amount for name, (_, amount) in zip(wanted, found, strict=True)}
    near_by: dict[str, tuple[str, str]] = {}
    before = 0
    for named in INVOICE.finditer(text):
        near = [amount for at, amount in found if before <= at < named.start()]
        if near:
            near_by[named[0].upper()] = near[-1]
        before = named.end()
    return near_by


def _amount(match: re.Match[str]) -> tuple[str, str]:
    number = decimal((match[2] or match[3] or match[5]).rstrip(","))
    unit = (match[4] or "").lower()
    code = SPOKEN.get(unit.rstrip("s"), unit.upper())
    return f"{number:.2f}", SYMBOLS.get(match[1] or "", code)


def looked_up(dialogue: Dialogue) -> dict[str, dict[str, Any]]:
    """The invoices in the history, newest result last."""
    found: dict[str, dict[str, Any]] = {}
    for call, result in dialogue.outputs("get_invoice"):
        name = str(read_object(call.text).get("invoice_id", "")).upper()
        found.pop(name, None)
        found[name] = _invoice(name, result.text)
    return found


def _invoice(name: str, text: str) -> dict[str, Any]:
    """Read an invoice leniently: what it leaves out is unknown."""
    read = read_object(text)
    if not read:
        return {"error": text.removeprefix("ERROR: ")}
    names = ("customer", "amount", "currency", "date", "refunded")
    amount = read.get("refundable", read.get("amount", "unknown"))
    return {"id": name, **dict.fromkeys(names, "unknown"), "refundable": amount, **read}


def known(dialogue: Dialogue) -> list[dict[str, Any]]:
    """The invoices that could be looked up."""
    return [invoice for invoice in looked_up(dialogue).values() if "error" not in invoice]


def about(dialogue: Dialogue, question: str, wanted: list[str]) -> str:
    """Answer a question about an invoice: one that is named, or the last one that was looked at."""
    invoice = looked_up(dialogue)[wanted[-1]] if wanted else (known(dialogue) or [None])[-1]
    if invoice is None:
        return "I don't know which invoice you mean. Please give me its number, such as INV-1003."
    if "error" in invoice:
        return f"I could not look that up: {invoice['error']}"
    if re.search(r"\b(date|when)\b", question, re.IGNORECASE):
        return f"{invoice['id']} is dated **{invoice['date']}**."
    if re.search(r"\b(customer|who)\b", question, re.IGNORECASE):
        return f"The customer of {invoice['id']} is **{invoice['customer']}**."
    return (
        f"**{invoice['id']}**, {invoice['customer']}: {invoice['amount']} {invoice['currency']}, "
        f"dated {invoice['date']} ({invoice.get('description') or 'no description'}). "
        f"Refunded so far: {invoice['refunded']}."
    )
