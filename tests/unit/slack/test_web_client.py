"""Which proxies a replica's connections to Slack know of."""

from __future__ import annotations

import pytest

from bot.slack.web_client import http_session

NAMES = ("http_proxy", "https_proxy", "ws_proxy", "wss_proxy", "no_proxy", "all_proxy")


@pytest.mark.parametrize(
    ("variables", "looks"),
    [
        ({}, False),
        ({"no_proxy": "localhost"}, False),
        ({"https_proxy": "http://127.0.0.1:3128"}, True),
        ({"HTTP_PROXY": "http://127.0.0.1:3128", "no_proxy": "localhost"}, True),
    ],
)
async def test_the_environment_is_looked_at_for_each_request_only_where_it_names_a_proxy(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], looks: bool
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    async with http_session("https://slack.com/api/") as session:
        assert session.trust_env is looks
