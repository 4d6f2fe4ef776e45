"""Whom tests trust: one authority of their own, and in what is started as a newcomer would, whom this machine does."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from devkit.processes import inherited, take_over

OURS: Final = str(Path(__file__).with_name("authority.pem"))
#: What OpenSSL reads certificates from: https://docs.openssl.org/3.0/man3/SSL_CTX_load_verify_locations/
NAMES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
#: Put before a name to keep what it was: a worker of the tests is started with what its parent took over.
KEPT: Final = "TESTS_KEPT_"


def trust_one_authority() -> None:
    """Let clients, here and in processes that tests start, read one certificate in the place of all of the system's.

    No test speaks to anybody who has one, and each client of each bot would read them: a twentieth of a bot's start.
    """
    given = inherited()
    if given.get(NAMES[0]) == OURS:
        return
    kept = {KEPT + name: given.pop(name) for name in NAMES if name in given}
    take_over(given | kept | {NAMES[0]: OURS})


def as_before() -> dict[str, str]:
    """The environment that tests were started with: whatever installs something has to trust whom this machine trusts."""
    given = inherited()
    others = {one: value for one, value in given.items() if one not in NAMES and not one.startswith(KEPT)}
    return others | {name: given[KEPT + name] for name in NAMES if KEPT + name in given}
