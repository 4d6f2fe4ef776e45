"""What was written in a thread before the bot was first asked there. Pure."""

from __future__ import annotations

from bot.domain.events import MessageReceived
from bot.domain.run import ThreadState
from bot.domain.thread import ThreadRef


def came_before(state: ThreadState, thread: ThreadRef, message: MessageReceived, *, is_sure: bool) -> bool:
    """Tell whether a message is of that time. Slack promises no order, so it can come in behind the first mention, which was read with it.

    `is_sure`: the store has not forgotten anything of the thread. What was read from history says who wrote before it: that is
    of a thread where the bot takes part.
    """
    if message.addressed or thread.is_direct or message.ts == thread.thread_ts:
        return False
    if state.asked_first:
        return float(message.ts) < float(state.asked_first)
    return is_sure and not message.before and state == ThreadState(replies=state.replies)
