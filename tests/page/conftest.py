"""The fixtures of this folder."""

from tests.fixtures import redis_server, world

__all__ = ["redis_server", "world"]
