"""Where Redis is: one server, or the Sentinels that know which of several is the master now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

#: Where a Sentinel listens unless told otherwise.
SENTINEL_PORT: Final = 26379
SCHEMES: Final = frozenset({"redis+sentinel", "rediss+sentinel"})


@dataclass(frozen=True, slots=True)
class Sentinels:
    """`redis+sentinel://user:password@host,host:port/service/0?sentinel_password=…`, read."""

    hosts: tuple[tuple[str, int], ...]
    service: str
    database: int
    username: str | None
    password: str | None
    sentinel_password: str | None
    is_tls: bool


def sentinels(url: str) -> Sentinels | None:
    """Read an address of Sentinels; None for one of a server. Raises `ValueError` for one that makes no sense."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        return None
    user, _, hosts = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    if not service:
        raise ValueError("no service is named")
    return Sentinels(
        hosts=tuple(_host(host) for host in hosts.split(",")),
        service=unquote(service),
        database=int(database or 0),
        username=unquote(name) or None,
        password=unquote(password) or None,
        sentinel_password=_option(parts, "sentinel_password"),
        is_tls=parts.scheme.startswith("rediss"),
    )


def is_usable(url: str) -> bool:
    """Whether a client can be made of an address: of its port, its database and its options. Connects to nothing.

    What is wrong with it would else be told by the client, in words that may have a part of the password.
    """
    # Imported here: not every command needs it.
    from redis.asyncio import BlockingConnectionPool

    try:
        if sentinels(url):
            return True
        BlockingConnectionPool.from_url(url).make_connection()
    except (ValueError, TypeError):
        return False
    parts = urlsplit(url)
    return parts.scheme == "unix" or (bool(parts.hostname) and (parts.path.strip("/") or "0").isdecimal())


def _host(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError("a host has no name")
    return parts.hostname, parts.port or SENTINEL_PORT


def _option(parts: SplitResult, name: str) -> str | None:
    return next(iter(parse_qs(parts.query).get(name, [])), None)
