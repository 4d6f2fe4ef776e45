"""What the bot said of money, held against what was paid."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from devkit.billing.server import AT_THE_DESK

#: How the demo's model says what it did: amount, currency, invoice, refund.
SAID: Final = re.compile(r"I refunded \*\*([\d.]+) ([A-Z]{3})\*\* on (INV-\d+) \(refund `(rf_\w+)`\)")
#: How it says what nobody but people could tell, so without the refund: that it was made, or that none knows.
CHECKED: Final = re.compile(r"a person has checked: \*\*([\d.]+) ([A-Z]{3}) on (INV-\d+)\*\* was refunded")
NOT_KNOWN: Final = re.compile(r"Nobody knows whether the refund of ([\d.]+) ([A-Z]{3}) on (INV-\d+) was made")
#: The card that asks people whether a refund was made.
ASKED_ABOUT: Final = re.compile(
    r"^Did this happen: .*?^Amount: ([\d.,]+) ([A-Z]{3})$.*?^Invoice: (INV-\d+)$", re.DOTALL | re.MULTILINE
)
REFUND: Final = re.compile(r"\brf_[0-9a-f]{6,}\b")


def disagreements(
    texts: Iterable[str], refunds: Iterable[Mapping[str, Any]], *, all_told: bool
) -> Iterator[str]:
    """Yield each sentence about a refund that the books do not bear out.

    With `all_told` also each refund that nobody was told of: a model whose words a test wrote says
    nothing of refunds, whatever was paid.
    """
    told: set[str] = set()
    paid = {str(refund["id"]): refund for refund in refunds}
    for text in texts:
        for amount, currency, invoice, refund_id in SAID.findall(text):
            made = paid.get(refund_id, {})
            if (made.get("amount"), made.get("currency"), made.get("invoice_id")) != (
                amount,
                currency,
                invoice,
            ):
                yield f"said: {amount} {currency} on {invoice} as {refund_id}; in the books: {dict(made) or 'nothing'}"
        for what in CHECKED.findall(text):
            if not (like := _like(paid, *what)):
                yield f"said: {' '.join(what)} as a person has checked; in the books: nothing"
            told |= like
        for what in (*NOT_KNOWN.findall(text), *ASKED_ABOUT.findall(text)):
            told |= _like(paid, *what)
        named = set(REFUND.findall(text))
        told |= named
        yield from (f"{refund_id} was named, and is not in the books" for refund_id in named - set(paid))
    if all_told:
        ours = {
            name for name, one in paid.items() if not str(one.get("idempotency_key")).startswith(AT_THE_DESK)
        }
        yield from (f"{refund_id} was paid, and nobody was told" for refund_id in ours - told)


def _like(paid: Mapping[str, Mapping[str, Any]], amount: str, currency: str, invoice: str) -> set[str]:
    """The refunds in the books that these words may be about."""
    wanted = (amount.replace(",", ""), currency, invoice)
    return {
        refund_id
        for refund_id, made in paid.items()
        if (made["amount"], made["currency"], made["invoice_id"]) == wanted
    }
