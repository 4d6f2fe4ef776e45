"""A workspace in memory behind the SDK's real client: strict, and able to fail as Slack does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack import limits
from tests.unit.slack import block_kit

ME = "U0COUNTER1"


@dataclass
class Fault:
    """How the next call of a method fails; `applied` failures are carried out all the same."""

    status: int = 200
    error: str = ""
    retry_after: str = ""
    raises: Exception | None = None
    applied: bool = False


@dataclass
class Call:
    method: str
    at: float
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])


class Workspace(AsyncWebClient):
    """Answers the Web API; `hold` makes calls wait until it is set."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(token="xoxb-test", retry_handlers=[])
        self.calls: list[Call] = []
        self.messages: dict[str, dict[str, Any]] = {}
        self.people: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, list[str]] = {}
        self.handles: dict[str, str] = {}
        self.channels: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.page_size = limits.PAGE
        self.hold: asyncio.Event | None = None
        self._clock = clock
        self._faults: dict[str, list[Fault]] = {}
        self._count = 0

    def fail(self, method: str, fault: Fault, *, times: int = 1) -> None:
        self._faults.setdefault(method, []).extend([fault] * times)

    def made(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def shown(self) -> list[str]:
        """The Markdown of every message, in order."""
        return [_markdown(message) for message in self.messages.values()]

    def add(self, user: str = ME, **message: Any) -> str:
        self._count += 1
        ts = f"1795435300.{self._count:06d}"
        self.messages[ts] = {"ts": ts, "user": user, **message}
        return ts

    async def api_call(self, api_method: str, **request: Any) -> AsyncSlackResponse:
        given: dict[str, Any] = {**(request.get("json") or {}), **(request.get("params") or {})}
        arguments = {key: value for key, value in given.items() if value is not None}
        self.calls.append(Call(api_method, self._clock(), arguments))
        if self.hold is not None:
            await self.hold.wait()
        faults = self._faults.get(api_method)
        fault = faults.pop(0) if faults else None
        if fault is None:
            return self._response(api_method, self._answer(api_method, arguments))
        if fault.applied:
            self._answer(api_method, arguments)
        if fault.raises is not None:
            raise fault.raises
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        return self._response(
            api_method, {"ok": False, "error": fault.error}, headers=headers, status=fault.status
        )

    def _answer(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        answers = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.postEphemeral": self._ephemeral,
            "conversations.replies": self._page,
            "conversations.history": self._page,
            "users.info": self._person,
            "usergroups.users.list": self._group,
            "usergroups.list": self._groups,
            "conversations.info": self._channel,
            "files.info": self._file,
        }
        return answers[method](arguments)

    def _post(self, arguments: dict[str, Any]) -> dict[str, Any]:
        assert arguments["unfurl_links"] is arguments["unfurl_media"] is False
        _check(arguments, text_limit=40_000)
        return {"ok": True, "ts": self.add(**_content(arguments))}

    def _ephemeral(self, arguments: dict[str, Any]) -> dict[str, Any]:
        assert arguments["text"]
        return {"ok": True}

    def _update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        _check(arguments, text_limit=limits.UPDATE_TEXT)
        if arguments["ts"] not in self.messages:
            return {"ok": False, "error": "message_not_found"}
        self.messages[arguments["ts"]].update(_content(arguments))
        return {"ok": True, "ts": arguments["ts"]}

    def _delete(self, arguments: dict[str, Any]) -> dict[str, Any]:
        gone = self.messages.pop(arguments["ts"], None) is None
        return {"ok": False, "error": "message_not_found"} if gone else {"ok": True}

    def _person(self, arguments: dict[str, Any]) -> dict[str, Any]:
        person = self.people.get(arguments["user"])
        return {"ok": True, "user": person} if person else {"ok": False, "error": "user_not_found"}

    def _group(self, arguments: dict[str, Any]) -> dict[str, Any]:
        group = self.groups.get(arguments["usergroup"])
        return {"ok": False, "error": "no_such_subteam"} if group is None else {"ok": True, "users": group}

    def _groups(self, arguments: dict[str, Any]) -> dict[str, Any]:
        assert not arguments
        return {"ok": True, "usergroups": [{"id": id_, "handle": h} for id_, h in self.handles.items()]}

    def _channel(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self.channels.get(arguments["channel"])
        return {"ok": True, "channel": channel} if channel else {"ok": False, "error": "channel_not_found"}

    def _file(self, arguments: dict[str, Any]) -> dict[str, Any]:
        file = self.files.get(arguments["file"])
        return {"ok": True, "file": file} if file else {"ok": False, "error": "file_not_found"}

    def _page(self, arguments: dict[str, Any]) -> dict[str, Any]:
        assert arguments["include_all_metadata"]
        start = int(arguments.get("cursor") or 0)
        everything = list(self.messages.values())
        end = start + self.page_size
        more = str(end) if end < len(everything) else ""
        return {"ok": True, "messages": everything[start:end], "response_metadata": {"next_cursor": more}}

    def _response(
        self, method: str, data: dict[str, Any], *, headers: dict[str, str] | None = None, status: int = 200
    ) -> AsyncSlackResponse:
        return AsyncSlackResponse(
            client=self,
            http_verb="POST",
            api_url=f"https://slack.test/api/{method}",
            req_args={},
            data=data,
            headers=headers or {},
            status_code=status,
        ).validate()


def _check(arguments: dict[str, Any], *, text_limit: int) -> None:
    assert 0 < len(arguments["text"]) <= text_limit
    assert not {"link_names", "parse"} & set(arguments)
    if "blocks" in arguments:
        block_kit.check(arguments["blocks"])


def _content(arguments: dict[str, Any]) -> dict[str, Any]:
    kept = ("text", "blocks", "metadata", "thread_ts")
    return {key: arguments[key] for key in kept if key in arguments}


def _markdown(message: dict[str, Any]) -> str:
    return "".join(block["text"] for block in message.get("blocks", ()) if block["type"] == "markdown")
