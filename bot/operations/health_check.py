"""What the health check of a container asks: the replica of this machine, by the page at HEALTH_PORT."""

from __future__ import annotations

import json
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

#: Longest wait for the page, in seconds; it asks Redis and Slack itself.
PATIENCE = 8
EVERYWHERE = frozenset({"", "0.0.0.0", "::"})
NOBODY = "No replica answers at HEALTH_PORT."
NOT_SERVED = "HEALTH_PORT is 0, so no health pages are served and nobody can be asked. Set it to a port, for the replica too."


def complaints(host: str, port: int) -> list[str]:
    """A sentence for each thing that keeps the replica from working; none if it can work."""
    at = "127.0.0.1" if host in EVERYWHERE else host
    try:
        with closing(HTTPConnection(at, port, timeout=PATIENCE)) as asked:
            asked.request("GET", "/readyz")
            answer = asked.getresponse()
            said: Any = json.loads(answer.read())
        found = [str(one) for one in said["complaints"]]
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return [NOBODY]
    return found or ([] if answer.status == HTTPStatus.OK else [NOBODY])
