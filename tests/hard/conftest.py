"""The fixtures of this folder."""

from tests.bots import bots
from tests.fixtures import redis_server, world
from tests.operations import ops

__all__ = ["bots", "ops", "redis_server", "world"]
