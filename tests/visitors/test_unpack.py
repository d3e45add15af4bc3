"""Gzip files as others write them: whole, in members, cut, endless."""

from __future__ import annotations

import gzip
import io
import random
import zlib

import pytest

from ideolab_f2b.visitors.unpack import unpack


def join(packed: bytes, most: int = 1 << 24) -> bytes:
    return b"".join(unpack(io.BytesIO(packed), most))


def test_as_python_unpacks() -> None:
    """Members of any size, with zeros behind each: the same bytes as GzipFile has."""
    source = random.Random(15)
    for _turn in range(50):
        packed = b"".join(
            gzip.compress(source.randbytes(source.choice((0, 1, 100, 70_000))) * source.choice((1, 20)))
            + bytes(source.choice((0, 1, 513)))
            for _member in range(source.randrange(1, 5))
        )
        assert join(packed) == gzip.decompress(packed)


def test_cut_or_none() -> None:
    """The end in the middle, what is no gzip, and what stands behind it."""
    packed = gzip.compress(b"line\n" * 1000)
    for cut in (packed[:5], packed[:-1], packed + packed[:12], b""):
        with pytest.raises(EOFError):
            join(cut)
    for other in (b"no gzip", bytes(100), packed + b"rest", packed[:-8] + bytes(8)):
        with pytest.raises(zlib.error):
            join(other)


def test_nothing_keeps_the_caller() -> None:
    """Zeros, empty members, a name of megabytes: no more is read than the bound, and each read yields."""
    name = b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 3_000_000
    for packed in (gzip.compress(b"x") + bytes(3_000_000), gzip.compress(b"") * 50_000, name):
        file = io.BytesIO(packed)
        pieces = list(unpack(file, 1_000_000))
        assert (file.tell(), len(pieces) >= 61, sum(map(len, pieces)) <= 1) == (1_000_000, True, True)


def test_a_bomb_comes_in_pieces() -> None:
    """What unpacks to much is never held at once."""
    pieces = unpack(io.BytesIO(gzip.compress(bytes(20_000_000))), 1 << 20)
    sizes = [len(piece) for piece in pieces]
    assert (sum(sizes), max(sizes) <= 1 << 18) == (20_000_000, True)
