"""`countersign backup` and `restore`: what matters of Redis into a file, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import BinaryIO, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.domain.errors import CannotRestore, CannotStart, CannotWrite
from bot.settings.config import Settings
from bot.store import backup_file, client
from bot.store.backup import Backup
from bot.store.backup_file import Checked, Origin, Sum, Writer
from bot.store.restoring import Restoring
from bot.store.roster import Roster
from bot.store.sealer import Sealer, key_names

Say = Callable[[str], None]

UNWRITTEN: Final = "The backup could not be written: {}."
NOTHING: Final = "There is nothing to back up: nothing is stored under REDIS_PREFIX {}."
UNREACHED: Final = "Redis could not be reached at REDIS_URL, or broke off."
THEN: Final = (
    "Now start the replicas: they look in Slack for what came after the backup, and ask the services before any call "
    "that was asked for before runs. `countersign doctor` warns until that is done."
)


async def back_up(settings: Settings, release: str, into: BinaryIO, say: Say) -> bool:
    """Write a backup; False where there are keys that this release does not know.

    Raises `CannotStart` where Redis cannot be reached, `CannotWrite` where the file takes no more, or nothing is stored:
    not a byte is written then.
    """
    async with client.connect(settings.redis_url.get_secret_value()) as redis:
        try:
            return await _written(redis, settings, release, into, say)
        except (RedisError, OSError):
            raise CannotStart(UNREACHED) from None


async def _written(redis: Redis, settings: Settings, release: str, into: BinaryIO, say: Say) -> bool:
    sealer = _sealer(settings)
    backup, writer = Backup(redis, settings.keys, sealer), Writer(sealer)
    seconds, _ = await redis.time()
    taken = datetime.fromtimestamp(int(seconds), UTC).isoformat()
    unwritten = writer.origin(Origin(release, settings.redis_prefix, settings.redis_shards, taken))
    async for piece in backup.pieces():
        unwritten += writer.piece(piece)
        if piece.values:
            _put(into, unwritten)
            unwritten = b""
    for name in sorted(backup.unlisted)[:10]:
        say(f"✗ {name!r} is of a kind that this release does not know, and is not in the backup.")
    heads = {team: f"{head.seq}:{head.hash}" for team, head in backup.heads.items()}
    found = Sum(dict(backup.counted), backup.unread, heads)
    if not found.keys:
        raise CannotWrite(NOTHING.format(settings.redis_prefix))
    _put(into, unwritten + writer.end(found), is_last=True)
    for line in _told(found):
        say(line)
    return not backup.unlisted


async def restore(
    settings: Settings, release: str, lines: Callable[[], Iterable[bytes]], say: Say, *, replace: bool
) -> bool:
    """Check a backup and write it back; `lines` reads it from its beginning. Always True.

    Raises `CannotRestore` where it does not fit, `CannotStart` where Redis cannot be reached.
    """
    sealer = _sealer(settings)
    checked = backup_file.check(lines(), sealer)
    _insist_on_fit(checked, settings, release)
    async with client.connect(settings.redis_url.get_secret_value()) as redis:
        restoring = Restoring(redis, settings.keys, sealer, Roster(redis, settings.keys, settings.lease))
        try:
            dropped = await restoring.begin(checked.sum.heads, replace=replace)
            await restoring.write(backup_file.pieces(lines()))
            await restoring.end()
        except (RedisError, OSError):
            raise CannotStart(UNREACHED) from None
    if dropped:
        say(f"Dropped what was stored: {dropped:,} keys.")
    say(f"Restored {restoring.written:,} keys of {checked.origin.taken}.")
    say(THEN)
    return True


def _insist_on_fit(checked: Checked, settings: Settings, release: str) -> None:
    origin = checked.origin
    for name, theirs, ours in (
        ("REDIS_PREFIX", origin.prefix, settings.redis_prefix),
        ("REDIS_SHARDS", origin.shards, settings.redis_shards),
    ):
        if theirs != ours:
            raise CannotRestore(
                f"{name} is {ours}, and this backup is of {theirs}: what it holds opens there alone."
            )
    if _parts(origin.release) > _parts(release):
        raise CannotRestore(
            f"This backup is of release {origin.release}, and this is {release}: an earlier one may not read it."
        )
    if missing := checked.keys - set(key_names(settings.state_key_list)):
        raise CannotRestore(
            f"STATE_KEYS lacks {', '.join(sorted(missing))}, with which some of this backup is sealed. Put the key behind the others."
        )


def _put(into: BinaryIO, lines: bytes, *, is_last: bool = False) -> None:
    """Write lines of a backup. Raises `CannotWrite` where there is no room for them, or nobody reads on."""
    try:
        into.write(lines)
        if is_last:
            into.flush()
    except OSError as error:
        raise CannotWrite(UNWRITTEN.format(error.strerror)) from None


def _parts(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".") if part.isdigit())


def _told(found: Sum) -> list[str]:
    kinds = found.kinds
    many = (("threads", "row"), ("approvals", "approval"), ("runs", "run"))
    lines = [
        f"{found.keys:,} keys: " + ", ".join(f"{kinds.get(kind, 0):,} {word}" for word, kind in many) + "."
    ]
    lines += [f"Audit log of {team} up to {head}" for team, head in sorted(found.heads.items())]
    if found.unread:
        lines.append(
            f"! {found.unread:,} values cannot be opened with these STATE_KEYS; they are kept as they are."
        )
    return lines


def _sealer(settings: Settings) -> Sealer:
    return Sealer(settings.state_key_list, read_unbound=settings.read_unbound_seals)
