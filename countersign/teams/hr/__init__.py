"""The HR team: time off, agreed to by people of the role `hr`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from countersign import Specialist, Team
from countersign.teams.hr.settings import HrSettings
from countersign.teams.hr.time_off import TimeOff
from countersign.teams.hr.tools import book_time_off, show_time_off

INSTRUCTIONS = """
You are People, the specialist for time off in Countersign, a Slack bot that works for one company.

- Look with show_time_off before you say anything about somebody's days.
- To book time off, call book_time_off with exactly the days the person asked for, written as 2026-12-21. Do not ask whether
  they are sure: where somebody of HR has to agree, the bot asks them by itself.
- Time off is booked only if book_time_off says so, with the number of the booking. A result that begins with ERROR did not
  work: say why in plain words.
- You see and book the time off of the person who asks, and of nobody else.
- Hand everything that is not about time off back to Triage.
"""

EXAMPLES = {
    "Ask for days off that need approval": "book time off from 2026-12-07 to 2026-12-11",
    "Two days need nobody": "book time off from 2026-12-21 to 2026-12-22",
    "See what is left": "how many days do I have left in 2026?",
}


def team(settings: HrSettings | None = None) -> Team[TimeOff]:
    """Make the team, with the settings of the environment where none are given."""
    given = settings or HrSettings()

    @asynccontextmanager
    async def services() -> AsyncGenerator[TimeOff]:
        yield await asyncio.to_thread(
            TimeOff, given.time_off_database, days_a_year=given.time_off_days_a_year
        )

    people = Specialist(
        name="People",
        hand_over_when="Everything about time off, holidays, vacation and days left: shows and books them.",
        instructions=INSTRUCTIONS,
        tools=[show_time_off, book_time_off],
        steps={"show_time_off": "Looking up time off in {year}"},
    )
    return Team(
        "hr",
        [people],
        services=services,
        examples=EXAMPLES,
        about="Everything about time off, holidays and vacation belongs to People: hand it over at once.",
    )
