"""Many people who write in many threads, and when the first word of each answer comes."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from devkit.slack.workspace import BOT_USER, Person
from tests.world import SUPPORT, World

#: Where the threads are; the quiet person asks in the first one.
CHANNELS: Final = (SUPPORT, "C0GENERAL1")
#: What everybody of the crowd asks, and a word of the answer that stands in no question.
QUESTION, ANSWER = "show me INV-1003", "Hazel & Co"


def gather(around: World, count: int) -> list[str]:
    """Let so many people join the workspace and its channels; returns who they are."""
    workspace = around.slack.workspace
    people = [Person(f"U0CROWD{n:03}", f"crowd{n}", f"Crowd {n}", "Asks", "6b6e73") for n in range(count)]
    workspace.people |= {person.id: person for person in people}
    names = [person.id for person in people]
    for name in CHANNELS:
        channel = workspace.channels[name]
        workspace.channels[name] = replace(channel, members=(*channel.members, *names))
    return names


async def has_words(around: World, thread: str, words: str) -> None:
    """Wait until the bot says something in a thread; each change of Slack's stand-in is looked at once."""
    said = asyncio.Event()

    def look(frame: dict[str, Any], _: str | None) -> None:
        shown: dict[str, Any] = frame.get("message") or {}
        if shown.get("thread_ts") == thread and shown.get("user") == BOT_USER:
            message = around.slack.workspace.find(frame["channel"], shown["ts"])
            if message is not None and words in message.shown:
                said.set()

    end = around.slack.workspace.watch(look)
    try:
        await said.wait()
    finally:
        end()


@dataclass(slots=True)
class Answers:
    """When each thread of the crowd has the first word of an answer, in seconds from `start`.

    It looks at each change of Slack's stand-in once: reading all threads again would take longer than they do.
    """

    around: World
    start: float = field(default_factory=time.perf_counter)
    #: By thread: when it was begun, when its first answer was, and the answers that have begun.
    begun: dict[str, float] = field(default_factory=dict[str, float])
    first: dict[str, float] = field(default_factory=dict[str, float])
    count: Counter[str] = field(default_factory=Counter[str])
    #: Answers that had begun in each thread when the last one got its first.
    at_last_first: Counter[str] = field(default_factory=Counter[str])
    third: float = float("inf")
    _seen: set[str] = field(default_factory=set[str])

    def watch(self, frame: dict[str, Any], _: str | None) -> None:
        """Look at a change."""
        shown: dict[str, Any] = frame.get("message") or {}
        thread = str(shown.get("thread_ts") or "")
        if shown.get("user") != BOT_USER or thread not in self.begun or shown["ts"] in self._seen:
            return
        message = self.around.slack.workspace.find(frame["channel"], shown["ts"])
        if message is not None and ANSWER in message.shown:
            self._seen.add(message.ts)
            self._answered(thread, time.perf_counter() - self.start)

    def _answered(self, thread: str, at: float) -> None:
        self.count[thread] += 1
        if thread not in self.first:
            self.first[thread] = at
            self.at_last_first = self.count.copy()
        if self.count[thread] == 3:
            self.third = min(self.third, at)

    @property
    def without(self) -> int:
        """Threads that have no first word."""
        return len(self.begun) - len(self.first)

    @property
    def violations(self) -> int:
        """Threads that had their third answer begun before another had its first."""
        return sum(count > 2 for count in self.at_last_first.values())


async def write_all(
    answers: Answers, people: Sequence[str], *, messages: int, threads: int, seconds: float
) -> None:
    """Write all messages at an even pace, the threads in turns; each is one person's."""
    around, names = answers.around, list[tuple[str, str]]()
    for number in range(messages):
        at = number % threads
        await asyncio.sleep(max(0.0, answers.start + seconds * number / messages - time.perf_counter()))
        channel, thread = (
            names[at] if number >= threads else (CHANNELS[at // len(people) % len(CHANNELS)], None)
        )
        ts = await around.asks(QUESTION, user=people[at % len(people)], channel=channel, thread=thread)
        if thread is None:
            names.append((channel, ts))
            answers.begun[ts] = time.perf_counter() - answers.start
