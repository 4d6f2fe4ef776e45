"""`python -m bench.receivers ours | bolt ADDRESS [REDIS]`: what takes in mentions, as a process of its own.

`ours` is the bot's receiver as `countersign serve` has it, with the append to Redis and without the workers behind it;
`bolt` is Bolt for Python with an empty handler, or with one that keeps the event by a single SET. All run on uvloop,
as the bot does.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import uvloop
from redis.asyncio import Redis
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.connection.receiver import Receiver
from bot.connection.socket import Door, open_socket
from bot.settings import loading
from bot.slack.token_access import Token
from bot.store.sealer import Sealer
from bot.telemetry.metrics import Metrics
from bot.wiring.app import real_sources


async def ours() -> None:
    """The receiver with the settings of the environment."""
    settings = loading.load(None)
    client = AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_base_url
    )
    me = await client.auth_test()

    async def nothing(_: object) -> str:
        return ""

    sealer, confirmation = Sealer(settings.state_key_list), settings.confirmation
    door = Door(me, {}, sealer, real_sources().now, nothing, confirmation, Metrics())
    receiver = Receiver(lambda: open_socket(settings, door, lambda _: None, Token("SLACK_APP_TOKEN")))
    await receiver.start()
    await asyncio.Event().wait()


async def bolt(address: str, redis_url: str = "") -> None:
    """Bolt alone, which acks after its handler, as the bot does."""
    client = AsyncWebClient(token="xoxb-bench", base_url=address)
    app = AsyncApp(client=client, process_before_response=True)
    redis = Redis.from_url(redis_url) if redis_url else None

    @app.event("app_mention")
    async def on_mention(body: dict[str, Any]) -> None:
        if redis is not None:
            await redis.execute_command("SET", body["event_id"], json.dumps(body), "NX", "EX", 60)

    await AsyncSocketModeHandler(app, "xapp-1-bench").start_async()


if __name__ == "__main__":
    uvloop.run(ours() if sys.argv[1] == "ours" else bolt(*sys.argv[2:]))
