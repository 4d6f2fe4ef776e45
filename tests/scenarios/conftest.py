"""The fixtures of this folder."""

from tests.fixtures import around, redis_server, server, world
from tests.operations import ops

__all__ = ["around", "ops", "redis_server", "server", "world"]
