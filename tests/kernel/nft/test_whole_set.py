"""A long set whose elements the kernel moves while it tells them."""

from __future__ import annotations

import socket

import pytest

from ideolab_f2b.kernel.netlink import NESTED, nest
from ideolab_f2b.kernel.nft import element, ruleset, whole_set
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.ruleset import SetRow

KEYS = [socket.inet_aton(f"198.51.100.{number}") for number in range(6)]


class Moving(NftChannel):
    """Tells other elements in each reading, in two pieces."""

    def __init__(self, *readings: list[int]) -> None:
        self.readings = list(readings)

    def dump_all(self, kind: int, payload: bytes = b"", family: int = 1) -> list[bytes]:
        told = self.readings.pop(0)
        pieces = [told] if len(told) == 1 else [told[:1], told[1:]]
        return [nest(3 | NESTED, *(element.pack_any(KEYS[each]) for each in piece)) for piece in pieces]


@pytest.mark.parametrize(
    ("count", "readings", "left", "found"),
    [
        (4, [[0, 1, 2, 3], [5]], 1, 4),
        (4, [[0, 1], [2, 3], [5]], 1, 4),
        (5, [[0, 1, 2], [1, 2, 0], [5]], 1, 3),
        (None, [[0, 1, 2], [0, 3], [3, 1], [5]], 1, 4),
        (None, [[0], [1]], 1, 1),
        (6, [[0, 0], [0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [1, 2]], 1, 6),
    ],
)
def test_readings(
    count: int | None,
    readings: list[list[int]],
    left: int,
    found: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many as the kernel counts, or nothing new, or one piece, or often enough."""
    channel = Moving(*readings)
    monkeypatch.setattr(ruleset, "find_set", lambda *_asked: SetRow("a_b", 4, 64, 0, count))

    assert list(whole_set.read(channel, "a_b")) == KEYS[:found]
    assert len(channel.readings) == left
