"""Files in the stand-in: attached, downloaded by the app alone, uploaded in three steps."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from devkit.slack.files import Download
from devkit.slack.server import SlackStandIn
from devkit.slack.workspace import ANA, BOT_USER

SUPPORT = "C0SUPPORT1"
CSV = b"invoice,amount\nINV-1,20\n"


async def got(url: str, token: str = "") -> tuple[int, str, bytes]:
    """Status, content type and body of an address."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as http,
        http.get(url, headers=headers, allow_redirects=False) as answer,
    ):
        return answer.status, answer.content_type, await answer.read()


async def test_a_message_with_a_file_is_told_as_slack_tells_it(slack: SlackStandIn, app: AsyncApp) -> None:
    ts = await slack.says(ANA, SUPPORT, f"<@{BOT_USER}> look", files=[("a b.csv", CSV)])
    mention, message = (delivery.payload["event"] for delivery in slack.deliveries)

    assert (mention["type"], message["subtype"]) == ("app_mention", "file_share")
    assert mention["files"] == message["files"]
    (file,) = message["files"]
    assert (file["name"], file["mimetype"], file["size"]) == ("a b.csv", "text/csv", len(CSV))
    history: Any = await app.client.conversations_history(channel=SUPPORT)
    (read,) = (m for m in history["messages"] if m["ts"] == ts)
    assert read["files"] == message["files"]


async def test_only_the_app_gets_the_bytes_and_others_the_login_page(slack: SlackStandIn) -> None:
    await slack.says(ANA, SUPPORT, "look", files=[("a.csv", CSV)])
    url = slack.deliveries[0].payload["event"]["files"][0]["url_private_download"]

    assert await got(url, slack.bot_token) == (200, "text/csv", CSV)
    for token in ("", "xoxb-wrong", slack.app_token):
        status, kind, body = await got(url, token)
        assert (status, kind) == (200, "text/html")
        assert CSV not in body


async def test_downloads_go_wrong_when_told_to(slack: SlackStandIn) -> None:
    await slack.says(ANA, SUPPORT, "look", files=[("a.csv", CSV)])
    url = slack.deliveries[0].payload["event"]["files"][0]["url_private_download"]
    slack.files.faults += [Download(status=500), Download(page=True), Download(location="http://elsewhere/")]

    assert [(await got(url, slack.bot_token))[0] for _ in range(4)] == [500, 200, 302, 200]


async def test_an_upload_becomes_one_message_of_the_thread(
    slack: SlackStandIn, client: AsyncWebClient
) -> None:
    ts = await slack.says(ANA, SUPPORT, "draw")
    await client.files_upload_v2(
        channel=SUPPORT,
        thread_ts=ts,
        file_uploads=[{"filename": "a.csv", "content": CSV}, {"filename": "b.png", "content": b"\x89PNG"}],
    )
    (said,) = [m for m in slack.thread(SUPPORT, ts) if m.user == BOT_USER]

    assert [(file.name, file.content) for file in said.files] == [("a.csv", CSV), ("b.png", b"\x89PNG")]


async def test_what_slack_refuses_is_refused(slack: SlackStandIn, client: AsyncWebClient) -> None:
    async def refused(length: int, **more: str) -> str:
        announced = await client.files_getUploadURLExternal(filename="a.csv", length=length)
        where: dict[str, Any] = {"channel_id": SUPPORT} | more
        with pytest.raises(SlackApiError) as error:
            await client.files_completeUploadExternal(files=[{"id": announced["file_id"]}], **where)
        return str(error.value.response["error"])

    assert await refused(5) == "file_not_found"  # nothing was sent
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await client.files_getUploadURLExternal(filename="a.csv", length=0)
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.files_upload_v2(channel="C0NOWHERE1", filename="a.csv", content=CSV)
    announced = await client.files_getUploadURLExternal(filename="a.csv", length=5)
    url = str(announced["upload_url"])
    async with aiohttp.ClientSession() as http, http.post(url, data=CSV) as answer:
        assert answer.status == 400


async def test_the_page_gets_pictures_to_show_and_everything_else_to_save(slack: SlackStandIn) -> None:
    await slack.says(
        ANA, SUPPORT, "look", files=[("a.png", b"\x89PNG"), ("b.html", b"<script>"), ("c.svg", b"<svg>")]
    )
    ways: dict[str, str] = {}
    async with aiohttp.ClientSession() as http:
        for file in slack.deliveries[0].payload["event"]["files"]:
            async with http.get(f"{slack.url}/page/file/{file['id']}") as answer:
                ways[file["name"]] = answer.headers["Content-Disposition"].partition(";")[0]
                assert answer.headers["Content-Security-Policy"].startswith("sandbox")

    assert ways == {"a.png": "inline", "b.html": "attachment", "c.svg": "attachment"}


async def test_an_upload_whose_bytes_do_not_get_through_is_an_error_of_the_sdk(
    slack: SlackStandIn, client: AsyncWebClient
) -> None:
    upload = client.files_upload_v2(channel=SUPPORT, filename="a.csv", content=CSV)
    slack.files.lose_next = True
    with pytest.raises(SlackRequestError):
        await upload
