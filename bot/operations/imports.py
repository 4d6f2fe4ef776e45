"""Imports of many modules at once, without looking for garbage among them."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Generator[None]:
    """Import inside without the garbage collector, and let it never look at what was imported.

    Modules stay until the process ends. Looked through again and again while they are loaded, they take a fifth of
    the time to start; and each full look later would hold up the event loop for as long as it takes.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
