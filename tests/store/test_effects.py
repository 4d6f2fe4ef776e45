"""A side effect of a thread: allowed right before it, once, and whose business it is afterwards."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from cryptography.fernet import Fernet

from bot.agents.attempt import Attempt
from bot.agents.context import Permit
from bot.agents.tool_result import Result
from bot.conversation.handling import Handling
from bot.conversation.journal import Counting, Journal
from bot.domain import sentences
from bot.domain.approvals.approval import Approval, ApprovalStatus, Ending, Question
from bot.domain.approvals.transitions import decide, detach
from bot.domain.errors import LeaseLost, NotAuthorized, OutcomeUnknown, Starved, UnknownSchema
from bot.domain.events import MessageReceived
from bot.domain.run import JournalEntry, JournalStatus, ThreadState
from bot.domain.sources import Sources
from bot.store import client
from bot.store.claim import Claim
from bot.store.confirmation import Confirmation
from bot.store.inbox import Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from bot.store.writes import Writes
from tests.factories import ANA, MEI, NOON, OMAR, THREAD, a_decision, an_approval, seated
from tests.redis_server import RedisServer


class Effects:
    """One event of a thread under its lease, and an effect that tells what it finds."""

    def __init__(self, redis: client.Redis, confirmation: Confirmation | None = None) -> None:
        self.redis = redis
        self.keys = Keys(f"t{secrets.token_hex(4)}", 4)
        sealer = Sealer([Fernet.generate_key().decode()])
        self.threads = ThreadStore(redis, self.keys, sealer)
        times = timedelta(hours=1), timedelta(seconds=30)
        self.inbox = Inbox(
            redis, self.keys, sealer, dedupe_ttl=times[0], lease=times[1], confirmation=confirmation
        )
        #: What the journal held while the effect was under way.
        self.seen: list[JournalStatus | None] = []
        #: What the effect was told of its key.
        self.sent_before: list[bool] = []
        self.key = ""
        self._ids = count()

    async def handling(self) -> Handling:
        """Claim an event of the thread, as a worker does."""
        event = MessageReceived("1.1", ANA, "hi")
        await self.inbox.append(THREAD, event, event_ids=(f"m{next(self._ids)}",))
        claim = await self.inbox.claim(secrets.token_hex(4))
        assert isinstance(claim, Claim)
        sources = Sources(lambda: NOON, lambda: f"e{next(self._ids)}", lambda: 0.0)
        state = ThreadState(generation=1, run_id="m0", authors=(ANA,))
        return Handling(claim, state, self.threads.session(THREAD), self.inbox, sources)

    def journal(self, h: Handling) -> Journal:
        """The journal of an event's effects."""

        async def beside() -> Writes:
            return Writes()

        return Journal(h, self.threads, lambda: NOON, beside)

    async def run(
        self,
        h: Handling,
        permit: Permit,
        *,
        breaks_off: bool = False,
        wants: bool = False,
        says: str = "paid",
        by: Journal | None = None,
    ) -> str:
        """Do the effect through the journal."""
        journal = by or self.journal(h)

        async def effect(attempt: Attempt) -> Result:
            self.key = attempt.key
            self.sent_before.append(attempt.sent_before)
            entry = await self.threads.journal(THREAD, attempt.key)
            self.seen.append(entry.status if entry else None)
            if breaks_off:
                raise OutcomeUnknown
            if wants:
                raise Starved
            return Result(says)

        return (await journal.run("call_1", permit, effect)).text


def a_permit(approval: Approval, *, effect: str = "e0", former: str = "") -> Permit:
    shown = (approval.tool, approval.asked_digest, approval.arguments)
    return Permit(*shown, approval, "finance", effect=effect, former=former)


@pytest.fixture
async def effects(redis_server: RedisServer) -> AsyncGenerator[Effects]:
    async with client.connect(redis_server.url) as redis:
        yield Effects(redis)


def approved(*deciders: str, **changes: object) -> Approval:
    """A refund that these people approved."""
    approval = an_approval(**changes)
    for person in deciders or (OMAR,):
        approval = decide(approval, a_decision(person), seats=seated(person))
    return approval


async def test_what_was_approved_is_done_once_and_noted_before_and_after(effects: Effects) -> None:
    h, permit = await effects.handling(), a_permit(approved())
    assert [await effects.run(h, permit) for _ in range(3)] == ["paid"] * 3

    assert effects.seen == [JournalStatus.STARTED]


@pytest.mark.parametrize("may", [True, False])
async def test_a_call_is_counted_before_its_intent_is_written_and_not_made_where_it_may_not(
    effects: Effects, may: bool
) -> None:
    h, permit = await effects.handling(), a_permit(approved())
    counted: list[tuple[bool, JournalEntry | None]] = []
    given_back: list[str] = []

    async def begins(one: Permit, is_repeated: bool) -> str | None:
        counted.append((is_repeated, await effects.threads.journal(THREAD, one.effect)))
        return "" if may else None

    async def gives_back(one: Permit) -> None:
        given_back.append(one.effect)

    async def beside() -> Writes:
        return Writes()

    journal = Journal(h, effects.threads, lambda: NOON, beside, Counting(begins, gives_back))
    told = await effects.run(h, permit, by=journal)

    assert counted == [(False, None)]
    assert told == ("paid" if may else sentences.LIMIT_REACHED)
    assert effects.seen == ([JournalStatus.STARTED] if may else [])
    assert given_back == ([] if may else ["e0"])
    assert permit.approval is not None
    kept = await effects.threads.approval(permit.approval.id)
    assert kept is not None
    assert kept.execution is not None
    assert kept.execution.ending is (Ending.DONE if may else Ending.NOT_RUN)


@pytest.mark.parametrize(
    ("service", "told", "ending"),
    [
        (Result("paid before"), "paid before", Ending.DONE),
        (None, "paid", Ending.DONE),
        (OutcomeUnknown(), "", Ending.UNKNOWN),
    ],
)
async def test_a_call_that_may_have_run_before_a_restore_runs_only_where_its_service_never_saw_it(
    effects: Effects, service: Result | OutcomeUnknown | None, told: str, ending: Ending
) -> None:
    h, permit = await effects.handling(), a_permit(approved())
    asked: list[str] = []

    async def made_before(one: Permit) -> Result | None:
        asked.append(one.effect)
        if isinstance(service, OutcomeUnknown):
            raise service
        return service

    async def beside() -> Writes:
        return Writes()

    journal = Journal(h, effects.threads, lambda: NOON, beside, made_before=made_before)
    for _ in range(2):  # however often the run is gone on with
        if told:
            assert await effects.run(h, permit, by=journal) == told
        else:
            with pytest.raises(OutcomeUnknown):
                await effects.run(h, permit, by=journal)

    assert asked == ["e0"]
    assert len(effects.seen) == (service is None)
    assert permit.approval is not None
    kept = await effects.threads.approval(permit.approval.id)
    assert kept is not None
    assert kept.execution is not None
    assert kept.execution.ending is ending
    assert (sentences.MADE_BEFORE in h.remarks) is isinstance(service, Result)


async def test_what_was_not_approved_is_not_even_looked_up(effects: Effects) -> None:
    h = await effects.handling()

    async def made_before(one: Permit) -> Result | None:
        raise AssertionError

    async def beside() -> Writes:
        return Writes()

    journal = Journal(h, effects.threads, lambda: NOON, beside, made_before=made_before)
    with pytest.raises(NotAuthorized):
        await effects.run(h, a_permit(an_approval()), by=journal)


async def test_a_try_that_a_person_asked_for_knows_that_its_key_was_sent_before(effects: Effects) -> None:
    h, permit = await effects.handling(), a_permit(approved())
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            await effects.run(h, permit, breaks_off=True)
        await h.save_beside(Writes().journal(effects.key, JournalEntry(JournalStatus.AGAIN)))
    assert await effects.run(h, permit) == "paid"

    assert effects.sent_before == [False, True, True]


async def test_what_was_not_begun_for_want_of_means_is_done_later_once(effects: Effects) -> None:
    h, permit = await effects.handling(), a_permit(approved(), former="f0")
    with pytest.raises(Starved):
        await effects.run(h, permit, wants=True)
    for name in ("e0", "f0"):
        assert await effects.threads.journal(THREAD, name) is None
    assert [await effects.run(h, permit) for _ in range(2)] == ["paid"] * 2

    assert effects.sent_before == [False, False]


async def test_what_began_and_did_not_end_is_never_tried_again_by_itself(effects: Effects) -> None:
    h, permit = await effects.handling(), a_permit(approved())
    for breaks_off in (True, False, False):
        with pytest.raises(OutcomeUnknown):
            await effects.run(h, permit, breaks_off=breaks_off)

    assert len(effects.seen) == 1


@pytest.mark.parametrize(
    "approval",
    [
        an_approval(),
        replace(an_approval(), status=ApprovalStatus.APPROVED),
        replace(approved(), status=ApprovalStatus.REJECTED),
        replace(approved(), status=ApprovalStatus.WITHDRAWN),
        replace(approved(), question=Question.OUTCOME),
        replace(approved(), authors=(ANA, OMAR)),
        replace(approved(), decisions=(replace(a_decision(MEI), roles=("finance",), holder=ANA),)),
        replace(approved(), decisions=(a_decision(digest="0" * 64, roles=("finance",), holder=OMAR),)),
    ],
    ids=[
        "pending",
        "nobody",
        "rejected",
        "withdrawn",
        "outcome",
        "author",
        "place of the requester",
        "digest",
    ],
)
async def test_nothing_happens_that_was_not_approved(effects: Effects, approval: Approval) -> None:
    h = await effects.handling()
    with pytest.raises(NotAuthorized):
        await effects.run(h, a_permit(approval))

    assert effects.seen == []
    assert await effects.redis.hlen(effects.keys.journal(THREAD)) == 0  # pyright: ignore[reportGeneralTypeIssues]


async def test_an_approval_of_one_call_does_not_cover_another(effects: Effects) -> None:
    h, approval = await effects.handling(), approved()
    other = replace(a_permit(approval), asked_digest="0" * 64)
    with pytest.raises(NotAuthorized):
        await effects.run(h, other)

    assert effects.seen == []


async def test_what_was_not_made_keeps_its_name_for_the_same_wish_of_the_run(effects: Effects) -> None:
    h, permit = await effects.handling(), a_permit(approved())
    journal = effects.journal(h)
    await effects.run(h, permit, says="ERROR: the service is busy", by=journal)
    writes, made = journal.behind()
    await h.save_beside(writes)
    assert made == ()
    assert await effects.run(h, permit) == "paid"

    assert effects.sent_before == [False, True]


async def test_what_was_made_is_behind_the_run_also_where_another_process_made_it(effects: Effects) -> None:
    h, permit = await effects.handling(), a_permit(approved())
    await effects.run(h, permit)
    journal = effects.journal(h)
    await effects.run(h, permit, by=journal)

    assert journal.behind()[1] == ("e0",)


@pytest.mark.parametrize("status", list(JournalStatus))
async def test_what_an_earlier_release_has_noted_of_a_call_counts(
    effects: Effects, status: JournalStatus
) -> None:
    h, permit = await effects.handling(), a_permit(approved(), former="f0")
    await h.save_beside(Writes().journal("f0", JournalEntry(status, "paid then")))
    broken = await effects.journal(h).broken("call_1", permit)
    if status in {JournalStatus.STARTED, JournalStatus.UNKNOWN}:
        assert getattr(broken, "effect", "") == "f0"
        with pytest.raises(OutcomeUnknown):
            await effects.run(h, permit)
        return
    said = await effects.run(h, permit)

    assert broken is None
    assert (said, effects.key) == (("paid then", "") if status is JournalStatus.DONE else ("paid", "f0"))


async def test_a_result_that_begins_as_a_difference_does_is_taken_for_none_also_when_it_is_read_again(
    effects: Effects,
) -> None:
    h, permit = await effects.handling(), a_permit(approved())
    own = "NOT AS ASKED: so this tool always begins\nand goes on"
    assert [await effects.run(h, permit, says=own) for _ in range(2)] == [own, own]

    assert h.remarks == []


async def test_what_is_only_to_be_read_from_the_journal_is_never_made(effects: Effects) -> None:
    h, permit = await effects.handling(), replace(a_permit(approved()), is_known=True)
    with pytest.raises(NotAuthorized):
        await effects.run(h, permit)
    await h.save_beside(Writes().journal("e0", JournalEntry(JournalStatus.DONE, "paid then")))

    assert await effects.run(h, permit) == "paid then"
    assert effects.seen == []


async def test_a_replica_of_an_earlier_release_finds_what_was_begun_or_done(effects: Effects) -> None:
    h, permit = await effects.handling(), a_permit(approved(), former="f0")
    with pytest.raises(OutcomeUnknown):
        await effects.run(h, permit, breaks_off=True)
    entry = await effects.threads.journal(THREAD, "f0")
    assert getattr(entry, "broke_off", False)
    asked, is_all = await effects.threads.broken(THREAD)

    assert ([call.effect for call in asked], is_all) == (["e0"], True)


async def test_a_worker_that_lost_its_lease_does_nothing(effects: Effects) -> None:
    h = await effects.handling()
    await effects.inbox.release(h.claim)
    assert isinstance(await effects.inbox.claim("another"), Claim)
    with pytest.raises(LeaseLost):
        await effects.run(h, a_permit(approved()))

    assert effects.seen == []


async def test_a_stored_approval_that_was_put_under_another_name_is_not_read(effects: Effects) -> None:
    h = await effects.handling()
    own, other = effects.threads.new_approval_id(THREAD, "own"), effects.threads.new_approval_id(THREAD, "x")
    await h.save_beside(Writes().approval(approved(id=own)).approval(an_approval(id=other)))
    sealed = await effects.redis.get(effects.keys.approval(own))
    assert sealed is not None
    await effects.redis.set(effects.keys.approval(other), sealed)

    with pytest.raises(UnknownSchema):
        await effects.threads.approval(other)
    assert await effects.threads.readable([own, other]) == [approved(id=own)]


@pytest.mark.parametrize(
    ("approval", "listed", "concerned"),
    [
        (an_approval(generation=1, run_id="m0"), False, True),
        (an_approval(generation=0, run_id="m0"), False, False),
        (an_approval(generation=1, run_id="m9"), False, False),
        (an_approval(generation=1, run_id=""), False, False),
        (an_approval(generation=0, run_id=""), True, True),
        (detach(an_approval(generation=1, run_id="m0", question=Question.OUTCOME)), True, False),
    ],
    ids=["its own", "before a reset", "another run", "of no run", "waited for", "without a run"],
)
async def test_a_decision_moves_the_run_that_asked_for_it_and_no_other(
    effects: Effects, approval: Approval, listed: bool, concerned: bool
) -> None:
    h = await effects.handling()
    h.state = replace(h.state, approvals=(approval.id,) if listed else ())

    assert h.concerns(approval) is concerned
