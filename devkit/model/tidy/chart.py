"""A chart as a PNG, with the standard library alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

WIDTH, HEIGHT, MARGIN = 720, 360, 48
PAPER, INK, BAR = (255, 255, 255), (40, 44, 52), (54, 120, 200)
#: Digits of three by five points, a row each, as bits.
DIGITS = {
    "0": (7, 5, 5, 5, 7),
    "1": (2, 6, 2, 2, 7),
    "2": (7, 1, 7, 4, 7),
    "3": (7, 1, 7, 1, 7),
    "4": (5, 5, 7, 1, 1),
    "5": (7, 4, 7, 1, 7),
    "6": (7, 4, 7, 5, 7),
    "7": (7, 1, 2, 2, 2),
    "8": (7, 5, 7, 5, 7),
    "9": (7, 5, 7, 1, 7),
    "-": (0, 0, 7, 0, 0),
}


class Picture:
    """Points of one colour each, written as a PNG."""

    def __init__(self) -> None:
        self.rows = [bytearray(bytes(PAPER) * WIDTH) for _ in range(HEIGHT)]

    def box(self, left: int, top: int, right: int, bottom: int, colour: tuple[int, int, int]) -> None:
        """Fill a box."""
        for row in self.rows[max(0, top) : max(0, bottom)]:
            row[left * 3 : right * 3] = bytes(colour) * (right - left)

    def text(self, left: int, top: int, text: str) -> None:
        """Write digits, three points to the dot."""
        for at, sign in enumerate(text):
            for y, bits in enumerate(DIGITS.get(sign, (0,) * 5)):
                for x in range(3):
                    if bits >> (2 - x) & 1:
                        corner = left + (at * 4 + x) * 3, top + y * 3
                        self.box(*corner, corner[0] + 3, corner[1] + 3, INK)

    def png(self) -> bytes:
        """The file."""
        raw = b"".join(b"\0" + bytes(row) for row in self.rows)
        head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks
        )


def chart(months: Mapping[str, float]) -> bytes:
    """Draw a bar for each month."""
    picture = Picture()
    highest = max(months.values(), default=1.0) or 1.0
    step = (WIDTH - 2 * MARGIN) // max(1, len(months))
    for at, (month, spent) in enumerate(months.items()):
        left = MARGIN + at * step
        top = HEIGHT - MARGIN - int((HEIGHT - 2.5 * MARGIN) * spent / highest)
        picture.box(left + step // 8, top, left + step - step // 8, HEIGHT - MARGIN, BAR)
        picture.text(left + step // 8, top - 22, f"{spent:.0f}")
        picture.text(left + step // 8, HEIGHT - MARGIN + 10, month)
    picture.box(MARGIN, HEIGHT - MARGIN, WIDTH - MARGIN, HEIGHT - MARGIN + 2, INK)
    return picture.png()
