"""A picture with a palette shows what it showed before."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from tests.accesslog import palette


def write_picture(path: Path, rows: list[list[bytes]], kind: int) -> None:
    """Write a PNG of RGB whose lines have one of the filters of PNG."""
    data, above = b"", bytes(3 * len(rows[0]))
    for row in rows:
        line = b"".join(row)
        left = bytes(3) + line[:-3]
        corner = bytes(3) + above[:-3]
        guesses = {
            0: bytes(len(line)),
            1: left,
            2: above,
            3: bytes((one + other) // 2 for one, other in zip(left, above)),
            4: bytes(palette._paeth(*three) for three in zip(left, above, corner)),
        }
        data += bytes([kind]) + bytes((one - guess) & 0xFF for one, guess in zip(line, guesses[kind]))
        above = line
    path.write_bytes(
        palette._SIGNATURE
        + palette._chunk(b"IHDR", struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 2, 0, 0, 0))
        + palette._chunk(b"IDAT", zlib.compress(data))
        + palette._chunk(b"IEND", b"")
    )


def read_colours(path: Path) -> list[bytes]:
    """The colour of each pixel of a picture with a palette."""
    data = path.read_bytes()
    colours = data.partition(b"PLTE")[2]
    width, height = struct.unpack(">II", data[16:24])
    lines = zlib.decompress(data.partition(b"IDAT")[2])
    found = [lines[row * (width + 1) + 1 : (row + 1) * (width + 1)] for row in range(height)]
    return [colours[3 * number : 3 * number + 3] for number in b"".join(found)]


@pytest.mark.parametrize("kind", range(5))
def test_few_colours_stay(tmp_path: Path, kind: int) -> None:
    """Whatever filter the lines have."""
    path = tmp_path / "a.png"
    rows = [[bytes([x * 7, y * 11, x ^ y]) for x in range(12)] for y in range(9)]
    write_picture(path, rows, kind)

    assert palette.shrink(path) == path.stat().st_size
    assert read_colours(path) == [colour for row in rows for colour in row]


def test_rare_colours_become_near_ones(tmp_path: Path) -> None:
    """More than a palette holds: the rest is hardly another colour."""
    path = tmp_path / "a.png"
    frequent = [[bytes([x, 0, 0]) for x in range(256)] for _row in range(2)]
    write_picture(path, [*frequent, [bytes([x, 1, 0]) for x in range(256)]], 0)
    palette.shrink(path)

    assert read_colours(path)[512:] == frequent[0]
