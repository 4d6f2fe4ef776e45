"""What goes wrong with the billing service, as data: a list of faults is a script, used up in order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: The answers that may say when to come again. https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
DATED = frozenset({429, 503})


class Of(StrEnum):
    """Which requests a fault is of."""

    REFUND = "refund"
    LOOK_UP = "look_up"
    INVOICE = "invoice"


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next requests of a kind; other requests leave it where it is.

    It happens before anything is done, or, `after_commit`, once the refund is in the books: a `delay` in
    seconds, then a `status` in place of the answer, the connection that is cut (`drop`), or
    a body that breaks off (`cut`). With `goes_on` a caller that leaves during the delay does
    not stop the refund. `makes` is the amount that is paid in the place of the one asked for. `retry_after` is seconds or an HTTP date. `drop_after_commit` is both.

    Raises `ValueError` for what no service can do.
    """

    status: int = 0
    delay: float = 0.0
    drop_after_commit: bool = False
    times: int = 1
    after_commit: bool = False
    drop: bool = False
    cut: bool = False
    goes_on: bool = False
    retry_after: str = ""
    of: Of = Of.REFUND
    makes: str = ""

    def __post_init__(self) -> None:
        self.drop |= self.drop_after_commit
        self.after_commit |= self.drop_after_commit
        if sum((bool(self.status), self.drop, self.cut)) > 1:
            raise ValueError("a request has one answer: a status, a cut connection or a cut body")
        if self.status and not 300 <= self.status <= 599:
            raise ValueError("a status is one that does not say that it was done")
        if self.retry_after and self.status not in DATED:
            raise ValueError("Retry-After comes with 429 and 503")
        if self.cut and self.of is Of.REFUND and not self.after_commit:
            raise ValueError("only the answer to a refund that was made can be cut")
        if self.goes_on and (not self.delay or self.after_commit):
            raise ValueError("what goes on without its caller is a refund that is delayed")
        if self.of is not Of.REFUND and (self.after_commit or self.goes_on or self.makes):
            raise ValueError("only a refund makes anything")
        if self.times < 1 or self.delay < 0:
            raise ValueError("a fault happens once at least, and takes no less than no time")


NO_FAULT = Fault()


class Faults(list[Fault]):
    """The script: what is to go wrong next, of each kind in its order."""

    def next(self, of: Of) -> Fault:
        """Take what goes wrong with the next request of a kind; nothing, mostly."""
        for fault in self:
            if fault.of is of:
                fault.times -= 1
                if fault.times <= 0:
                    self.remove(fault)
                return fault
        return NO_FAULT
