"""Where the bot's token goes when an attached file is fetched: to Slack, and to nobody else."""

from __future__ import annotations

import gzip
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from bot.domain.attachment import Attachment
from bot.domain.errors import FileRefused
from bot.slack.client import Slack
from bot.slack.files import SlackFiles
from bot.slack.limiter import Limiter
from bot.slack.web_client import web_client
from devkit.serving import Server

TOKEN = "xoxb-of-the-bot"
BODY = b"invoice,amount\n"


class Host:
    """A web server that remembers what it was asked, and by whom."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.body = BODY
        self.sends_to = ""
        #: How often the body is sent, and what is said of its encoding.
        self.times = 1
        self.encoding = ""
        self.sent = 0
        app = web.Application()
        app.router.add_get("/{rest:.*}", self._answer)
        self.server = Server(app)

    @property
    def place(self) -> str:
        """Its name and port."""
        return urlsplit(self.server.address).netloc

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, request.headers.get("Authorization", "")))
        if self.sends_to and request.path == "/elsewhere":
            raise web.HTTPFound(self.sends_to)
        headers = {"Content-Type": "text/csv"} | (
            {"Content-Encoding": self.encoding} if self.encoding else {}
        )
        answer = web.StreamResponse(headers=headers)
        with suppress(ConnectionError):
            await answer.prepare(request)
            for _ in range(self.times):
                await answer.write(self.body)
                self.sent += len(self.body)
        return answer


@asynccontextmanager
async def hosts() -> AsyncGenerator[tuple[Host, Host]]:
    """Slack's host, and somebody else's."""
    both = Host(), Host()
    for host in both:
        await host.server.start(0)
    try:
        yield both
    finally:
        for host in both:
            await host.server.stop()


@asynccontextmanager
async def files_of(slack: Host, limiter: Limiter) -> AsyncGenerator[SlackFiles]:
    async with aiohttp.ClientSession() as http:
        client = web_client(TOKEN, base_url=f"{slack.server.address}/api", session=http)
        yield SlackFiles(Slack(client, limiter, me="U0COUNTER1"), client, http)


def a_file(url: str) -> Attachment:
    return Attachment("F1", "june.csv", "text/csv", len(BODY), url)


async def test_a_file_of_slacks_is_fetched_with_the_token(limiter: Limiter) -> None:
    async with hosts() as (slack, _), files_of(slack, limiter) as files:
        assert await files.fetch(a_file(f"{slack.server.address}/files/june.csv")) == BODY

    assert slack.asked == [("/files/june.csv", f"Bearer {TOKEN}")]


@pytest.mark.parametrize(
    "url",
    [
        "http://{other}/files/june.csv",
        "https://{other}/files/june.csv",
        "http://{slack}@{other}/files/june.csv",
        "http://{other}/{slack}/june.csv",
        "http://{other}/?.slack.com",
        "http://{other}#.slack.com",
        "//{other}/june.csv",
        "http://[{other}/june.csv",
        "http://{other}\\@{slack}/june.csv",
        "http://{slack}\\@{other}/june.csv",
        "http://{other}\t@{slack}/june.csv",
        "http://a@{slack}/june.csv",
        "https://{slack}/june.csv",
        "http://files.slack.com/june.csv",
        "https://files.slack.com:8443/june.csv",
        "https://a@files.slack.com/june.csv",
        "https://files.slack.com.{other}/june.csv",
        "https://evilslack.com/june.csv",
        "https://{other}%2f.slack.com/june.csv",
        "https://{other}／.slack.com/june.csv",
    ],
)
async def test_nobody_but_slack_is_sent_the_token(limiter: Limiter, url: str) -> None:
    async with hosts() as (slack, other), files_of(slack, limiter) as files:
        with pytest.raises(FileRefused):
            await files.fetch(a_file(url.format(slack=slack.place, other=other.place)))

    assert (slack.asked, other.asked) == ([], [])


async def test_a_redirect_of_slacks_is_not_followed(limiter: Limiter) -> None:
    async with hosts() as (slack, other), files_of(slack, limiter) as files:
        slack.sends_to = f"{other.server.address}/june.csv"
        with pytest.raises(FileRefused):
            await files.fetch(a_file(f"{slack.server.address}/elsewhere"))

    assert other.asked == []


async def test_of_a_file_no_more_is_read_than_was_announced_and_one_byte(limiter: Limiter) -> None:
    async with hosts() as (slack, _), files_of(slack, limiter) as files:
        slack.body, slack.times = bytes(1 << 16), 1 << 20
        with pytest.raises(FileRefused):
            await files.fetch(a_file(f"{slack.server.address}/files/june.csv"))

    assert slack.sent < 64 << 20  # what was on its way when the bot hung up


async def test_a_file_that_would_be_larger_unpacked_is_not_unpacked(limiter: Limiter) -> None:
    """What comes is as long as was announced, and is taken as it is."""
    packed = gzip.compress(bytes(10_000_000))
    async with hosts() as (slack, _), files_of(slack, limiter) as files:
        slack.body, slack.encoding = packed, "gzip"
        file = replace(a_file(f"{slack.server.address}/files/june.csv"), size=len(packed))
        assert await files.fetch(file) == packed
