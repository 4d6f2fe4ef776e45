"""The HR team on real processes that are killed, and on a Redis that forgets: time off is booked once."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import pytest

from countersign.teams.hr.time_off import TimeOff
from tests.bots import Bots
from tests.recovery.test_forgetful_redis import CUTS, lose_power, told_again
from tests.redis_server import RedisServer
from tests.world import ANA, MEI, THEO, World, ids

ASKED = "book time off from 2026-12-07 to 2026-12-11"
BOOKED = "Booked 5 days off, 2026-12-07 to 2026-12-11"
PEOPLE = "C0PEOPLE01"


class Office:
    """The settings of the HR team's bots, and what is written down."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.settings = {
            "TEAM": "hr",
            "APPROVERS": json.dumps({"hr": [MEI, THEO]}),
            "APPROVALS_CHANNEL": json.dumps({"hr": PEOPLE, "*": "C0FINANCE1"}),
            "TIME_OFF_DATABASE": str(file),
        }

    @property
    def bookings(self) -> list[str]:
        """The first days of what is booked for who asks."""
        return [str(one.first) for one in TimeOff(self._file, days_a_year=28).of(ANA)]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "time-off.sqlite")


async def test_killed_between_the_approval_and_the_call_another_replica_books_it_once(
    world: World, bots: Bots, office: Office
) -> None:
    first = await bots.start("--dies", "after the click is stored before the claim", **office.settings)
    thread = await world.asks(ASKED)
    await world.hears(thread, f"I have asked in <#{PEOPLE}>")
    await world.slack.until(lambda: world.cards_in(PEOPLE))
    (card,) = world.cards_in(PEOPLE)
    await world.approves(THEO, card)
    assert await first.wait() == -signal.SIGKILL
    assert office.bookings == []
    await asyncio.gather(*(bots.start(**office.settings) for _ in range(2)))
    await world.hears(thread, BOOKED)
    await world.slack.until(lambda: "*Done*" in card.shown)

    assert office.bookings == ["2026-12-07"]


async def test_killed_in_the_call_people_are_asked_and_a_new_try_books_nothing_twice(
    world: World, bots: Bots, office: Office
) -> None:
    first = await bots.start("--dies", "after the side effect before its journal entry", **office.settings)
    thread = await world.asks(ASKED)
    await world.approves(THEO, await world.card(thread))
    assert await first.wait() == -signal.SIGKILL
    assert office.bookings == ["2026-12-07"]
    await bots.start(**office.settings)
    await world.hears(thread, "I do not know whether it happened")
    await world.slack.until(lambda: [m for m in world.cards_in(PEOPLE) if "try_again" in ids(m)])
    (question,) = [m for m in world.cards_in(PEOPLE) if "try_again" in ids(m)]
    assert "Did this happen: Book 5 days off, 2026-12-07 to 2026-12-11?" in question.shown
    await world.slack.clicks(MEI, PEOPLE, question.ts, "try_again")
    await world.hears(thread, BOOKED)

    assert office.bookings == ["2026-12-07"]


class TestRedisForgets:
    """With a Redis of the test's own, whose file is cut."""

    @pytest.fixture
    def world(self, around: World) -> World:
        return around

    async def test_what_was_booked_is_booked_once_wherever_the_file_breaks_off(
        self, world: World, bots: Bots, server: RedisServer, office: Office
    ) -> None:
        await bots.start(**office.settings)
        for number, cut in enumerate(CUTS[1::2], start=1):
            before, day = server.written, f"2026-0{number}-05"
            thread = await world.asks(f"book time off from {day} to 2026-0{number}-09")
            await world.approves(THEO, await world.card(thread))
            await world.hears(thread, "Booked ")
            kept = before + round((server.written - before) * cut)
            await lose_power(world, bots, server, kept, **office.settings)
            await told_again(world, thread, by=THEO)
            assert office.bookings == [f"2026-0{month}-05" for month in range(1, number + 1)]
