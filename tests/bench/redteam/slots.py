"""Who holds nginx's slots, sampled once a second from the server's side."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from demo.lab import sockets
from demo.lab.nginx import Nginx
from tests.bench.redteam.server.nginx import APPLICATION_PORT

_EVERY_S = 1.0
#: with fewer than this part of its slots free, nginx closes connections that are idle or have not spoken yet
_PART = 16


class Sample(NamedTuple):
    """One second: slots in use, those for the application, and connections by address."""

    at: float
    used: int
    upstream: int
    peers: Mapping[str, int]


class Sampler:
    """Takes samples until the `with` ends."""

    def __init__(self, nginx: Nginx) -> None:
        self._nginx = nginx
        self._stop = threading.Event()
        self.samples: list[Sample] = []

    @contextlib.contextmanager
    def run(self) -> Iterator[Sampler]:
        """Take samples in a thread of its own."""
        thread = threading.Thread(target=self._run, name="slots", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_S):
            self.samples.append(self._take())

    def _take(self) -> Sample:
        peers = self._nginx.count_established()
        upstream = sum(sockets.count_established(self._nginx.pid, APPLICATION_PORT).values())
        return Sample(time.time(), _count_sockets(_worker(self._nginx.pid)), upstream, peers)


def _worker(master: int) -> int:
    return int(Path(f"/proc/{master}/task/{master}/children").read_text().split()[0])


def _count_sockets(process: int) -> int:
    count = 0
    with contextlib.suppress(OSError):
        for entry in os.scandir(f"/proc/{process}/fd"):
            with contextlib.suppress(OSError):
                count += os.readlink(entry.path).startswith("socket:")
    return count


def is_full(sample: Sample, slots: int) -> bool:
    """Whether a new visitor gets a slot only when somebody else loses his."""
    return sample.used >= slots - slots // _PART


def exhausted_s(samples: list[Sample], slots: int) -> float:
    """Return for how many seconds nginx was full."""
    return _EVERY_S * sum(is_full(one, slots) for one in samples)


def longest_hold_s(samples: list[Sample], slots: int, addresses: int) -> float:
    """Return how long one address held more than a quarter while nginx was exhausted.

    The application's slots count for all attackers in equal parts: nobody sees from outside whose they are.
    """
    longest, begun = 0.0, dict[str, float]()
    for one in samples:
        large: set[str] = set()
        if is_full(one, slots):
            large = {
                name for name, count in one.peers.items() if count + one.upstream / addresses > slots / 4
            }
        begun = {name: begun.get(name, one.at) for name in large}
        longest = max([longest, *(one.at - since for since in begun.values())])
    return longest
