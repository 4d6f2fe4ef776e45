"""What became of a thread, told from what is kept: `countersign tail` and `countersign trace`."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from cryptography.fernet import Fernet

from bot.domain.approvals.approval import ApprovalStatus
from bot.domain.audit import Deed, Entry
from bot.domain.handled_event import LATEST, HandledEvent
from bot.domain.thread import RUNNING, ThreadRef
from bot.operations import thread_story
from bot.operations.story_lines import of_event
from bot.operations.thread_named import thread_named
from bot.settings.config import Settings
from bot.store import client
from bot.store.handled_events import HandledEvents, kept
from bot.store.sealer import Sealer
from bot.store.writes import Writes
from tests.factories import ANA, NOON, OMAR, SUPPORT, TEAM, THREAD
from tests.redis_server import RedisServer

EVENT = HandledEvent(
    str(THREAD),
    f"msg:{SUPPORT}:{THREAD.thread_ts}",
    "message",
    ANA,
    NOON,
    NOON + timedelta(seconds=2),
    "completed",
    agent="Billing",
    run="run-1",
    requests=3,
    read=1200,
    written=40,
    cost=Decimal("0.01"),
)
FAILED = replace(
    EVENT, outcome="failed", failure="model_busy", reference="abcdef0123456789", trace="f" * 32, agent=""
)


class Kept:
    """A Redis of the test's own names."""

    def __init__(self, url: str) -> None:
        self.settings = Settings(  # pyright: ignore[reportCallIssue]
            _env_file=None,  # pyright: ignore[reportCallIssue]
            redis_url=url,  # pyright: ignore[reportArgumentType]
            redis_prefix=f"s{secrets.token_hex(4)}",
            state_keys=Fernet.generate_key().decode(),  # pyright: ignore[reportArgumentType]
        )
        self.sealer = Sealer(self.settings.state_key_list)
        self.lines: list[str] = []

    async def write(self, thread: ThreadRef, *writes: Writes) -> None:
        """Write as a commit does."""
        async with client.connect(self.settings.redis_url.get_secret_value()) as redis:
            for one in writes:
                for command in one.commands(self.settings.keys, self.sealer, thread):
                    if command.name != "COUNT":
                        await redis.execute_command(command.name, command.key, *command.arguments)

    async def tail(self, named: str, *, with_text: bool = False) -> str:
        """What the command prints."""
        self.lines.clear()
        await thread_story.tail(self.settings, named, self.lines.append, with_text=with_text, follow=False)
        return "\n".join(self.lines)

    async def named(self, text: str) -> ThreadRef | None:
        async with client.connect(self.settings.redis_url.get_secret_value()) as redis:
            return await thread_named(text, HandledEvents(redis, self.settings.keys, self.sealer))


@pytest.fixture
def there(redis_server: RedisServer) -> Kept:
    return Kept(redis_server.url)


def entry(deed: Deed, seconds: float, **more: str) -> Entry:
    details = {name: value for name, value in more.items() if name not in {"person", "approval"}}
    return Entry(
        secrets.token_hex(4),
        NOON + timedelta(seconds=seconds),
        TEAM,
        deed,
        str(THREAD),
        more.get("approval", "00-a"),
        "issue_refund",
        more.get("person", ""),
        details=details,
    )


async def test_a_thread_s_story_is_told_in_order_and_without_a_word_of_anybody(there: Kept) -> None:
    told = [
        entry(Deed.EXECUTED, 1.5, ending="done", result="refunded Ana\x1b[2J"),
        entry(Deed.REQUESTED, 0.5, person=ANA, needs="1 of finance", arguments='{"reason":"secret"}'),
        entry(Deed.DECIDED, 1.0, person=OMAR, verdict="approve", status=ApprovalStatus.APPROVED.value),
    ]
    other = replace(entry(Deed.RESET, 1.2), thread=f"{TEAM}/{SUPPORT}/1.1")
    await there.write(THREAD, *(Writes().audit(one) for one in (*told, other)), Writes().what(kept(EVENT)))

    story = await there.tail(str(THREAD))
    order = (
        "taken up",
        "needs 1 of finance",
        "said approve: approved",
        "issue_refund: done",
        "answered by Billing after 2.0 s",
    )
    assert [
        line for line in story.splitlines() if any(words in line for words in order)
    ] == story.splitlines()[1:]
    assert [story.index(words) for words in order] == sorted(story.index(words) for words in order)
    assert [", try 2  [" in line.text for line in of_event(replace(EVENT, tries=2))] == [True, False]
    assert "models were asked 3 times, 1,200 tokens read, 40 written, $0.0100" in story
    assert "secret" not in story
    assert "refunded" not in story
    spoken = await there.tail(str(THREAD), with_text=True)
    assert '{"reason":"secret"}' in spoken
    assert "refunded Ana\\u001b[2J" in spoken


async def test_a_reference_leads_to_the_thread_the_event_and_the_trace(there: Kept) -> None:
    await there.write(THREAD, Writes().what(kept(FAILED)))

    assert await thread_story.trace(there.settings, f" {FAILED.reference}\n", there.lines.append)
    whole = f"(reference `{FAILED.reference}`)."
    assert await thread_story.trace(there.settings, whole, lambda line: None)
    text = "\n".join(there.lines)
    for part in (str(THREAD), FAILED.event, "model busy", "f" * 32, "2026-"[:2], ANA, "run-1"):
        assert part in text
    there.lines.clear()
    for unknown in ("0000", "*", "", "a:b", "\udcff"):
        assert not await thread_story.trace(there.settings, unknown, there.lines.append)
    assert there.lines == [thread_story.NO_SUCH] * 5
    assert thread_story.UNKNOWN in await there.tail("T\udcff/C1/1.1")
    assert f"failed: model busy, reference {FAILED.reference}" in await there.tail(str(THREAD))


async def test_only_the_latest_events_are_kept_and_they_end_by_themselves(there: Kept) -> None:
    numbered = [replace(EVENT, event=f"msg:{number}") for number in range(LATEST + 3)]
    await there.write(THREAD, *(Writes().what(kept(one)) for one in numbered))

    async with client.connect(there.settings.redis_url.get_secret_value()) as redis:
        found = await HandledEvents(redis, there.settings.keys, there.sealer).of(THREAD)
        assert [one.event for one in found if one] == [one.event for one in numbered[3:]]
        assert await redis.ttl(there.settings.keys.handled(THREAD)) > 0
        await redis.rpush(there.settings.keys.handled(THREAD), b"damaged")
    assert "answered by Billing" in await there.tail(str(THREAD))


async def test_a_thread_is_found_by_a_link_to_any_of_its_messages_or_by_its_ids(there: Kept) -> None:
    running = ThreadRef.running(TEAM, "D0ANA00001")
    for thread in (THREAD, running):
        await there.write(thread, Writes().what(kept(EVENT)))
    async with client.connect(there.settings.redis_url.get_secret_value()) as redis:
        await redis.set(there.settings.keys.served(TEAM, "U0BOT"), there.settings.redis_prefix)

    base, ts = f"https://acme.slack.com/archives/{SUPPORT}", THREAD.thread_ts
    for text in (
        str(THREAD),
        f"{SUPPORT}/{ts}",
        f"msg:{SUPPORT}:{ts}",
        f"{base}/p{ts.replace('.', '')}",
        f"{base}/p1795999999000100?thread_ts={ts}&cid={SUPPORT}",
    ):
        assert await there.named(text) == THREAD, text
    assert await there.named("https://acme.slack.com/archives/D0ANA00001/p1795999999000100") == running
    assert running.thread_ts == RUNNING
    for text in (
        "*",
        f"*/{ts}",
        f"{SUPPORT}/*",
        "https://acme.slack.com/archives/*/p1795999999000100",
        "C0/1.1",
    ):
        assert await there.named(text) is None, text
    assert await there.tail("C0/1.1") == thread_story.UNKNOWN


async def test_without_a_thread_the_one_is_told_in_which_something_was_handled_last(there: Kept) -> None:
    assert await there.tail("") == thread_story.NOTHING
    others = [replace(THREAD, channel=f"C0OTHER{number}") for number in range(5)]
    async with client.connect(there.settings.redis_url.get_secret_value()) as redis:
        for thread in (*others, THREAD):
            await there.write(thread, Writes().what(kept(EVENT)))
            await redis.pexpire(there.settings.keys.handled(thread), 60_000)  # that was long ago
    await there.write(others[3], Writes().what(kept(EVENT)))

    assert await there.named(" ") == others[3]
    assert (await there.tail("")).startswith(f"{others[3]}, ")


async def test_followed_a_thread_tells_what_comes_and_nothing_twice(there: Kept) -> None:
    await there.write(THREAD, Writes().what(kept(EVENT)))
    lines = asyncio.Queue[str]()
    told = thread_story.tail(there.settings, str(THREAD), lines.put_nowait, with_text=False, follow=True)
    following = asyncio.create_task(told)
    heard = [await lines.get() for _ in range(3)]
    await there.write(THREAD, Writes().what(kept(FAILED)))
    while "model busy" not in heard[-1]:
        heard.append(await lines.get())
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)

    assert len(heard) == len(set(heard))
    assert heard[0] == f"{THREAD}, times in UTC"
