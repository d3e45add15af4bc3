"""Makes a picture of a page small: a PNG with a palette of its most frequent colours, without a library."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from pathlib import Path

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: colours of a palette
_COLOURS = 256


def shrink(path: Path) -> int:
    """Replace a PNG of 8-bit RGB or RGBA by one with a palette; return its bytes. Transparency is lost."""
    width, height, pixels = _read(path.read_bytes())
    counted = Counter(pixels)
    palette = [colour for colour, _count in counted.most_common(_COLOURS)]
    index = {colour: number for number, colour in enumerate(palette)}
    for colour in counted:
        if colour not in index:
            index[colour] = min(range(len(palette)), key=lambda number: _distance(palette[number], colour))
    rows = bytearray()
    for start in range(0, width * height, width):
        rows += b"\0" + bytes([index[pixel] for pixel in pixels[start : start + width]])
    data = _SIGNATURE + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", b"".join(palette)),
            _chunk(b"IDAT", zlib.compress(bytes(rows), 9)),
            _chunk(b"IEND", b""),
        )
    )
    path.write_bytes(data)
    return len(data)


def _distance(one: bytes, other: bytes) -> int:
    return sum((first - second) ** 2 for first, second in zip(one, other))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _read(data: bytes) -> tuple[int, int, list[bytes]]:
    """Return width, height, and each pixel as three bytes."""
    assert data.startswith(_SIGNATURE)
    place, packed, width, height, size = len(_SIGNATURE), b"", 0, 0, 0
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert depth == 8 and colour in (2, 6), "an 8-bit RGB or RGBA picture is needed"
            size = 3 if colour == 2 else 4
        packed += body if kind == b"IDAT" else b""
        place += length + 12
    rows = _unfilter(zlib.decompress(packed), width * size, size)
    return width, height, [row[at : at + 3] for row in rows for at in range(0, width * size, size)]


def _unfilter(data: bytes, stride: int, size: int) -> list[bytes]:
    """Return the lines of a picture without the filters of PNG (its specification, section 9)."""
    rows, above = [], bytearray(stride)
    for start in range(0, len(data), stride + 1):
        kind, row = data[start], bytearray(data[start + 1 : start + 1 + stride])
        for at in range(stride if kind else 0):
            left = row[at - size] if at >= size else 0
            corner = above[at - size] if at >= size else 0
            guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[kind]
            row[at] = (row[at] + guess) & 0xFF
        rows.append(bytes(row))
        above = row
    return rows


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))
