"""The only list of Slack listeners, and what the manifest must grant them."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.handlers import (
    approvals,
    details,
    edits,
    fallback,
    feedback,
    gate,
    home,
    rejections,
    replies,
    requester,
    resets,
    usage,
)
from bot.handlers.intake import Intake
from bot.handlers.usage_intake import UsageIntake

#: What `manifest.yml` must subscribe to; a test holds the two equal.
EVENTS = (
    "app_home_opened",
    "app_mention",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
)
COMMANDS = (resets.COMMAND, usage.COMMAND)
MESSAGE_SHORTCUTS = (resets.SHORTCUT,)


def register(app: AsyncApp, intake: Intake, of_usage: UsageIntake) -> None:
    """Register every listener behind the gate; the catch-all comes last, so that nothing goes without an ack.

    Messages have none: they are taken in before (`messages`).
    """
    gate.register(app, intake)
    approvals.register(app, intake)
    rejections.register(app, intake)
    details.register(app, intake)
    edits.register(app, intake)
    requester.register(app, intake)
    resets.register(app, intake)
    replies.register(app, intake)
    feedback.register(app, intake)
    home.register(app, intake)
    usage.register(app, of_usage)
    fallback.register(app)
