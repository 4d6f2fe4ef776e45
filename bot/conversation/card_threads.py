"""Words where there is a card and no conversation: below it in a channel of approvers, or nowhere in particular.

Whoever decides there in words is told that the buttons count, and nobody begins a conversation that knows
nothing of the request. What else is written below a card to the bot belongs into the request's own thread; people
who talk to each other there are left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.conversation.handling import Handling
from bot.domain import sentences
from bot.domain.approvals.in_words import agrees, decides
from bot.domain.errors import SlackRejected
from bot.domain.events import MessageReceived
from bot.domain.run import Notice
from bot.domain.thread import ThreadRef
from bot.slack.card_mark import ITSELF, mark_of
from bot.slack.client import Slack
from bot.store.threads import ThreadStore


class CardThreads:
    """Knows the threads below cards, by what Slack keeps beside the card."""

    def __init__(self, slack: Slack, threads: ThreadStore, permalink: Callable[[ThreadRef], str]) -> None:
        self._slack = slack
        self._threads = threads
        self._permalink = permalink

    async def answers(self, h: Handling, message: MessageReceived) -> bool:
        """Answer a message that can begin no conversation; False for any other."""
        if h.state.run_id or h.state.approvals:
            return False  # it is one already
        if card := await self._card(h, message):
            h.state = replace(h.state, below_card=card)
            if message.addressed or agrees(message.text):
                await h.settle(Notice(await self._below(card, message)))
            return True
        if decides(message.text) and not message.files:
            await h.settle(Notice(sentences.NO_CARD_MEANT))
            return True
        return False

    async def _card(self, h: Handling, message: MessageReceived) -> str:
        """The approval below whose card the thread is, if it is below one."""
        if h.state.below_card or message.ts == h.thread.thread_ts or h.thread.is_running:
            return h.state.below_card
        try:
            first = await self._slack.history.first(h.thread.channel, h.thread.thread_ts)
        except SlackRejected:
            return ""  # the place where it was written cannot be read
        mark = mark_of(first) if first else None
        return mark.approval_id if mark and mark.kind == ITSELF else ""

    async def _below(self, card: str, message: MessageReceived) -> str:
        approval = next(iter(await self._threads.readable([card])), None)
        if agrees(message.text):
            return sentences.ABOVE if approval and not approval.is_final else sentences.CLOSED_ABOVE
        known = approval is not None and not approval.thread.is_direct
        return sentences.not_below_a_card(self._permalink(approval.thread) if approval and known else "")
