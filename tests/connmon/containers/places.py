"""Made-up namespaces, and an opener that hands them out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import cast

from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.kernel.sockets.row import Connection
from ideolab_f2b.namespaces.namespace import Namespace


class Place:
    """A namespace with `mute` silent connections of each of these addresses; it is the channel too."""

    def __init__(self, netns: int, name: str = "lxc:c1", mute: int = 0, *peers: bytes) -> None:
        self.netns, self.name, self.mute = netns, name, mute
        self.peers = peers or (b"\xc6\x33\x64\x0a",)
        self.ports: tuple[int, ...] = (443,)
        self.own: frozenset[bytes] = frozenset()
        self.routed: frozenset[bytes] = frozenset()
        self.in_use = 1000
        self.dumps = 0
        self.error: OSError | None = None

    def rows(self, _port: int) -> Iterator[Connection]:
        """The connections; each is silent for nine seconds."""
        self.dumps += 1
        if self.error:
            raise self.error
        for number, peer in enumerate(self.peers * self.mute):
            yield Connection(
                2, 1, 0, 0, number, peer + bytes(12), number, 0, 0, 77,
                9000, 9000, 9000, 0, 0, 0, 0, 0, 0
            )  # fmt: skip

    def describe(self, above: int) -> Namespace:
        """What the opener tells of it."""
        channel = cast("Channel", self) if self.in_use >= above else None
        return Namespace(self.netns, self.name, self.ports, self.own, self.in_use, self.routed, channel)


class Opener:
    """Hands out places; `error` comes after the last of them."""

    def __init__(self, *places: Place) -> None:
        self.places = list(places)
        self.error: Exception | None = None
        self.wait_s = 0.0
        self.questions = self.address_questions = 0
        self.others: frozenset[bytes] = frozenset()

    def ask(self, _ports: tuple[int, ...], *, above: int, wait_s: float) -> Iterator[Namespace]:
        """What connmon calls."""
        self.questions += 1
        assert 0 < wait_s <= 1
        for place in self.places:
            time.sleep(self.wait_s)
            yield place.describe(above)
        if self.error:
            raise self.error

    def ask_addresses(self, *, wait_s: float) -> frozenset[bytes]:
        """Those of all places, and `others`, which listen on no port."""
        assert 0 < wait_s <= 1
        self.address_questions += 1
        if self.error:
            raise self.error
        return self.others.union(*(place.routed for place in self.places))
