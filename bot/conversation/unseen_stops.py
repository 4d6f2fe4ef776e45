"""A Stop that no run has seen: its worker died, drained, or had put the event off when it came."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.conversation.closing import Closing
from bot.conversation.handling import Handling
from bot.domain import sentences
from bot.domain.run import Stopped
from bot.store.writes import Writes

log = logging.getLogger(__name__)


class Stops:
    """Ends what is shown as under way and waits to be taken up again."""

    def __init__(self, closing: Closing) -> None:
        self._closing = closing

    async def stop(self, h: Handling) -> None:
        """Close the run that was cut off, if there is one; its own event then says so in Slack.

        A run that saw the Stop itself has its outcome by now, or is over.
        """
        cut_off = [reply for reply in h.state.replies if reply.outcome is None and reply.messages]
        if not cut_off:
            return
        writes = Writes().run(None)
        changed = await self._closing.end(h, sentences.WAS_STOPPED, writes)
        closed = tuple(approval.id for approval in changed)
        for reply in cut_off:
            stopped = replace(reply, outcome=Stopped(""), closed=(*reply.closed, *closed))
            h.state = h.state.with_reply(stopped)
        await h.session.add_items([{"role": "assistant", "content": sentences.STOPPED_ASIDE}])
        await h.save(*changed, writes=writes, approvals=(), grants=(), let_go=(), failed=None)
        log.info("run stopped that was cut off", extra={"closed": len(closed)})
