"""Cards that show something else than Redis knows: of approvals it forgot, or of decisions it forgot."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from bot.agents.tools.made_under import MadeUnder
from bot.domain.approvals.approval import Approval, Question
from bot.domain.errors import SlackRejected
from bot.domain.events import RepairDue
from bot.slack.card_mark import ITSELF, CardMark, can_be_decided, mark_of
from bot.slack.client import Slack
from bot.slack.lost_card import lost_card, says_only_approved
from bot.store.epoch import Epoch
from bot.store.inbox import Inbox
from bot.store.threads import ThreadStore

log = logging.getLogger(__name__)


class LostCards:
    """Retires what nobody can decide any more, and has the others shown as they stand."""

    def __init__(
        self, slack: Slack, threads: ThreadStore, inbox: Inbox, made_under: MadeUnder, epoch: Epoch
    ) -> None:
        self._slack = slack
        self._threads = threads
        self._inbox = inbox
        self._made_under = made_under
        self._epoch = epoch

    async def put_right(self, channel: str, own: Sequence[Mapping[str, Any]]) -> None:
        """Look at the cards among the bot's own messages of a channel or thread.

        One that waits is never retired, and one that this replica cannot read is left alone.
        """
        for message in own:
            mark = mark_of(message)
            if mark is None or mark.kind != ITSELF:
                continue
            if not await self._threads.knows(mark.approval_id):
                await self._retire(channel, message, mark)
            for approval in await self._threads.readable([mark.approval_id]):
                await self._show(approval, channel, message)

    async def _retire(self, channel: str, message: Mapping[str, Any], mark: CardMark) -> None:
        if not can_be_decided(message) and not says_only_approved(message.get("blocks") or []):
            return
        made = await self._made_under(mark.tool, mark.effect) if mark.effect else None
        card = lost_card(message.get("blocks") or [], made)
        try:
            await self._slack.update(channel, str(message["ts"]), text=card.text, blocks=card.blocks)
        except SlackRejected as refusal:
            log.warning("lost card not retired", extra={"code": refusal.code})
        else:
            log.warning("lost card retired", extra={"approval": mark.approval_id})

    async def _show(self, approval: Approval, channel: str, message: Mapping[str, Any]) -> None:
        """Let its thread show it anew: there it is known how it stands when that is its turn.

        Of a call that broke off the service is asked again there, whatever the card shows: an event that
        was made again may have brought its buttons back before anybody looked.
        """
        is_as_shown = can_be_decided(message) is not approval.is_final
        if is_as_shown and (approval.is_final or approval.question is not Question.OUTCOME):
            return
        ts = str(message["ts"])
        repair = RepairDue(approval.id, ((channel, ts),), 0)
        # Set back twice, Redis may remember the repair behind the first time, and not the click since.
        since = (await self._epoch.since()).second
        ids = (f"repair:{approval.id}:{approval.status}:{channel}:{ts}:{since:.6f}",)
        await self._inbox.append(approval.thread, repair, event_ids=ids)
