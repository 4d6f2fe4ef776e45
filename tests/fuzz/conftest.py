"""The fixtures of this folder."""

from tests.fixtures import redis_server

__all__ = ["redis_server"]
