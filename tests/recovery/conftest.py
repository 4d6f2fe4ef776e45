"""The fixtures of this folder."""

from tests.bots import bots
from tests.fixtures import around, redis_server, server, world

__all__ = ["around", "bots", "redis_server", "server", "world"]
