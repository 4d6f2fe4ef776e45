"""Cards and notices about approvals: where they go, and that each one is kept true."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.conversation.eligibility import Eligibility
from bot.conversation.handling import Handling
from bot.domain.approvals.approval import THREAD, Approval, ApprovalStatus, CardRef
from bot.domain.approvals.channels import ApprovalChannels
from bot.domain.audit import Deed
from bot.domain.errors import ApproverUnknown, SlackRejected, SlackUnavailable
from bot.domain.thread import ThreadRef
from bot.slack import card_mark, cards, requester_buttons
from bot.slack.client import Slack
from bot.store.threads import ThreadStore
from bot.telemetry import tracing

log = logging.getLogger(__name__)

#: To so many approvers a card goes as a direct message; more of them look into the thread.
DIRECT = 10
#: So many people of each role are named on a card.
NAMED = 5
#: What Slack says of a card that is no more, as against one that cannot be changed for now.
GONE = frozenset({"message_not_found", "channel_not_found"})


class ApprovalCards:
    """Posts cards where those who decide see them, and in the thread. Saying it twice adds nothing."""

    def __init__(
        self,
        slack: Slack,
        threads: ThreadStore,
        eligibility: Eligibility,
        *,
        channels: ApprovalChannels,
        permalink: Callable[[ThreadRef], str],
    ) -> None:
        self._slack = slack
        self._threads = threads
        self._eligibility = eligibility
        self._channels = channels
        self._permalink = permalink

    async def post(self, h: Handling) -> None:
        """Post the cards of the approvals that the thread waits for, where they are missing."""
        for approval in await self._threads.readable(h.state.approvals):
            if not approval.is_final:
                await self.complete(h, approval, is_new=not h.attempted)

    async def complete(self, h: Handling, approval: Approval, *, is_new: bool = False) -> Approval:
        """Post a pending approval's cards where they are missing; returns it with all of them.

        Each channel in which one of its roles is asked gets one, with buttons. Unless it is new, one
        that is there already is looked for: whoever posted it may have died. Where a channel
        refuses the card, each approver of its roles gets one. Raises `SlackUnavailable` to try later
        where Slack does not say who they are.
        """
        approval = await self._post_at(h, approval, self._elsewhere(h, approval), look=not is_new)
        if unasked := self._unasked(h, approval):
            try:
                people = await self._people(h, approval, unasked)
            except SlackUnavailable:  # the thread's card can be decided meanwhile
                await self._post_at(h, approval, [THREAD], look=not is_new)
                raise
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
            card = await self._card(approval, ref.place)
            try:
                again = functools.partial(h.look_again, approval, ref)
                await self._slack.update(ref.channel, ref.ts, text=card.text, blocks=card.blocks, late=again)
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
        elsewhere = {*self._elsewhere(h, approval)}
        # Without a channel, or where it may have refused the card, people were asked directly.
        if unasked := self._unasked(h, approval):
            elsewhere |= {*await self._people(h, approval, unasked)}
        for place in sorted({THREAD, *elsewhere} - {ref.place for ref in approval.cards}):
            with contextlib.suppress(SlackRejected):  # where nothing can be read nothing was posted
                if found := await self._found(h, approval, place):
                    approval = replace(approval, cards=(*approval.cards, found))
                    await h.save(approval)
        return approval

    async def notify(
        self, h: Handling, approval: Approval, kind: str, say: Callable[[Sequence[str]], str]
    ) -> None:
        """Say something about an approval below its cards, where those who decide look.

        `say` makes the words for the roles that are asked there; none where it makes none.
        """
        for ref, roles in self._noticed(h, approval):
            if not (text := say(roles)):
                continue
            await self._say(h, approval, kind, (ref.channel, _below(h, ref)), text)

    async def tell_requester(self, h: Handling, approval: Approval, kind: str, text: str) -> None:
        """Say something about an approval to who asked, in their thread; at most once, like a notice."""
        await self._say(h, approval, f"told {kind}", (h.thread.channel, h.thread.root), text)

    def is_noticed_in_thread(self, h: Handling, approval: Approval) -> bool:
        """Whether those who decide look into the thread, so that who asked reads what they are told."""
        return any(ref.place == THREAD for ref, _ in self._noticed(h, approval))

    async def _say(
        self, h: Handling, approval: Approval, kind: str, place: tuple[str, str | None], text: str
    ) -> None:
        """Post a notice in a channel's thread, unless a worker that died has done so."""
        channel, thread_ts = place
        marked = card_mark.metadata(approval, kind)
        try:
            if not (h.attempted and await self._posted(approval, channel, thread_ts, kind)):
                await self._slack.deliver(channel, thread_ts=thread_ts, text=text, metadata=marked)
        except SlackRejected as refusal:
            log.warning("notice not posted", extra={"approval": approval.id, "code": refusal.code})

    def _noticed(self, h: Handling, approval: Approval) -> Iterator[tuple[CardRef, Sequence[str]]]:
        """The cards below which people look, with the roles of each: all, where it is no channel's."""
        found = [
            (
                ref,
                self._channels.asked_in(
                    h.thread.channel if ref.place == THREAD else ref.place, approval.roles
                ),
            )
            for ref in approval.cards
        ]
        looked_at = [(ref, roles) for ref, roles in found if roles or ref.place != THREAD]
        for ref, roles in looked_at or found:
            yield ref, roles or approval.roles

    def _elsewhere(self, h: Handling, approval: Approval) -> list[str]:
        """The channels where its roles are asked, but for its thread's own: there the thread's card is theirs."""
        return [one for one in self._channels.for_roles(approval.roles) if one != h.thread.channel]

    def _unasked(self, h: Handling, approval: Approval) -> list[str]:
        """The roles whose people see no card in any channel."""
        seen = {h.thread.channel, *(ref.place for ref in approval.cards)}
        return [role for role in approval.roles if self._channels.of(role) not in seen]

    async def _people(self, h: Handling, approval: Approval, roles: Sequence[str]) -> list[str]:
        """Whom to ask directly: some of the roles, and who stands in for one of them.

        Raises `SlackUnavailable`: a Slack that is busy says nothing of anybody, least of all that there is nobody.
        """
        try:
            return await self._eligibility.some(approval, roles, DIRECT, h.now())
        except ApproverUnknown as unknown:
            if isinstance(unknown.__cause__, SlackUnavailable):
                raise unknown.__cause__ from None
            return []  # Slack will not say who they are; there is the thread's card all the same

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
        with tracing.span("card", attributes={"countersign.approval": approval.id}):
            card = await self._card(approval, place)
            channel, ts = await self._slack.deliver(
                await self._channel(h, place),
                thread_ts=h.thread.root if place == THREAD else None,
                text=card.text,
                blocks=card.blocks,
                metadata=card_mark.metadata(approval),
            )
        return CardRef(channel, ts, place)

    async def _found(self, h: Handling, approval: Approval, place: str) -> CardRef | None:
        """Find a card that was posted by a worker which died before it could note where."""
        channel = await self._channel(h, place)
        thread_ts = h.thread.root if place == THREAD else None
        ts = await self._posted(approval, channel, thread_ts)
        return None if ts is None else CardRef(channel, ts, place)

    async def _posted(
        self, approval: Approval, channel: str, thread_ts: str | None, kind: str = card_mark.ITSELF
    ) -> str | None:
        """Find the approval's card or a notice about it in a thread, or at a channel's top."""

        def is_it(message: Mapping[str, Any]) -> bool:
            mark = card_mark.mark_of(message)
            return mark is not None and mark.is_of(approval, kind)

        return await self._slack.history.find(channel, thread_ts, is_it)

    async def _channel(self, h: Handling, place: str) -> str:
        if place == THREAD:
            return h.thread.channel
        return await self._slack.direct(place) if place.startswith(("U", "W")) else place

    async def _card(self, approval: Approval, place: str) -> cards.Card:
        """Draw a card. In a direct message with the requester there is nobody who could decide."""
        direct = approval.thread.is_direct
        link = "" if direct or place == THREAD else self._permalink(approval.thread)
        more = requester_buttons.on_card(approval) if place == THREAD else []
        people = {} if approval.is_final else await self._eligibility.names(approval, NAMED)
        decidable = not (direct and place == THREAD)
        return cards.card(approval, thread_link=link, can_decide=decidable, people=people, more=more)


def _below(h: Handling, ref: CardRef) -> str | None:
    """The thread below a card; None where it lies in a running conversation, whose next words stand below it."""
    return h.thread.root if ref.place == THREAD else ref.ts
