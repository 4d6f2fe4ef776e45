"""The fixtures of this folder."""

from tests.bots import bots
from tests.fixtures import redis_server, world

__all__ = ["bots", "redis_server", "world"]
