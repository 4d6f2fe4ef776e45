"""`countersign keys reseal`: what is stored is sealed anew with the first key, and whether the others may go."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.errors import CannotStart
from bot.settings.config import Settings
from bot.store import client
from bot.store.keys import Keys
from bot.store.resealing import Resealed, Resealing
from bot.store.roster import Roster
from bot.store.sealer import Sealer, key_names


async def reseal(settings: Settings, say: Callable[[str], None]) -> bool:
    """Seal anew, and print how many of what; False where something is left that needs another key.

    Raises `CannotStart` while a replica serves that seals with another key: it would go on doing so.
    """
    keys = Keys(settings.redis_prefix, settings.redis_shards)
    first = key_names(settings.state_key_list)[0]
    async with client.connect(settings.redis_url.get_secret_value()) as redis:
        living = (await Roster(redis, keys, settings.lease).read()).living
        if others := [one for one in living if one.seals_with != first]:
            raise CannotStart(
                f"{len(others)} of {len(living)} replicas that serve seal with another key than {first}, the first one "
                "of these STATE_KEYS. Put it in front on all of them first."
            )
        found = await Resealing(redis, keys, Sealer(settings.state_key_list)).run()
    say(f"Sealed anew with the key {first}: {found.anew:,}. Sealed with it before: {found.before:,}.")
    for line in _left(found):
        say(f"✗ {line}")
    if found.is_complete:
        say(
            "Nothing is sealed with any other key: the others may go from STATE_KEYS. Audit heads that were signed and "
            "brought elsewhere before can be checked with the key that signed them alone."
        )
    return found.is_complete


def _left(found: Resealed) -> list[str]:
    lines = (
        [f"{found.busy:,} are of threads that are worked on right now: run this again."] if found.busy else []
    )
    for name, count in sorted(found.missing.items()):
        key = (
            f"the key {name}, which is not among STATE_KEYS" if name else "a key that is not among STATE_KEYS"
        )
        lines.append(f"{count:,} need {key}, or are damaged.")
    return lines
