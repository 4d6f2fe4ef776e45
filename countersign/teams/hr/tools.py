"""What the HR team can do: look at time off, and book it, which somebody of the role `hr` may have to agree to."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from datetime import date
from typing import Any

from countersign import (
    Call,
    Condition,
    Day,
    Fact,
    Policy,
    Preview,
    ToolContext,
    approved_tool,
    ask,
    function_tool,
)
from countersign.teams.hr.time_off import Booking, NotBooked, TimeOff, working_days


def longer_than(days: int) -> Condition:
    """Hold for more working days than these; for dates that are none it cannot be told, so people are asked."""

    def holds(call: Call) -> bool:
        first, last = (date.fromisoformat(call.arguments[name]) for name in ("first_day", "last_day"))
        return working_days(first, last) > days

    return Condition(f"more than {days} working days", holds)


TIME_OFF = Policy(
    ask("hr", when=longer_than(2), why="More than two days off need somebody of HR."),
    ask("hr", when=longer_than(15), quorum=2, why="More than fifteen days off need two of HR."),
    editable=("first_day", "last_day"),
    reason_required=True,
)


@function_tool(failure_error_function=None)
async def show_time_off(ctx: ToolContext[TimeOff], year: int) -> str:
    """Show the time off of the person who asks: what is booked, and how many days are left in a year.

    Args:
        year: The year, such as 2026.
    """
    off, person = ctx.context.services, ctx.context.requester
    booked, left = await asyncio.gather(
        asyncio.to_thread(off.of, person), asyncio.to_thread(off.left, person, year)
    )
    bookings = [f"{one.first} to {one.last} ({one.days} days)" for one in booked if one.first.year == year]
    return json.dumps({"days left": left, "booked": bookings})


async def booking_made(off: TimeOff, key: str) -> str | None:
    """What was booked under a key, as the tool tells it; empty for nothing, None where the database does not answer."""
    try:
        made = await asyncio.to_thread(off.made, key)
    except sqlite3.Error:
        return None
    return told(made) if made else ""


async def booking_preview(off: TimeOff, call: Call) -> Preview:
    """How many days it would take, and how many are left; why it could not be booked, where it could not."""
    first, last = (date.fromisoformat(call.arguments[name]) for name in ("first_day", "last_day"))
    why, left = await asyncio.gather(
        asyncio.to_thread(off.hindrance, call.requester, first, last),
        asyncio.to_thread(off.left, call.requester, first.year),
    )
    days = working_days(first, last)
    facts = (Fact("Working days", f"{days}"), Fact(f"Left in {first.year} before that", f"{left}"))
    title = f"Book {days} {'day' if days == 1 else 'days'} off, {first} to {last}"
    return Preview(title, facts, f"{why[:1].upper()}{why[1:]}." if why else "")


@approved_tool(
    TIME_OFF,
    step="Time off, {first_day} to {last_day}",
    identity=lambda arguments: dates_of(arguments),
    look_up=booking_made,
    preview=booking_preview,
)
async def book_time_off(ctx: ToolContext[TimeOff], first_day: Day, last_day: Day, note: str = "") -> str:
    """Book time off, a holiday or vacation, for the person who asks. It may wait for somebody of HR.

    Args:
        first_day: The first day off, such as 2026-12-21.
        last_day: The last day off, such as 2026-12-23.
        note: What the person says about it.
    """
    person, key = ctx.context.requester, ctx.context.attempt.key
    try:
        made = await asyncio.to_thread(ctx.context.services.book, person, first_day, last_day, key=key)
    except NotBooked as refusal:
        return f"ERROR: {refusal}."
    return told(made)


def told(made: Booking) -> str:
    """Say what was booked."""
    return f"Booked {made.days} days off, {made.first} to {made.last} (booking {made.number})."


def dates_of(arguments: Mapping[str, Any]) -> Mapping[str, object]:
    """What tells one booking from another: not the note, which a model words anew each time."""
    return {name: arguments[name] for name in ("first_day", "last_day")}
