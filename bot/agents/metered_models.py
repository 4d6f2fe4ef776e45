"""Every request of a model is counted where it is sent: what its server says that it used, and what that costs.

The SDK adds up only what ended well. Here each try counts, also one that was cut, broke off, or that nobody
waited for any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import openai
from openai.types.chat import ChatCompletionChunk
from openai.types.completion_usage import CompletionTokensDetails, CompletionUsage, PromptTokensDetails

from bot.agents.model_span import ModelSpan
from bot.agents.request_bounds import at_most, with_bound
from bot.domain.budget_errors import BudgetUnread
from bot.domain.meter import PRESENT, Meter, Purse, Request
from bot.domain.usage import Account, Tokens

#: What tokens cost at a moment; None where no price is known.
Price = Callable[[Tokens, datetime], Decimal | None]
#: The events of the Responses API that end an answer, and say what it used.
_LAST = frozenset({"response.completed", "response.incomplete", "response.failed"})
#: What the client of HTTP raises before anything is sent: which one that is, is the openai package's own affair.
_NOT_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout"})


class Metered:
    """Counts a model's requests on its account, in the present task's meter.

    Where budgets are set, an answer has `longest` tokens at most, and nothing is sent that they have no room for.
    """

    account: Account | None = None
    price: Price | None = None
    longest: int = 0

    async def metered(self, fetch: Callable[..., Any], given: Sequence[Any]) -> Any:
        """Send a request and count it; a stream is counted while it is read. Raises `BudgetError`."""
        meter = PRESENT.get()
        if self.account is None or meter is None:
            return await fetch(*given)
        request = meter.begin(self.account)
        if purse := meter.purse:
            given = with_bound(given, self.longest) if self.longest else given
            await self._hold(meter, purse, request, given)
        span = ModelSpan(self.account, request, given[1] if len(given) > 1 else None)
        try:
            with span.ended_by_failure():
                answer = await fetch(*given)
        except openai.APIError as error:
            if isinstance(error, openai.APIStatusError) or _never_left(error):
                meter.refused(request)
                if purse:
                    await purse.settle(request, Decimal(0))
            raise
        finally:
            meter.over(request)
        counted = Counted(request, self.price, meter, span)
        if isinstance(answer, tuple):  # Chat Completions, streamed
            return answer[0], counted.reading(answer[1])  # pyright: ignore[reportUnknownArgumentType]
        if hasattr(answer, "__aiter__"):
            return counted.reading(answer)
        counted.told(getattr(answer, "usage", None), getattr(answer, "id", None))
        await counted.over(is_whole=True)
        span.end()
        return answer

    async def _hold(self, meter: Meter, purse: Purse, request: Request, given: Sequence[Any]) -> None:
        """Set aside what the request may cost at most; one that is not sent is none."""
        is_held = False
        try:
            # Beside the event loop: there may be a giant among its items.
            most = await asyncio.to_thread(at_most, given)
            cost = _dearest(self.price, most, request.at)
            if cost is None or meter.payer is None:
                raise BudgetUnread("a request without a price, or of nobody")
            request.most = cost
            await purse.hold(request, meter.payer(), cost)
            is_held = True
        finally:
            if not is_held:
                meter.refused(request)


class Counted:
    """Notes what the server says of one request."""

    def __init__(
        self, request: Request, price: Price | None, meter: Meter, span: ModelSpan | None = None
    ) -> None:
        self.request = request
        self._meter = meter
        self._price = price
        self.span = span

    def reading(self, stream: Any) -> _Stream:
        """The same stream, looked at while it is read; the request is over with it."""
        self.request.is_over = False
        return _Stream(stream, self)

    def heard(self, event: Any) -> None:
        """Look at one event of either API. Some servers tell more than once, as the answer grows."""
        if self.span is not None:
            self.span.heard(event)
        if isinstance(event, ChatCompletionChunk):
            self.told(event.usage, event.id)
            return
        kind = getattr(event, "type", None)
        if kind in _LAST:
            self.told(event.response.usage, event.response.id)
            self._meter.over(self.request)
        elif kind != "response.output_text.delta" or event.model_extra:
            # To look for what is not there takes long, so not with every word.
            self.told(getattr(event, "usage", None), getattr(event, "id", None))

    async def over(self, *, is_whole: bool) -> None:
        """Note that the request is over, and what it cost. A whole answer whose server does not tell counts at its most;
        what broke off without a word may have cost anything up to that, so that stays held for its time."""
        self._meter.over(self.request)
        cost = self.request.cost if self.request.tokens is not None else None
        if (purse := self._meter.purse) is not None and (cost is not None or is_whole):
            await purse.settle(self.request, self.request.most if cost is None else cost)

    def __enter__(self) -> None:
        """Its stream is read in this block, and no further."""

    def __exit__(self, kind: object, error: BaseException | None, where: object) -> None:
        if self.span is not None:
            self.span.end(error)

    def told(self, given: Any, server_id: object) -> None:
        """Note usage, if that is any."""
        if given is None or (tokens := tokens_of(given)) is None:
            return
        cost = self._price(tokens, self.request.at) if self._price else None
        self.request.told(tokens, cost, server_id)


class _Stream:
    """A stream of the SDK's client that is looked at; what it has beside its events stays its own."""

    def __init__(self, stream: Any, counted: Counted) -> None:
        self._stream = stream
        self._counted = counted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def __aiter__(self) -> AsyncIterator[Any]:
        is_whole = False
        try:
            with self._counted:
                async for event in self._stream:
                    self._counted.heard(event)
                    # Who reads it may not wait for what comes behind its last event.
                    if self._counted.request.is_over:
                        await self._counted.over(is_whole=True)
                    yield event
            is_whole = True
        finally:
            await self._counted.over(is_whole=is_whole)


def _never_left(error: openai.APIError) -> bool:
    """Whether there was no connection to send a request over: then nobody can have answered it, or count it."""
    return type(error.__cause__).__name__ in _NOT_SENT


def _dearest(price: Price | None, most: Tokens, at: datetime) -> Decimal | None:
    """What a request may cost at most, whatever part of what it reads is in a cache; None without a price."""
    cached = replace(most, cached=most.input)
    costs = [price(tokens, at) for tokens in (most, cached)] if price else []
    known = [cost for cost in costs if cost is not None]
    return max(known) if known and len(known) == len(costs) else None


def readable(given: Any) -> CompletionUsage | None:
    """Usage of Chat Completions as the Agents SDK can read it, which takes its figures and their parts for what they are
    to be and breaks off the answer where they are not; None where a server tells nothing that is any."""
    if given is None or (tokens := tokens_of(given)) is None:
        return None
    return CompletionUsage(
        prompt_tokens=tokens.input,
        completion_tokens=tokens.output,
        total_tokens=tokens.input + tokens.output,
        prompt_tokens_details=PromptTokensDetails(cached_tokens=tokens.cached),
        completion_tokens_details=CompletionTokensDetails(reasoning_tokens=tokens.reasoning),
    )


def tokens_of(given: Any) -> Tokens | None:
    """Read what an answer used, in the words of either API; DeepSeek has one of its own for what was cached.

    https://api-docs.deepseek.com/guides/kv_cache
    """
    if (read := getattr(given, "input_tokens", None)) is not None:
        written = getattr(given, "output_tokens", None)
        of_input, of_output = "input_tokens_details", "output_tokens_details"
    else:
        read, written = getattr(given, "prompt_tokens", None), getattr(given, "completion_tokens", None)
        of_input, of_output = "prompt_tokens_details", "completion_tokens_details"
    cached = getattr(getattr(given, of_input, None), "cached_tokens", None)
    return Tokens.told(
        input=read,
        cached=cached or getattr(given, "prompt_cache_hit_tokens", None),
        output=written,
        reasoning=getattr(getattr(given, of_output, None), "reasoning_tokens", None),
    )
