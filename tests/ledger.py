"""What the bot said of money, held against what was paid."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

#: How the demo's model says what it did: amount, currency, invoice, refund.
SAID: Final = re.compile(r"I refunded \*\*([\d.]+) ([A-Z]{3})\*\* on (INV-\d+) \(refund `(rf_\w+)`\)")
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
        named = set(REFUND.findall(text))
        told |= named
        yield from (f"{refund_id} was named, and is not in the books" for refund_id in named - set(paid))
    if all_told:
        yield from (f"{refund_id} was paid, and nobody was told" for refund_id in set(paid) - told)
