"""Slack's streams: a message that is appended to, until it is stopped or Slack seals it.

https://docs.slack.dev/reference/methods/chat.startStream, chat.appendStream and chat.stopStream; the chunks:
https://docs.slack.dev/messaging/sending-and-scheduling-messages#text-streaming. That a stream ends after some
five minutes, traffic or not: https://github.com/slackapi/python-slack-sdk/issues/1859.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from devkit.slack import rules
from devkit.slack.block_contents import texts
from devkit.slack.block_rules import check_blocks
from devkit.slack.rules import Refusal
from devkit.slack.workspace import BOT_USER, TEAM, Message, Workspace

#: Characters of Markdown in one call, and blocks of one message's chunks.
MARKDOWN: Final = 12_000
CHUNK_BLOCKS: Final = 50
STATES: Final = frozenset({"pending", "in_progress", "complete", "error"})
DISPLAYS: Final = frozenset({"timeline", "plan"})

Arguments = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(slots=True)
class Stream:
    """A message that streams, and how it ended."""

    message: Message
    begun: float
    ended: str = ""


class Streams:
    """The three methods. `lives` is how many seconds a stream lives; where `offered` is False, there are none.

    `takes_tasks` is False for an app without Slack's agent features.
    """

    def __init__(self, workspace: Workspace, own: Callable[[Arguments], Message]) -> None:
        self._workspace = workspace
        self._own = own
        self._streams: dict[tuple[str, str], Stream] = {}
        self.lives = 300.0
        self.offered = self.takes_tasks = True
        self.by_name: Mapping[str, Callable[[Arguments], Answer]] = {
            "chat.startStream": self.start,
            "chat.appendStream": self.append,
            "chat.stopStream": self.stop,
        }

    def is_open(self, message: Message) -> bool:
        """Whether a message streams now."""
        stream = self._streams.get((message.channel, message.ts))
        return stream is not None and not self._ended(stream)

    def stopped_by(self, message: Message) -> None:
        """Let a person press Slack's own Stop."""
        self._streams[message.channel, message.ts].ended = "stopped_by_user"

    def start(self, given: Arguments) -> Answer:
        """Begin a message in a thread."""
        self._offer()
        channel, thread_ts = self._place(given)
        if str(given.get("task_display_mode") or "timeline") not in DISPLAYS:
            raise Refusal("invalid_arguments")
        message = Message(channel, self._workspace.new_ts(), BOT_USER, "", thread_ts, blocks=[])
        self._show(message, given)
        self._streams[channel, message.ts] = Stream(message, self._workspace.clock())
        self._workspace.add(message)
        return {"channel": channel, "ts": message.ts}

    def append(self, given: Arguments) -> Answer:
        """Add to what the message shows."""
        message = self._streaming(given).message
        if not (given.get("markdown_text") or given.get("chunks")):
            raise Refusal("no_text")
        self._show(message, given)
        self._workspace.changed(message)
        return {"channel": message.channel, "ts": message.ts}

    def stop(self, given: Arguments) -> Answer:
        """End the stream; the blocks stand below what was shown."""
        stream = self._streaming(given)
        message = stream.message
        self._show(message, given)
        message.blocks = check_blocks([*_plain(message.blocks), *(given.get("blocks") or [])])
        message.metadata = given.get("metadata") or message.metadata
        stream.ended = "message_not_in_streaming_state"
        self._workspace.changed(message)
        return {"channel": message.channel, "ts": message.ts}

    def _offer(self) -> None:
        if not self.offered:
            raise Refusal("unknown_method")

    def _place(self, given: Arguments) -> tuple[str, str]:
        channel = self._workspace.channels.get(str(given.get("channel")))
        thread_ts = str(given.get("thread_ts") or "")
        if channel is None or BOT_USER not in channel.members:
            raise Refusal("channel_not_found")
        if channel.is_archived:
            raise Refusal("is_archived")
        if not thread_ts or not self._workspace.thread(channel.id, thread_ts):
            raise Refusal("invalid_thread_ts")
        if not channel.is_direct:
            self._check_recipient(given)
        return channel.id, thread_ts

    def _check_recipient(self, given: Arguments) -> None:
        for name in ("recipient_user_id", "recipient_team_id"):
            if not given.get(name):
                raise Refusal(f"missing_{name}")
        person = self._workspace.people.get(str(given["recipient_user_id"]))
        if person is None or (person.team or TEAM) != given["recipient_team_id"]:
            raise Refusal("user_not_found")

    def _streaming(self, given: Arguments) -> Stream:
        self._offer()
        message = self._own(given)
        stream = self._streams.get((message.channel, message.ts))
        if stream is None:
            raise Refusal("message_not_in_streaming_state")
        if ended := self._ended(stream):
            raise Refusal(ended)
        return stream

    def _ended(self, stream: Stream) -> str:
        is_over = self._workspace.clock() - stream.begun >= self.lives
        return stream.ended or ("message_not_in_streaming_state" if is_over else "")

    def _show(self, message: Message, given: Arguments) -> None:
        chunks = given.get("chunks") or []
        if given.get("markdown_text") and chunks:
            raise Refusal("invalid_arguments")
        if given.get("markdown_text"):
            chunks = [{"type": "markdown_text", "text": given["markdown_text"]}]
        if not isinstance(chunks, list):
            raise Refusal("invalid_chunks")
        blocks = copy.deepcopy(message.blocks or [])
        for chunk in chunks:
            if chunk.get("type") == "task_update" and not self.takes_tasks:
                raise Refusal("invalid_chunks")
            _SHOWN.get(str(chunk.get("type")), _unknown)(blocks, chunk)
        written = [block["text"] for block in blocks if block["type"] == "markdown"]
        if sum(map(len, written)) > MARKDOWN:
            raise Refusal("msg_too_long")
        check_blocks(_plain(blocks))
        message.blocks = blocks
        message.text = "\n".join(texts(_plain(blocks)))
        message.pings += rules.pings("", blocks)


def _plain(blocks: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The blocks that are no tasks."""
    return [block for block in blocks or [] if block["type"] != "task_card"]


def _text(blocks: list[dict[str, Any]], chunk: dict[str, Any]) -> None:
    if not isinstance(chunk.get("text"), str) or not chunk["text"]:
        raise Refusal("invalid_chunks")
    if blocks and blocks[-1]["type"] == "markdown":
        blocks[-1]["text"] += chunk["text"]
    else:
        blocks.append({"type": "markdown", "text": chunk["text"]})


def _task(blocks: list[dict[str, Any]], chunk: dict[str, Any]) -> None:
    known = {"type", "id", "title", "status", "details", "output", "sources"}
    if set(chunk) - known or not chunk.get("id") or not chunk.get("title"):
        raise Refusal("invalid_chunks")
    if chunk.get("status") not in STATES:
        raise Refusal("invalid_chunks")
    card = {"type": "task_card", "task_id": chunk["id"], "title": chunk["title"], "status": chunk["status"]}
    for number, block in enumerate(blocks):
        if block["type"] == "task_card" and block["task_id"] == card["task_id"]:
            blocks[number] = card
            return
    before = next((n for n, block in enumerate(blocks) if block["type"] == "markdown"), len(blocks))
    blocks.insert(before, card)


def _blocks(blocks: list[dict[str, Any]], chunk: dict[str, Any]) -> None:
    added = chunk.get("blocks")
    if not isinstance(added, list) or len(added) > CHUNK_BLOCKS:
        raise Refusal("invalid_blocks")
    blocks += check_blocks(added)


def _unknown(_: list[dict[str, Any]], __: dict[str, Any]) -> None:
    raise Refusal("invalid_chunks")


_SHOWN: Final[Mapping[str, Callable[[list[dict[str, Any]], dict[str, Any]], None]]] = {
    "markdown_text": _text,
    "task_update": _task,
    "blocks": _blocks,
}
