"""Files: attached by people, uploaded by the app in three steps, downloaded with the bot's token.

https://docs.slack.dev/messaging/working-with-files
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from devkit.slack.rules import Refusal
from devkit.slack.workspace import BOT_USER, TEAM, Channel, File, Message, Workspace

#: What the page shows as a picture. SVG is a program, so it is only offered for download.
PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
#: What Slack answers to whoever may not read a file: its login page, with status 200.
LOGIN: Final = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


@dataclass(slots=True)
class Upload:
    """A file that was announced, and perhaps sent, but not completed yet."""

    name: str
    length: int
    content: bytes | None = None


@dataclass(slots=True)
class Download:
    """What goes wrong with the next download: a `status`, the login page, or a way elsewhere."""

    status: int = 200
    page: bool = False
    location: str = ""


@dataclass(slots=True)
class Files:
    """Every file of the workspace."""

    workspace: Workspace
    bot_token: str
    scopes: Sequence[str]
    url: Callable[[], str]
    token: Callable[[], str]
    faults: list[Download] = field(default_factory=list[Download])
    #: Whether Slack does not take the app's token for now.
    is_revoked: bool = False
    #: Whether the next upload gets lost on its way.
    lose_next: bool = False
    #: Whether the next completed upload is posted without an answer.
    mute_next: bool = False
    _files: dict[str, File] = field(default_factory=dict[str, File])
    _uploads: dict[str, Upload] = field(default_factory=dict[str, Upload])

    def add_routes(self, app: web.Application) -> None:
        """Add where files are sent to and got from."""
        app.router.add_get("/files-pri/{id}/download/{name}", self._private)
        app.router.add_post("/upload/{id}", self._receive)
        app.router.add_get("/page/file/{id}", self._for_page)

    @property
    def by_name(self) -> dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
        """The Web API methods."""
        return {
            "files.getUploadURLExternal": self._announce,
            "files.completeUploadExternal": self._complete,
            "files.info": lambda given: {"file": form(self._known(given.get("file")), self.url())},
        }

    def attach(self, user: str, name: str, content: bytes) -> File:
        """Keep a file that a person attaches."""
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = File(f"F{self.token().upper()[:10]}", name, kind, content, user, int(self.workspace.clock()))
        self._files[file.id] = file
        return file

    def _announce(self, given: Mapping[str, Any]) -> dict[str, Any]:
        name, length = str(given.get("filename") or ""), str(given.get("length") or "")
        if not name or not length.isdigit() or int(length) == 0:
            raise Refusal("invalid_arguments")
        file_id = f"F{self.token().upper()[:10]}"
        self._uploads[file_id] = Upload(name, int(length))
        return {"file_id": file_id, "upload_url": f"{self.url()}/upload/{file_id}"}

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        upload = self._uploads.get(request.match_info["id"])
        body = await request.read()
        if self.lose_next:
            self.lose_next = False
            return web.Response(status=503)
        if upload is None or len(body) != upload.length:
            return web.Response(status=400, text="the length is not the announced one")
        upload.content = body
        return web.Response(text=f"OK - {len(body)}")

    def _complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        named: Any = given.get("files")
        if not isinstance(named, list) or not named:
            raise Refusal("invalid_arguments")
        uploads = [(one, self._uploads.get(str(one.get("id")))) for one in named]
        if any(upload is None or upload.content is None for _, upload in uploads):
            raise Refusal("file_not_found")
        channel = self.workspace.channels.get(str(given.get("channel_id")))
        if channel is None or BOT_USER not in channel.members:
            raise Refusal("channel_not_found" if channel is None else "not_in_channel")
        if channel.is_archived:
            raise Refusal("is_archived")
        files: list[File] = []
        for one, upload in uploads:
            assert upload is not None
            assert upload.content is not None
            file = self.attach(BOT_USER, upload.name, upload.content)
            file.title = str(one.get("title") or upload.name)
            files.append(file)
            del self._uploads[str(one["id"])]
        message = Message(
            channel.id,
            self.workspace.new_ts(),
            BOT_USER,
            str(given.get("initial_comment") or ""),
            given.get("thread_ts") or None,
            files=files,
        )
        self.workspace.add(message)
        if self.mute_next:
            self.mute_next = False
            raise web.HTTPServiceUnavailable
        return {"files": [form(file, self.url()) for file in files]}

    def _known(self, file_id: object) -> File:
        file = self._files.get(str(file_id))
        if file is None:
            raise Refusal("file_not_found")
        return file

    async def _private(self, request: web.Request) -> web.StreamResponse:
        """Give a file to the app, and the login page to whoever is not it."""
        fault = self.faults.pop(0) if self.faults else Download()
        if fault.location:
            raise web.HTTPFound(fault.location)
        if fault.status != 200:
            return web.Response(status=fault.status)
        is_app = request.headers.get("Authorization") == f"Bearer {self.bot_token}" and not self.is_revoked
        file = self._files.get(request.match_info["id"])
        if fault.page or not is_app or "files:read" not in self.scopes:
            return web.Response(text=LOGIN, content_type="text/html")
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=file.content, content_type=file.mimetype)

    async def _for_page(self, request: web.Request) -> web.StreamResponse:
        """Give a file to the page: pictures to be shown, everything else to be saved, nothing to be run."""
        file = self._files.get(request.match_info["id"])
        if file is None:
            raise web.HTTPNotFound
        how = "inline" if file.mimetype in PICTURES else "attachment"
        headers = {
            "Content-Disposition": f"{how}; filename*=UTF-8''{quote(file.name)}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        }
        return web.Response(body=file.content, content_type=file.mimetype, headers=headers)


def listed(message: Message, channel: Channel, url: str) -> list[dict[str, Any]]:
    """The files of a message, as events and history list them.

    In a shared channel there is no more of each than that `files.info` is to be asked:
    https://docs.slack.dev/apis/slack-connect#files
    """
    if channel.host is None:
        return [form(file, url) for file in message.files]
    untold = {"created": 0, "timestamp": 0, "mode": "file_access", "file_access": "check_file_info"}
    return [{"id": file.id, **untold, "user": "", "is_external": False} for file in message.files]


def form(file: File, url: str) -> dict[str, Any]:
    """A file as `files.info` tells of it: https://docs.slack.dev/reference/objects/file-object."""
    private = f"{url}/files-pri/{file.id}/download/{quote(file.name)}"
    return {
        "id": file.id,
        "created": file.created,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2].lower() or "binary",
        "user": file.user,
        "user_team": TEAM,
        "mode": "hosted",
        "is_external": False,
        "size": len(file.content),
        "url_private": private,
        "url_private_download": private,
        "permalink": f"{url}/files/{file.user}/{file.id}",
    }
