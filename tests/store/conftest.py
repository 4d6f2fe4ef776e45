"""The fixtures of this folder."""

from tests.fixtures import redis_server, server, world

__all__ = ["redis_server", "server", "world"]
