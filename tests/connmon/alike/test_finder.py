"""finder: when the crowd is grouped."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import pytest

from ideolab_f2b.config import Network
from ideolab_f2b.connmon.alike.client import SlotClient
from ideolab_f2b.connmon.alike.finder import EVERY_S, AlikeFinder
from ideolab_f2b.kernel.netlink import KernelError
from ideolab_f2b.kernel.sockets.detail import Detail

CROWD = [
    SlotClient(bytes((198, 51, 100, number)), 1, 1, "partial-hello")
    if number < 40
    else SlotClient(bytes((198, 51, 100, number)), 1)
    for number in range(60)
]


def read(_port: int, _networks: Collection[Network]) -> Iterator[Detail]:
    return (Detail(one.address, 1460, 7, 7) for one in CROWD)


def test_every_few_seconds() -> None:
    """And again when the clock was set back."""
    asked: list[list[bytes]] = []

    def systems(addresses: Iterable[bytes]) -> dict[bytes, str]:
        asked.append(list(addresses))
        return {}

    finder = AlikeFinder(443, read, systems)
    moments = (1000.0, 1000.0 + EVERY_S - 0.1, 1000.0 + EVERY_S, 10.0)
    found = [finder.find(lambda: CROWD, when) for when in moments]

    assert [None if one is None else len(one) for one in found] == [40, None, 40, 40]
    # those at fault first: what is looked up is bounded
    assert asked[0] == [one.address for one in CROWD]
    assert [one.address for one in sorted(CROWD, key=lambda one: -one.faults)] == asked[1]


def test_a_kernel_that_does_not_answer() -> None:
    """The next try comes as late as after an answer."""

    def refuse(_port: int, _networks: Collection[Network]) -> Iterable[Detail]:
        raise KernelError(5, "peers of port 443")

    finder = AlikeFinder(443, refuse, lambda _addresses: {})
    with pytest.raises(KernelError):
        finder.find(lambda: CROWD, 0.0)
    assert finder.find(lambda: CROWD, 1.0) is None
