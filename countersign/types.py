"""Types for the arguments of tools, which check themselves and have one way to be written.

A model may write an argument in any way. With these types a call is refused before anybody is asked where it
is not written as the type says, and what people see on the card, what policies judge and what runs is the one
form that the type gives it:

    InvoiceId = Annotated[str, Matching("INV-[0-9]{4,8}", "an invoice's number, such as INV-1003")]

    async def issue_refund(ctx: ToolContext[Billing], invoice_id: InvoiceId, amount: Money) -> str: ...
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler, PlainSerializer, PlainValidator, WithJsonSchema

from bot.domain.numbers import number

#: An amount is less than this; longer numbers are mistakes.
LARGEST: Final = Decimal(10**12)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Amount:
    """A positive amount with at most so many decimals, and below a limit; always written with all of them.

    It takes `29`, `29.5` and `"29.50"`, and no sign, separator, exponent, space, currency or other alphabet's
    digits. The tool gets a `Decimal`.
    """

    places: int = 2
    below: Decimal = LARGEST

    def read(self, value: object) -> Decimal:
        """Read an amount; raises `ValueError` with the words for a person."""
        amount = number(value)
        if amount is None or amount <= 0 or amount >= self.below or amount != round(amount, self.places):
            raise ValueError(self._says)
        return round(amount, self.places)

    def write(self, amount: Decimal) -> str:
        """The one form of an amount."""
        return f"{amount:.{self.places}f}"

    @property
    def _says(self) -> str:
        example = self.write(Decimal(29))
        return f"Write a positive amount below {self.below:,} in digits, such as {example}, and nothing else."

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        behind = rf"(\.[0-9]{{1,{self.places}}})?" if self.places else ""
        says = {"type": "string", "pattern": f"^[0-9]+{behind}$"}
        return _schema(handler, self.read, self.write, says)


@dataclass(frozen=True, slots=True)
class Matching:
    """A text that is, from its first character to its last, what a regular expression says.

    `says` is told to who wrote something else: "an invoice's number, such as INV-1003".
    """

    pattern: str
    says: str

    def read(self, value: object) -> str:
        """Read a text; raises `ValueError` with the words for a person."""
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value, re.ASCII):
            raise ValueError(f"This has to be {self.says}.")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        says = {"type": "string", "pattern": f"^({self.pattern})$"}
        return _schema(handler, self.read, str, says)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day as ISO 8601 writes it, such as 2026-12-21, and in no other way. The tool gets a `date`."""

    def read(self, value: object) -> date:
        """Read a day; raises `ValueError` with the words for a person."""
        if isinstance(value, date):
            return value
        try:
            if isinstance(value, str) and _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise ValueError("Write a day of the calendar such as 2026-12-21.")

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        says = {"type": "string", "format": "date"}
        return _schema(handler, self.read, date.isoformat, says)


#: An amount of money with two decimals, of whatever currency; `Annotated[Decimal, Amount(0)]` is one of yen.
Money = Annotated[Decimal, Amount()]
#: A currency's code: https://www.iso.org/iso-4217-currency-codes.html. Which ones there are, the service knows.
Currency = Annotated[str, Matching("[A-Z]{3}", "a currency's three letters, such as USD")]
#: A day of the calendar.
Day = Annotated[date, CalendarDay()]


def _schema(handler: GetCoreSchemaHandler, read: Any, write: Any, says: dict[str, Any]) -> Any:
    written = PlainSerializer(write, return_type=str, when_used="json")
    return handler.generate_schema(Annotated[Any, PlainValidator(read), written, WithJsonSchema(says)])
