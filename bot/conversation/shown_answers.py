"""Answers that Slack shows whole, and that have read more than Redis remembers: they stay as they are."""

from __future__ import annotations

import logging

from bot.conversation.delivery import Delivery
from bot.conversation.handling import Handling
from bot.store.threads import ThreadStore
from bot.store.writes import Writes

log = logging.getLogger(__name__)


class ShownAnswers:
    """Looks for them where Redis went back in time behind a message that a run had taken in."""

    def __init__(self, delivery: Delivery, threads: ThreadStore) -> None:
        self._delivery = delivery
        self._threads = threads

    async def stays(self, h: Handling) -> bool:
        """Whether the answer to this event is to stay: the run that was to give it is then dropped.

        Run again, it would not know of what it took in, which may have been "no, wait"; and the mark would go that says
        that this was answered. A run that people were asked about, or whose call broke off, goes on all the same.
        """
        if not h.claim.is_doubted or h.state.approvals:
            return False
        shown = await self._delivery.shown(h)
        broken, is_all = await self._threads.broken(h.thread)
        if not shown.taken_in - {*h.reply.also} or broken or not is_all:
            return False
        h.session.discard()
        h.silent = True
        # What was let go on and never began may have been made since: it counts.
        await h.save(writes=Writes().run(None).forget_effects(), grants=(), let_go=(), failed=None)
        log.warning("run dropped: slack shows its whole answer, and redis not all that it has read")
        return True
