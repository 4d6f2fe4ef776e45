"""Three of the four ways to reset a thread: `/reset`, `/reset <link>`, the message shortcut.

Slack refuses an app's slash commands inside threads, so `/reset` works from outside: it lists
the caller's threads, or takes the link to one. The fourth way, a mention, is a message.
"""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.events import ResetVia
from bot.handlers.clicks import click_of
from bot.intake import Intake
from bot.slack import actions
from bot.slack.payloads import reads
from bot.slack.picker import reset_picker
from bot.thread import ThreadRef

COMMAND = "/reset"
SHORTCUT = "reset_thread"

NO_THREADS = "You have no threads with me here. In a thread, use the message shortcut *Reset this thread*."
NOT_YOURS = (
    "That link is not to a thread you and I wrote in. "
    "Open the thread and use the message shortcut *Reset this thread* instead."
)
DONE = "I am resetting that thread; you will see it there."


def register(app: AsyncApp, intake: Intake) -> None:
    """Listen to the slash command, the picker's buttons and the message shortcut."""

    @app.command(COMMAND)
    async def on_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        link = str(body.get("text") or "").strip()
        if link:
            done = await intake.reset_linked(link, user=body["user_id"])
            await ack(DONE if done else NOT_YOURS)
        elif threads := await intake.recent(body["channel_id"], body["user_id"]):
            picker = reset_picker([(str(t.thread), t.title, t.permalink) for t in threads])
            await ack(text=picker.text, blocks=picker.blocks)
        else:
            await ack(NO_THREADS)

    @app.action(actions.RESET)
    async def on_picked(ack: AsyncAck, body: dict[str, Any]) -> None:
        click = click_of(body)
        value = actions.unpack(body["actions"][0])
        if value is not None:
            thread = reads(ThreadRef.parse)(value)
            await intake.reset(thread, user=click.user, via=ResetVia.PICKER, ts=click.action_ts)
        await ack()

    @app.shortcut(SHORTCUT)
    async def on_shortcut(ack: AsyncAck, body: dict[str, Any]) -> None:
        message = body["message"]
        thread = intake.thread(body["channel"]["id"], message.get("thread_ts") or message["ts"])
        await intake.reset(thread, user=body["user"]["id"], via=ResetVia.SHORTCUT, ts=body["action_ts"])
        await ack()
