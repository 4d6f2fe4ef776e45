"""Large buffers go back to the system as soon as they are free."""

from __future__ import annotations

import ctypes
from typing import Final

#: mallopt(3): from this size on, memory is mapped by itself, and given back when it is freed. Left alone,
#: glibc raises the size with the first archive to 32 MiB, and keeps what was that large for later.
M_MMAP_THRESHOLD: Final = -3
LARGE: Final = 256 * 1024


def give_back_large_buffers() -> bool:
    """Tell the allocator; False where it is not glibc's, which needs no telling or cannot be told."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(M_MMAP_THRESHOLD, LARGE) == 1
