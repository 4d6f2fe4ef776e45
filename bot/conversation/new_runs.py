"""What a thread's row says of a run that begins with a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.conversation.attention import told
from bot.conversation.handling import Handling
from bot.domain.attachment import Attachment
from bot.domain.events import MessageReceived
from bot.domain.overheard import speakers

#: Characters of the first message that name a thread in the /reset picker.
TITLE_LENGTH = 60
#: Characters of a request that its cards may quote.
WORDS_LENGTH = 500


def new_run(
    h: Handling, message: MessageReceived, *, hands: Sequence[str], files: tuple[Attachment, ...]
) -> dict[str, Any]:
    """The fields that it changes. `hands` are those of whom something lies in its files or stands in its notes."""
    recalled = told(h.state)
    # What was said before in this thread is read as well, and may be what moves the run: so may
    # what lies in its files, also of before a reset, and what its notes tell of.
    authors = (message.user, *h.state.authors, *hands, *message.quoted, *speakers(recalled))
    return {
        "title": h.state.title or _title(message),
        "attached": files,
        "run_id": h.claim.event_id,
        "words": message.text[:WORDS_LENGTH],
        "authors": tuple(dict.fromkeys(authors)),
        "asked_in": (message.ts,),
        "grants": (),
        "joined": (),
        "let_go": (),
        "rejected": (),
        "effects": (),
        "failed": None,
        "cut": None,
        "answered": message.user,
        "asked_back": False,
        "recalled": recalled,
        "overheard": (),
    }


def _title(message: MessageReceived) -> str:
    return (message.text or message.whole or message.files[0].name)[:TITLE_LENGTH]
