"""Every loop of a replica outlives a round that fails by what it has no name for: that is named, counted, and tried again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from bot.background import (
    audit_anchor,
    audit_chain,
    long_waits,
    presence,
    relisting,
    starvation,
    sweeper,
    worker,
)
from bot.background.answer_times import AnswerTimes
from bot.background.heartbeat import heartbeat
from bot.background.slots import Slots
from bot.background.timing import Timing
from bot.connection import backfill, slack_clock, watchdog
from bot.conversation import removed_tools, stranded
from bot.domain.clock import Clock
from bot.domain.duty import Duty
from bot.domain.errors import LeaseLost
from bot.domain.lease import Lease
from bot.domain.resources import Left
from bot.domain.sources import Sources
from bot.domain.tasks import in_background
from bot.slack import token_access
from bot.store import redis_clock
from bot.telemetry.measures import Loop
from bot.telemetry.metrics import Metrics
from bot.telemetry.rounds import outliving
from tests.factories import NOON
from tests.unit.test_metrics import counted

SECRET = "https://hooks.example/very-secret"
#: For what a loop holds and never comes to.
UNUSED = cast("Any", None)


class Unforeseen(Exception):
    """What no loop has a name for."""


class Work:
    """What is done once a round: it fails the first time, and never again."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.again = asyncio.Event()
        self._rounds = 0

    def do(self) -> None:
        self._rounds += 1
        if self._rounds == 1:
            raise Unforeseen(SECRET)
        self.again.set()

    def giving(self, answer: object) -> Callable[..., Awaitable[Any]]:
        """The same as something that is called and awaited."""

        async def done(*_: object, **__: object) -> object:
            self.do()
            return answer

        return done


def clock() -> float:
    return 0.0


async def chained(work: Work) -> None:
    await audit_chain.keep_chained(cast("Any", SimpleNamespace(chain=work.giving(0))), work.metrics)


async def anchored(work: Work) -> None:
    anchor: Any = SimpleNamespace(drop=work.giving(None))
    await audit_anchor.keep_anchored(anchor, timedelta(0), work.metrics)


async def swept(work: Work) -> None:
    await sweeper.keep_swept(cast("Any", SimpleNamespace(sweep=work.giving(0))), work.metrics)


async def listed(work: Work) -> None:
    await relisting.keep_listed(cast("Any", SimpleNamespace(complete=work.giving(0))), work.metrics)


async def redis_measured(work: Work) -> None:
    redis: Any = SimpleNamespace(time=work.giving((1, 2)))
    await redis_clock.keep_measured(redis, Clock(clock, lambda: NOON), clock, work.metrics)


async def slack_measured(work: Work) -> None:
    timing, said = Timing(Clock(clock, lambda: NOON)), SimpleNamespace(headers={})
    await slack_clock.keep_measured(timing, work.giving(said), clock, timedelta(minutes=1), work.metrics)


async def starved(work: Work) -> None:
    def left() -> Left:
        work.do()
        return Left()

    now = iter(range(1_000_000))
    await starvation.Starvation(Duty(), left, lambda: float(next(now))).watch(work.metrics)


async def refused(work: Work) -> None:
    access = token_access.Access(clock, Duty())
    access.turned_away("token_revoked")
    await access.watch(work.giving(None), work.metrics)


async def on_roster(work: Work) -> None:
    roster: Any = SimpleNamespace(
        ttl=timedelta(0), beat=work.giving(True), read=work_of(SimpleNamespace(shared=None))
    )
    await presence.Presence(roster, UNUSED, "p").keep(lambda _: None, UNUSED, work.metrics)


async def waited(work: Work) -> None:
    slots: Any = SimpleNamespace(is_idle=False)
    waits = long_waits.LongWaits(
        cast("Any", SimpleNamespace(read=work.giving(()))),
        *(UNUSED, UNUSED, UNUSED),
        roster=UNUSED,
        times=UNUSED,
        slots=slots,
        duty=Duty(),
        patience=timedelta(seconds=1),
        sources=UNUSED,
        is_for_us=UNUSED,
    )
    await waits.watch(work.metrics)


async def found_stranded(work: Work) -> None:
    threads: Any = SimpleNamespace(approved_pages=work.giving(1), approved_before=work_of([]))
    await stranded.keep_finding(threads, UNUSED, lambda: NOON, work.metrics)


async def found_removed(work: Work) -> None:
    async def everything() -> AsyncGenerator[Any]:
        work.do()
        for one in ():
            yield one

    waiting: Any = SimpleNamespace(everything=everything)
    await removed_tools.keep_finding_removed(waiting, UNUSED, UNUSED, lambda: NOON, work.metrics)


async def filled(work: Work) -> None:
    parts: Any = (SimpleNamespace(history=None), *[UNUSED] * 6)
    terms: Any = {"replica": "r", "longest_gap": timedelta(1), "clock": clock, "metrics": work.metrics}
    await backfill.Backfill(*parts, **terms).watch(work.giving(None))


async def sockets(work: Work) -> None:
    def opener(pace: object) -> Any:
        del pace
        work.do()
        return SimpleNamespace(connect_async=asyncio.Event().wait, close=work_of(None))

    kept = watchdog.Watchdog(opener, [UNUSED], clock, lambda _: None, work.metrics)
    async with kept.watching():
        await asyncio.Event().wait()


async def worked(work: Work) -> None:
    async def claim(*_: object, **__: object) -> float:
        work.do()
        return 1.0

    inbox: Any = SimpleNamespace(
        lease=timedelta(1), claim=claim, wait=lambda *_: asyncio.Event().wait(), nudge=work_of(None)
    )
    duty = Duty()
    at_work = worker.Worker(
        *(inbox, UNUSED, UNUSED),
        sources=Sources(now=lambda: NOON, token=lambda: "t", ticks=clock),
        slots=Slots(runs=1, overtaking=1, times=AnswerTimes(clock)),
        duty=duty,
        starvation=starvation.Starvation(duty, Left, clock),
        usage=UNUSED,
        metrics=work.metrics,
    )
    await at_work.run()


def work_of(answer: object) -> Callable[..., Awaitable[Any]]:
    """Something that is called and awaited, and never fails."""

    async def done(*_: object, **__: object) -> object:
        return answer

    return done


LOOPS: dict[Loop, Callable[[Work], Awaitable[None]]] = {
    Loop.WORKER: worked,
    Loop.LONG_WAITS: waited,
    Loop.SOCKETS: sockets,
    Loop.BACKFILL: filled,
    Loop.TOKEN: refused,
    Loop.ROSTER: on_roster,
    Loop.STARVATION: starved,
    Loop.REDIS_CLOCK: redis_measured,
    Loop.SLACK_CLOCK: slack_measured,
    Loop.AUDIT_CHAIN: chained,
    Loop.AUDIT_ANCHOR: anchored,
    Loop.SANDBOXES: swept,
    Loop.STRANDED: found_stranded,
    Loop.REMOVED_TOOLS: found_removed,
    Loop.LISTS: listed,
}

PAUSES: tuple[tuple[ModuleType, str], ...] = (
    *((one, "BEAT") for one in (long_waits, relisting, starvation, sweeper, backfill, watchdog)),
    *((one, "BEAT") for one in (stranded, removed_tools)),
    *((one, "PAUSE") for one in (audit_chain, redis_clock, slack_clock)),
    *((worker, "REDIS_PAUSE"), (token_access, "AGAIN")),
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in PAUSES:
        monkeypatch.setattr(module, name, 0.0)


def test_every_loop_that_is_counted_is_tried_here() -> None:
    assert set(LOOPS) == set(Loop)


@pytest.mark.parametrize("loop", LOOPS)
async def test_a_round_that_fails_unforeseen_is_named_and_counted_and_the_next_one_comes(
    loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work()

    async def go_on() -> None:
        await LOOPS[loop](work)

    async with in_background(go_on()), asyncio.timeout(10):
        await work.again.wait()

    [said] = [vars(one) for one in caplog.records if one.levelno == logging.ERROR and "loop" in vars(one)]
    assert (said["loop"], said["error"]) == (loop, "Unforeseen")
    assert said["at"].startswith("test_rounds.py:")
    assert not any(SECRET in str(vars(one)) for one in caplog.records)
    assert counted(work.metrics) == {f'round_failures_total{{loop="{loop}"}}': 1}


async def test_a_page_on_which_a_look_fails_hides_none_behind_it() -> None:
    looked_at, second, metrics = list[int](), asyncio.Event(), Metrics()

    async def approved_before(moment: object, page: int) -> list[Any]:
        del moment
        looked_at.append(page)
        if page == 0:
            raise Unforeseen
        second.set()
        return []

    threads: Any = SimpleNamespace(approved_pages=work_of(2), approved_before=approved_before)
    finding = stranded.keep_finding(threads, UNUSED, lambda: NOON, metrics)
    async with in_background(finding), asyncio.timeout(10):
        await second.wait()
    assert looked_at[:2] == [0, 1]


async def test_a_heartbeat_that_fails_unforeseen_lets_the_thread_go_and_is_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def renew(claim: object) -> object:
        del claim
        raise Unforeseen(SECRET)

    inbox: Any = SimpleNamespace(lease=timedelta(0), renew=renew)
    with pytest.raises(LeaseLost):
        async with heartbeat(inbox, cast("Any", SimpleNamespace(claim=None)), Lease(timedelta(1), clock)):
            await asyncio.Event().wait()

    [said] = [vars(one) for one in caplog.records if one.levelno == logging.ERROR]
    assert (said["task"], said["error"]) == ("heartbeat", "Unforeseen")
    assert SECRET not in str(said)


def test_a_cancellation_passes_and_is_no_failure() -> None:
    metrics = Metrics()

    with pytest.raises(asyncio.CancelledError), outliving(Loop.WORKER, metrics):
        raise asyncio.CancelledError
    assert counted(metrics) == {}
