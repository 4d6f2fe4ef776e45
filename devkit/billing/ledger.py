"""The books of the billing service: invoices and refunds in SQLite, amounts in minor units."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

INVOICES = (
    ("INV-1001", "Northwind Tea", 4500, "GBP", "2026-09-03", "Sample boxes"),
    ("INV-1002", "Alder Studio", 9900, "USD", "2026-09-17", "Team plan, September"),
    ("INV-1003", "Hazel & Co", 2900, "USD", "2026-10-02", "Starter plan, October"),
    ("INV-1004", "Juniper Labs", 1200, "USD", "2026-10-05", "Extra seat"),
    ("INV-1005", "Rowan Freight", 148000, "USD", "2026-10-21", "Annual plan"),
    ("INV-1006", "Linden Bau GmbH", 1250000, "EUR", "2026-11-02", "Enterprise plan"),
)

TABLES = """
create table invoices (id text primary key, customer text, amount integer, currency text, date text,
                       description text);
create table refunds (id text primary key, invoice_id text references invoices, amount integer,
                      currency text, reason text, idempotency_key text unique, request text,
                      created_at text);
"""


class Refused(Exception):
    """The service says no, with the HTTP status and the code it says it with."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True, slots=True)
class Made:
    """A refund as answered; `replayed` if its key had made it before."""

    refund: dict[str, Any]
    replayed: bool


class Ledger:
    """Every method is one transaction; refunds are idempotent by their key."""

    def __init__(self, path: str, *, now: Callable[[], datetime], token: Callable[[], str]) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._now = now
        self._token = token
        if not self._db.execute("select 1 from sqlite_master where name = 'invoices'").fetchone():
            self._db.executescript(TABLES)
            self._db.executemany("insert into invoices values (?, ?, ?, ?, ?, ?)", INVOICES)

    def close(self) -> None:
        """Close the books."""
        self._db.close()

    def bill(self, invoice_id: str, customer: str, amount: str, currency: str) -> None:
        """Write one more invoice."""
        row = (invoice_id, customer, minor(amount), currency, self._now().date().isoformat(), "Annual plan")
        self._db.execute("insert into invoices values (?, ?, ?, ?, ?, ?)", row)

    def invoice(self, invoice_id: str) -> dict[str, Any]:
        """One invoice with what was refunded of it; raises `Refused` for an unknown one."""
        row = self._db.execute("select * from invoices where id = ?", (invoice_id,)).fetchone()
        if row is None:
            raise Refused(404, "invoice_not_found", f"There is no invoice {invoice_id}.")
        refunded = self._refunded(invoice_id)
        return {
            **{name: row[name] for name in ("id", "customer", "currency", "date", "description")},
            "amount": major(row["amount"]),
            "refunded": major(refunded),
            "refundable": major(row["amount"] - refunded),
        }

    def refund(self, request: Mapping[str, Any], key: str, *, amount: str = "") -> Made:
        """Make a refund (of another amount, if one is given), or return the one its key made; raises `Refused`."""
        fingerprint = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
        made = self._db.execute("select * from refunds where idempotency_key = ?", (key,)).fetchone()
        if made is not None:
            if made["request"] != fingerprint:
                raise Refused(422, "key_reused", "This idempotency key was used for another refund.")
            return Made(_refund(made), replayed=True)
        invoice = self.invoice(str(request.get("invoice_id")))
        paid = minor(amount or str(request.get("amount")))
        if request.get("currency") != invoice["currency"]:
            raise Refused(422, "wrong_currency", f"{invoice['id']} is in {invoice['currency']}.")
        if paid > minor(invoice["refundable"]):
            raise Refused(
                422,
                "over_refund",
                f"Only {invoice['refundable']} {invoice['currency']} of {invoice['id']} can be refunded.",
            )
        values = (
            *(f"rf_{self._token()}", invoice["id"], paid, invoice["currency"]),
            *(str(request.get("reason") or ""), key, fingerprint, self._now().isoformat()),
        )
        self._db.execute("insert into refunds values (?, ?, ?, ?, ?, ?, ?, ?)", values)
        row = self._db.execute("select * from refunds where idempotency_key = ?", (key,)).fetchone()
        return Made(_refund(row), replayed=False)

    def by_key(self, key: str) -> dict[str, Any]:
        """The refund that was made under a key; raises `Refused` where there is none."""
        row = self._db.execute("select * from refunds where idempotency_key = ?", (key,)).fetchone()
        if row is None:
            raise Refused(404, "key_unknown", "No refund was made under this key.")
        return _refund(row)

    def refunds(self) -> list[dict[str, Any]]:
        """Every refund, oldest first."""
        return [_refund(row) for row in self._db.execute("select * from refunds order by rowid")]

    def invoices(self) -> list[dict[str, Any]]:
        """Every invoice."""
        rows = self._db.execute("select id from invoices order by id").fetchall()
        return [self.invoice(row["id"]) for row in rows]

    def _refunded(self, invoice_id: str) -> int:
        query = "select coalesce(sum(amount), 0) from refunds where invoice_id = ?"
        return int(self._db.execute(query, (invoice_id,)).fetchone()[0])


def major(amount: int) -> str:
    """Write minor units as a decimal: 2900 is "29.00"."""
    return f"{Decimal(amount) / 100:.2f}"


def minor(text: str) -> int:
    """Read a positive decimal of two places at most; raises `Refused`."""
    try:
        amount = Decimal(text) * 100
    except InvalidOperation:
        raise Refused(422, "bad_amount", "The amount is not a number.") from None
    if not amount.is_finite() or amount <= 0 or amount != int(amount):
        raise Refused(422, "bad_amount", "The amount must be positive, with two decimal places at most.")
    return int(amount)


def _refund(row: sqlite3.Row) -> dict[str, Any]:
    names = ("id", "invoice_id", "currency", "reason", "idempotency_key", "created_at")
    return {name: row[name] for name in names} | {"amount": major(row["amount"])}
