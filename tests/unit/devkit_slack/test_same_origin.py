"""Which pages may talk to the stand-in through somebody's browser."""

from __future__ import annotations

import aiohttp
import pytest

from devkit.slack.server import SlackStandIn


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 200),
        ({"Origin": "{url}"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),
    ],
)
async def test_only_the_stand_ins_own_page_is_answered(
    slack: SlackStandIn, said: dict[str, str], status: int
) -> None:
    headers = {name: value.format(url=slack.url) for name, value in said.items()}

    async with aiohttp.ClientSession() as http, http.get(slack.url, headers=headers) as answer:
        assert answer.status == status
