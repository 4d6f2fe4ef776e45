"""The thread that an operator names: by a link to one of its messages, or by its id."""

from __future__ import annotations

import re
from typing import Final

from bot.domain.thread import RUNNING, ThreadRef
from bot.store.handled_events import HandledEvents

#: A link as Slack copies it: https://docs.slack.dev/reference/methods/chat.getPermalink
_LINK: Final = re.compile(r"https://[^/\s]+/archives/([A-Z0-9]+)(?:/p(\d{10})(\d{6}))?(?:\?(\S*))?")
_OF_THREAD: Final = re.compile(r"(?:^|&)thread_ts=(\d+\.\d+)")
_MESSAGE: Final = re.compile(r"msg:([A-Z0-9]+):(\d+\.\d+)")


async def thread_named(text: str, kept: HandledEvents) -> ThreadRef | None:
    """The thread of a link, of `TEAM/CHANNEL/TS`, `CHANNEL/TS` or a message's event; the latest of all for an empty text.

    None where nothing is kept of it.
    """
    if not text.strip():
        return await kept.latest()
    parts = text.strip().split("/")
    if len(parts) == 3 and all(parts):
        return ThreadRef(*parts)
    for channel, root in _places(text.strip()):
        if found := await kept.threads_at(channel, root):
            return found[0]
    return None


def _places(text: str) -> list[tuple[str, str]]:
    """The channels and roots that a text may mean, the most likely first."""
    if link := _LINK.fullmatch(text):
        channel, seconds, micros, query = link.groups()
        of_thread = _OF_THREAD.search(query or "")
        roots = [of_thread[1]] if of_thread else []
        roots += [f"{seconds}.{micros}"] if seconds else []
    elif message := _MESSAGE.fullmatch(text):
        channel, roots = message[1], [message[2]]
    else:
        channel, _, root = text.partition("/")
        roots = [root]
    running = [(channel, RUNNING)] if channel.startswith("D") else []
    return [*((channel, root) for root in roots if root), *running]
