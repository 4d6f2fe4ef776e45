"""What the history says of invoices."""

from __future__ import annotations

import re
from typing import Any, Final

from devkit.model.dialogue import Dialogue
from devkit.model.outcomes import read_object

ABOUT: Final = re.compile(r"\b(date|when|customer|who|how much|amount|status|refunded)\b", re.IGNORECASE)


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
