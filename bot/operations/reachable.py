"""How long the doctor waits for an answer, and what counts as none."""

from __future__ import annotations

from http import HTTPStatus

import aiohttp

#: Longest wait for one answer, in seconds.
PATIENCE = 10
#: What is raised when nothing answers.
UNREACHABLE = (aiohttp.ClientError, TimeoutError, OSError)
#: How a server says that a key is not good.
REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
