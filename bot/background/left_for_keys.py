"""The threads that a replica has left to whoever has the key that they need."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from bot.conversation.conversation import Conversation
from bot.domain.errors import KeyMissing
from bot.domain.thread import ThreadRef
from bot.store.claim import Claim
from bot.store.inbox import Inbox

log = logging.getLogger(__name__)

#: How long a thread is left for another replica, or the operator, to bring the key that it needs.
KEY_PAUSE: Final = timedelta(seconds=5)
#: For so long after that pause it is not taken here, so that a replica which has the key comes first.
OTHERS_FIRST: Final = timedelta(seconds=5)


class LeftForKeys:
    """Remembers them until they were read here; `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[ThreadRef, float] = {}

    def __len__(self) -> int:
        return len(self._until)

    def add(self, thread: ThreadRef) -> None:
        """Leave a thread, and let others come first."""
        self._until[thread] = self._clock() + (KEY_PAUSE + OTHERS_FIRST).total_seconds()

    async def leave(
        self, claim: Claim, missing: KeyMissing, inbox: Inbox, conversation: Conversation
    ) -> None:
        """Leave an event, and all that its thread holds, to whoever has the key."""
        log.error("left for want of a key", extra={"why": str(missing)})
        self.add(claim.thread)
        if claim.tries == 1:
            await conversation.say_key_missing(claim)
        await inbox.release(claim, retry_in=KEY_PAUSE, forgive=True)

    def was_read(self, thread: ThreadRef) -> None:
        """Forget a thread whose key is here."""
        self._until.pop(thread, None)

    def avoided(self) -> set[ThreadRef]:
        """The threads that another replica, which may have their key, is to try first."""
        now = self._clock()
        return {thread for thread, until in self._until.items() if now < until}
