"""`python -m bench.streams`: an answer of 30,000 characters in 12 minutes, by edits and by Slack's own streams.

Every fourth call is refused with a `Retry-After` of three seconds, and streams end when Slack ends them. Time passes
only where it is waited for, so twelve minutes take as long as the work in them. Then, on a real Redis: what it
costs that replicas share their pace.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter
from typing import Final

from bot.domain.slack_pace import Rank, Turn
from bot.slack import limits
from bot.slack.cutting import parts
from bot.slack.limiter import EDIT, Limiter
from bot.slack.rate_limits import BURST, KEPT
from bot.store import client
from bot.store.keys import Keys
from bot.store.slack_pace import RedisPace
from tests.redis_server import RedisServer
from tests.unit.slack.clock import Clock
from tests.unit.slack.streams import DOCUMENT, Shown, finished

LENGTH, SECONDS, STEP = 30_000, 720.0, 0.5
#: Questions asked of Redis one after the other; and the rate, in edits a minute, that two replicas compete for.
QUESTIONS, RATE = 2_000, 3_000
EDITS: Final = 100


def an_answer() -> str:
    """Paragraphs, lists, tables and code, as long as it takes; without links, which are never streamed."""
    return (DOCUMENT * (LENGTH // len(DOCUMENT) + 1))[:LENGTH]


async def answered(text: str, *, native: bool) -> str:
    """Show it, and tell what that took."""
    shown = Shown(Clock(), native=native)
    shown.slack.refuses_every = 4
    reply = shown.open()
    began, used = shown.clock.now, time.process_time()
    await shown.clock.run(reply.start())
    await shown.writes(reply, text, by=int(LENGTH * STEP / SECONDS) + 1, each=STEP)
    await finished(shown, reply, text)
    methods = Counter(made.method for made in shown.calls())
    refused = sum(made.error == "ratelimited" for made in shown.slack.made)
    is_whole = shown.texts() == parts(text, limits.REPLY_PART)
    calls = ", ".join(f"{count} {method}" for method, count in methods.most_common())
    return (
        f"{'native' if native else 'edits':7} {sum(methods.values())} calls ({calls}), {refused} refused; longest gap "
        f"{shown.longest_gap():.1f} s; {shown.clock.now - began:.0f} s in all; {time.process_time() - used:.1f} s of "
        f"the processor; {len(shown.messages)} messages, {'as the model wrote it' if is_whole else 'NOT WHOLE'}"
    )


async def shared(url: str) -> list[str]:
    """What a question to Redis takes, and how many there are for each edit of replicas that compete."""
    async with client.connect(url) as redis:
        keys = Keys(f"b{secrets.token_hex(4)}", 4)
        ticks = asyncio.get_running_loop().time

        def pace() -> RedisPace:
            return RedisPace(redis, keys, replica=secrets.token_hex(4), ticks=ticks, burst=BURST, kept=KEPT)

        one = pace()
        began = ticks()
        for number in range(QUESTIONS):
            await one.ask(Turn(EDIT, "", Rank.CARD, RATE, f"C1:{number}", 1.0))
        each = (ticks() - began) / QUESTIONS
        await redis.delete(*keys.slack_calls(EDIT, ""))
        paces = [pace(), pace()]
        limiters = [Limiter(clock=ticks, sleep=asyncio.sleep, edits=RATE, shared=pace) for pace in paces]

        async def edit(number: int) -> None:
            for again in range(EDITS // 8):
                await limiters[number % 2].live(message=f"C1:{number}.{again}")

        await asyncio.gather(*(edit(number) for number in range(8)))
        asked = sum(pace.asked for pace in paces) / (EDITS // 8 * 8)
        return [
            f"a question to Redis takes {each * 1000:.2f} ms, one after the other",
            f"two replicas with four answers each, at their common rate: {asked:.2f} questions for each edit",
        ]


async def main() -> None:
    """Measure and print."""
    logging.disable(logging.WARNING)
    text = an_answer()
    for native in (False, True):
        print(await answered(text, native=native), flush=True)
    server = RedisServer()
    server.start()
    try:
        print(*await shared(server.url), sep="\n")
    finally:
        server.remove()


if __name__ == "__main__":
    asyncio.run(main())
