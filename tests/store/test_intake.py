"""What the receiver does while many messages come at once."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta

from cryptography.fernet import Fernet

from bot.handlers.intake import MESSAGES_AT_ONCE, Intake
from bot.slack.me import Me
from bot.store import client
from bot.store.follow_ups import FollowUps
from bot.store.inbox import Appended, Inbox
from bot.store.keys import Keys
from bot.store.sealer import Sealer
from bot.store.threads import ThreadStore
from tests.factories import ANA, NOON, TEAM
from tests.redis_server import RedisServer

BOT = "U0COUNTER1"


async def test_a_flood_of_messages_leaves_connections_to_clicks(redis_server: RedisServer) -> None:
    keys, sealer = Keys(f"t{secrets.token_hex(4)}", 4), Sealer([Fernet.generate_key().decode()])

    async with client.connect(redis_server.url) as other, client.connect_for_acks(redis_server.url) as redis:
        inbox = Inbox(redis, keys, sealer, dedupe_ttl=timedelta(hours=25), lease=timedelta(seconds=30))
        me = Me(TEAM, BOT, "https://acme.example/")
        intake = Intake(inbox, ThreadStore(redis, keys, sealer), me, {}, lambda: NOON, FollowUps(redis, keys))
        messages = [
            {"type": "app_mention", "user": ANA, "channel": "C0SUPPORT1", "team": TEAM}
            | {"ts": f"1795435200.{number:06d}", "text": f"<@{BOT}> hi"}
            for number in range(20 * MESSAGES_AT_ONCE)
        ]
        before = (await other.info("clients"))["connected_clients"]
        stored = await asyncio.gather(
            *(intake.message(message, delivery_id=message["ts"]) for message in messages)
        )
        held = (await other.info("clients"))["connected_clients"] - before

    assert stored == [Appended.STORED] * len(messages)
    assert held <= MESSAGES_AT_ONCE < client.CONNECTIONS
