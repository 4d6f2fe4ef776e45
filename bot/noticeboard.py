"""Cards and notices about approvals: where they go, and that each one is kept true."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.approval import THREAD, Approval, ApprovalStatus, CardRef
from bot.audit import Deed
from bot.electorate import Electorate
from bot.errors import ApproverUnknown, SlackRejected
from bot.handling import Handling
from bot.slack import cards
from bot.slack.client import Slack
from bot.store.threads import ThreadStore
from bot.thread import ThreadRef

log = logging.getLogger(__name__)

#: To so many approvers a card goes as a direct message; more of them look into the thread.
DIRECT = 10
#: What Slack says of a card that is no more, as against one that cannot be changed for now.
GONE = frozenset({"message_not_found", "channel_not_found"})


class Noticeboard:
    """Posts cards where those who decide see them, and in the thread. Saying it twice adds nothing."""

    def __init__(
        self,
        slack: Slack,
        threads: ThreadStore,
        electorate: Electorate,
        *,
        approvals_channel: str,
        permalink: Callable[[ThreadRef], str],
    ) -> None:
        self._slack = slack
        self._threads = threads
        self._electorate = electorate
        self._approvals_channel = approvals_channel
        self._permalink = permalink

    async def post(self, h: Handling) -> None:
        """Post the cards of the approvals that the thread waits for, where they are missing."""
        for approval in await self._threads.readable(h.state.approvals):
            if not approval.is_final:
                await self.complete(h, approval, is_new=not h.attempted)

    async def complete(self, h: Handling, approval: Approval, *, is_new: bool = False) -> Approval:
        """Post a pending approval's cards where they are missing; returns it with all of them.

        Unless it is new, one that is there already is looked for: whoever posted it may have
        died. Where the approvers' channel refuses the card, each approver gets one.
        """
        if self._approvals_channel in {"", h.thread.channel}:
            people = [] if self._approvals_channel else await self._people(h, approval)
            return await self._post_at(h, approval, [*people, THREAD], look=not is_new)
        approval = await self._post_at(h, approval, [self._approvals_channel], look=not is_new)
        if not any(ref.place == self._approvals_channel for ref in approval.cards):
            people = await self._people(h, approval)
            approval = await self._post_at(h, approval, people, look=not is_new)
        return await self._post_at(h, approval, [THREAD], look=not is_new)

    async def show(self, h: Handling, approval: Approval, only: Sequence[CardRef] = ()) -> list[CardRef]:
        """Bring cards up to date; returns those that Slack refuses to change for now.

        One that was deleted is posted anew while the approval waits. Raises `SlackUnavailable`
        to try later.
        """
        refused: list[CardRef] = []
        asked = approval.status is not ApprovalStatus.REFUSED and not approval.granted_by
        if approval.is_final and asked:
            approval = await self._adopt(h, approval)
        if approval.granted_by:  # nobody was asked, but everybody may know
            approval = await self._post_at(h, approval, [THREAD], look=h.attempted)
        for ref in only or approval.cards:
            card = self._card(approval, ref.place)
            try:
                await self._slack.update(ref.channel, ref.ts, text=card.text, blocks=card.blocks)
            except SlackRejected as refusal:
                log.warning("card not updated", extra={"approval": approval.id, "code": refusal.code})
                h.note(Deed.CARD_REFUSED, approval, channel=ref.channel, code=refusal.code)
                if refusal.code in GONE:
                    approval = replace(approval, cards=tuple(c for c in approval.cards if c != ref))
                    await h.save(approval)
                else:
                    refused.append(ref)
        if not approval.is_final:
            await self.complete(h, approval)
        return refused

    async def _adopt(self, h: Handling, approval: Approval) -> Approval:
        """Find cards of a closed approval that were posted right before a crash, and note them."""
        elsewhere = {self._approvals_channel} - {"", h.thread.channel}
        # Without a channel, or where it may have refused the card, people were asked directly.
        if not any(ref.place == self._approvals_channel for ref in approval.cards):
            elsewhere |= set(await self._people(h, approval))
        for place in sorted({THREAD, *elsewhere} - {ref.place for ref in approval.cards}):
            with contextlib.suppress(SlackRejected):  # where nothing can be read nothing was posted
                if found := await self._found(h, approval, place):
                    approval = replace(approval, cards=(*approval.cards, found))
                    await h.save(approval)
        return approval

    async def notify(self, h: Handling, approval: Approval, kind: str, text: str) -> None:
        """Say something about an approval below its cards, where those who decide look."""
        elsewhere = [ref for ref in approval.cards if ref.place != THREAD]
        for ref in elsewhere or approval.cards:
            thread_ts = h.thread.thread_ts if ref.place == THREAD else ref.ts
            marker = cards.marker(approval, kind)
            try:
                if h.attempted and await self._slack.find(ref.channel, thread_ts, marker):
                    continue
                await self._slack.deliver(ref.channel, thread_ts=thread_ts, text=text, metadata=marker)
            except SlackRejected as refusal:
                log.warning("notice not posted", extra={"approval": approval.id, "code": refusal.code})

    async def _people(self, h: Handling, approval: Approval) -> list[str]:
        """Whom to ask directly: those of the roles, and who stands in for one of them."""
        try:
            people = await self._electorate.people(approval)
            stand_ins = await self._electorate.stand_ins(approval.thread.team, people, h.now())
            return sorted({*people, *stand_ins.values()} - {approval.requester, *approval.authors})[:DIRECT]
        except ApproverUnknown:
            return []  # Slack does not say who they are; there is the thread's card all the same

    async def _post_at(
        self, h: Handling, approval: Approval, places: Sequence[str], *, look: bool
    ) -> Approval:
        """Post at each place that has no card yet; one that Slack refuses is left out."""
        for place in places:
            if any(ref.place == place for ref in approval.cards):
                continue
            try:
                ref = await self._post(h, approval, place, look=look)
            except SlackRejected as refusal:
                log.warning("card not posted", extra={"approval": approval.id, "code": refusal.code})
                h.note(Deed.CARD_REFUSED, approval, channel=place, code=refusal.code)
                continue
            approval = replace(approval, cards=(*approval.cards, ref))
            h.note(Deed.CARD_DELIVERED, approval, channel=ref.channel, ts=ref.ts)
            await h.save(approval)
        return approval

    async def _post(self, h: Handling, approval: Approval, place: str, *, look: bool) -> CardRef:
        if look and (found := await self._found(h, approval, place)):
            return found
        card = self._card(approval, place)
        channel, ts = await self._slack.deliver(
            await self._channel(h, place),
            thread_ts=h.thread.thread_ts if place == THREAD else None,
            text=card.text,
            blocks=card.blocks,
            metadata=cards.marker(approval),
        )
        return CardRef(channel, ts, place)

    async def _found(self, h: Handling, approval: Approval, place: str) -> CardRef | None:
        """Find a card that was posted by a worker which died before it could note where."""
        channel = await self._channel(h, place)
        thread_ts = h.thread.thread_ts if place == THREAD else None
        ts = await self._slack.find(channel, thread_ts, cards.marker(approval))
        return None if ts is None else CardRef(channel, ts, place)

    async def _channel(self, h: Handling, place: str) -> str:
        if place == THREAD:
            return h.thread.channel
        return await self._slack.direct(place) if place.startswith(("U", "W")) else place

    def _card(self, approval: Approval, place: str) -> cards.Card:
        """Draw a card. In a direct message with the requester there is nobody who could decide."""
        direct = approval.thread.is_direct
        link = "" if direct or place == THREAD else self._permalink(approval.thread)
        return cards.card(approval, thread_link=link, can_decide=not (direct and place == THREAD))
