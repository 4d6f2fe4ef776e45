"""The life of a limit and of what is agreed to in advance, whatever calls, people and clocks do, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.domain.approvals.approval import Approval, ApprovalStatus, Offers, Verdict, canonical
from bot.domain.approvals.bound import Acts, RestOfRun, bound_of
from bot.domain.approvals.condition import Call
from bot.domain.approvals.earlier import EarlierCall, Page, Pages
from bot.domain.approvals.grants import grant, passed_on
from bot.domain.approvals.policy import Policy, ask
from bot.domain.approvals.quorum import missing
from bot.domain.approvals.requirement import Requirement
from bot.domain.approvals.totals import total
from bot.domain.approvals.transitions import decide
from tests.factories import ANA, MEI, NOON, OMAR, SUPPORT, a_decision, an_approval, seated

LIMIT, WINDOW = Decimal(100), timedelta(days=1)
POLICY = Policy(ask("finance", quorum=2, when=total("amount", days=1, over=LIMIT)))
ACTS = Acts("invoice_id", "amount", "currency")
INVOICES = ("INV-1003", "INV-1004")
AMOUNTS = ("10.00", "40.00", "60.00", "0.01", "99.99")


@dataclass(frozen=True, slots=True)
class Made:
    """A call that counts, as the model beside the rules knows it."""

    amount: Decimal
    at: datetime
    is_open: bool
    agreed: int


class SumsLife(RuleBasedStateMachine):
    """Ask, agree, begin, fail, repeat: what counts is judged as the store judges it, and counted here by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.pages = Pages(((Page(), WINDOW),))
        self.made: dict[str, Made] = {}
        self.asked: dict[str, str] = {}
        self.number = 0

    def judged(self, amount: str, earlier: Sequence[EarlierCall] | None) -> tuple[Requirement, ...]:
        call = Call("pay", {"amount": amount}, ANA, SUPPORT, earlier=earlier, now=self.now)
        return POLICY.requirements(call)

    def noted(self, effect: str, amount: str, *, is_open: bool) -> EarlierCall:
        return EarlierCall(effect, self.now, ANA, {"amount": amount}, is_open)

    def counted(self) -> Decimal:
        """What counts at this moment."""
        return sum(
            (m.amount for m in self.made.values() if m.is_open or m.at > self.now - WINDOW), Decimal(0)
        )

    def note(self, effect: str, amount: str, agreed: int, *, is_open: bool) -> None:
        """A call counts from now on: it has the consent that its sum needs."""
        self.pages = self.pages.put(self.noted(effect, amount, is_open=is_open), self.now)
        known = self.made.get(effect)
        agreed = max(agreed, known.agreed) if known else agreed
        self.made[effect] = Made(Decimal(amount), self.now, is_open, agreed)
        if known is None:
            assert self.counted() <= LIMIT or agreed >= 2

    @rule(amount=st.sampled_from(AMOUNTS))
    def is_asked_for(self, amount: str) -> None:
        self.number += 1
        effect = f"e{self.number}"
        if self.judged(amount, self.pages.before(self.noted(effect, amount, is_open=True), self.now)):
            self.asked[effect] = amount
        else:
            self.note(effect, amount, 0, is_open=True)

    @rule(data=st.data())
    def is_asked_for_again(self, data: st.DataObject) -> None:
        """A process died: what was decided of a call stays decided."""
        waiting = sorted(effect for effect, made in self.made.items() if made.is_open and not made.agreed)
        if waiting:
            effect = data.draw(st.sampled_from(waiting))
            amount = f"{self.made[effect].amount}"
            assert not self.judged(
                amount, self.pages.before(self.noted(effect, amount, is_open=True), self.now)
            )

    @rule(data=st.data(), people=st.integers(0, 2))
    def people_agree_and_it_begins(self, data: st.DataObject, people: int) -> None:
        if not self.asked:
            return
        effect = data.draw(st.sampled_from(sorted(self.asked)))
        amount = self.asked[effect]
        call = self.noted(effect, amount, is_open=False)
        needs = self.judged(amount, self.pages.others(call, self.now))
        if not missing(needs, [("finance",)] * people):
            del self.asked[effect]
            self.note(effect, amount, people, is_open=False)

    @rule(data=st.data())
    def what_was_let_go_on_begins(self, data: st.DataObject) -> None:
        waiting = sorted(effect for effect, made in self.made.items() if made.is_open)
        if waiting:
            effect = data.draw(st.sampled_from(waiting))
            amount = f"{self.made[effect].amount}"
            assert self.pages.has(self.noted(effect, amount, is_open=False))
            self.note(effect, amount, 0, is_open=False)

    @rule(data=st.data())
    def the_service_refuses(self, data: st.DataObject) -> None:
        if self.made:
            effect = data.draw(st.sampled_from(sorted(self.made)))
            del self.made[effect]
            self.pages = self.pages.without(effect)

    @rule(hours=st.sampled_from([1, 6, 23, 24]))
    def time_passes(self, hours: int) -> None:
        if self.now < NOON + timedelta(days=6):
            self.now += timedelta(hours=hours)

    @invariant()
    def the_pages_know_what_counts(self) -> None:
        known = self.pages.others(self.noted("none", "1", is_open=True), self.now) or ()
        counts = [one for one in known if one.time(self.now) > self.now - WINDOW]
        assert sum(Decimal(one.arguments["amount"]) for one in counts) == self.counted()


class GrantLife(RuleBasedStateMachine):
    """Agree in advance, ask for more, write into the run: nothing passes that did not stand on the button."""

    def __init__(self) -> None:
        super().__init__()
        self.grants: list[Approval] = []
        self.button: dict[str, tuple[str, Decimal, int]] = {}
        self.passed: dict[str, list[tuple[str, Decimal]]] = {}
        self.joined = False
        self.number = 0

    def approval(self, invoice: str, amount: str, **changes: object) -> Approval:
        self.number += 1
        given = {"invoice_id": invoice, "amount": amount, "currency": "USD"}
        bound = None if self.joined else bound_of(RestOfRun(3, Decimal(100)), ACTS, given)
        offers = Offers(rest_of_run=bound is not None, bound=bound)
        return an_approval(
            id=f"a{self.number}", run_id="r1", arguments=canonical(given), offers=offers, **changes
        )

    @rule(invoice=st.sampled_from(INVOICES), amount=st.sampled_from(AMOUNTS), by=st.sampled_from([OMAR, MEI]))
    def somebody_agrees_in_advance(self, invoice: str, amount: str, by: str) -> None:
        waits = self.approval(invoice, amount)
        if waits.offers.rest_of_run:
            verdict = a_decision(by, Verdict.APPROVE_REST, digest=waits.digest)
            agreed = decide(waits, verdict, seats=seated(by))
            assert agreed.status is ApprovalStatus.APPROVED
            self.grants.append(agreed)
            self.button[agreed.id] = (invoice, Decimal(100), 3)

    @rule(invoice=st.sampled_from(INVOICES), amount=st.sampled_from(AMOUNTS), two=st.booleans())
    def the_model_asks_for_more(self, invoice: str, amount: str, two: bool) -> None:
        needs = (Requirement("finance", "Money.", quorum=2 if two else 1),)
        later = self.approval(invoice, amount, requirements=needs)
        for at, earlier in enumerate(self.grants):
            granted = grant(later, earlier)
            if granted.granted_by:
                assert not two
                self.grants[at] = passed_on(earlier, granted)
                self.passed.setdefault(granted.granted_by, []).append((invoice, Decimal(amount)))
                return

    @rule()
    def somebody_writes_into_the_run(self) -> None:
        self.joined, self.grants = True, []

    @rule()
    def a_record_of_an_earlier_release_is_read(self) -> None:
        if self.grants:
            old = replace(self.grants[-1], offers=Offers(rest_of_run=True), id="old")
            assert not grant(self.approval(INVOICES[0], "0.01"), old).granted_by

    @invariant()
    def nothing_passes_beyond_its_button(self) -> None:
        for by, calls in self.passed.items():
            invoice, most, count = self.button[by]
            assert {one for one, _ in calls} == {invoice}
            assert sum(amount for _, amount in calls) <= most
            assert len(calls) <= count


SumsLife.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
GrantLife.TestCase.settings = settings(max_examples=100, stateful_step_count=30)
test_life_of_a_limit = SumsLife.TestCase
test_life_of_what_is_agreed_to_in_advance = GrantLife.TestCase
