"""Three of the four ways to reset a thread: `/reset`, `/reset <link>`, the message shortcut.

Slack refuses an app's slash commands inside threads, so `/reset` works from outside: it lists
the caller's threads, or takes the link to one. The fourth way, a mention, is a message.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond

from bot.domain.events import ResetVia
from bot.domain.recent_thread import RecentThread
from bot.handlers.clicks import NOT_TOLD, click_of
from bot.handlers.intake import Intake
from bot.slack import actions
from bot.slack.payloads import reads
from bot.slack.reset_picker import lost_with, reset_picker, wanted

#: Seconds that an ack may wait for this.
PATIENCE = 1.5
COMMAND = "/reset"
SHORTCUT = "reset_thread"

NO_THREADS = "You have no threads with me here. In a thread, use the message shortcut *Reset this thread*."
NOT_YOURS = (
    "That link is not to a thread you and I wrote in. "
    "Open the thread and use the message shortcut *Reset this thread* instead."
)
DONE = "I am resetting that thread; you will see it there."
MORE_WAITS = "More waits there by now, so nothing was forgotten yet."


def register(app: AsyncApp, intake: Intake) -> None:
    """Listen to the slash command, the buttons of its list and the message shortcut."""
    _commands(app, intake)
    _buttons(app, intake)


def _commands(app: AsyncApp, intake: Intake) -> None:
    @app.command(COMMAND)
    async def on_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        link = str(body.get("text") or "").strip()
        if link:
            await ack(**await _linked(intake, link, body["user_id"]))
        else:
            await ack(**_list(await intake.resets.recent(body["channel_id"], body["user_id"])))

    @app.shortcut(SHORTCUT)
    async def on_shortcut(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any]) -> None:
        thread = intake.places.of_shortcut(body["channel"]["id"], body["message"])
        there = await intake.resets.shown(thread)
        if there.is_at_rest:
            user, ts = body["user"]["id"], body["action_ts"]
            await intake.resets.wish(thread, user=user, via=ResetVia.SHORTCUT, ts=ts)
        await ack()
        if not there.is_at_rest:
            await _redraw(respond, [there], lost_with(there))


def _buttons(app: AsyncApp, intake: Intake) -> None:
    @app.action(actions.RESET)
    async def on_picked(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any]) -> None:
        click = click_of(body)
        value = actions.unpack(body["actions"][0])
        if value is None:
            await ack()
            return
        wish = reads(wanted)(value)
        left = await intake.resets.pressed(wish, click)
        await ack()
        if click.is_private:
            threads = await intake.resets.recent(click.channel, click.user)
            others = [one for one in threads if one.thread != wish.thread]
            await _redraw(respond, [left, *others] if left else others, MORE_WAITS if left else DONE)


def _list(threads: Sequence[RecentThread]) -> dict[str, Any]:
    """What answers /reset without a link."""
    return _shown(threads) if threads else {"text": NO_THREADS}


async def _linked(intake: Intake, link: str, user: str) -> dict[str, Any]:
    """Forget the thread of a link, or ask first; returns what answers that."""
    there = await intake.resets.linked(link, user=user)
    if there is None:
        return {"text": NOT_YOURS}
    if not there.is_at_rest:
        return _shown([there], lost_with(there))
    await intake.resets.at_once(there.thread, user=user)
    return {"text": DONE}


def _shown(threads: Sequence[RecentThread], said: str = "") -> dict[str, Any]:
    picker = reset_picker(threads, said)
    return {"text": picker.text, "blocks": picker.blocks}


async def _redraw(respond: AsyncRespond, threads: Sequence[RecentThread], said: str) -> None:
    """Let a private answer show what there is now; best effort, for the wish is stored."""
    with contextlib.suppress(*NOT_TOLD):
        async with asyncio.timeout(PATIENCE):
            await respond(**_shown(threads, said), response_type="ephemeral", replace_original=True)
