"""Closes the sockets of given peers inside the containers that the opener hands out, and nowhere else."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Optional

from ideolab_f2b import config
from ideolab_f2b.kernel.address import Network
from ideolab_f2b.kernel.sockets.destroy import destroy
from ideolab_f2b.namespaces.ask import ask
from ideolab_f2b.namespaces.message import Ports
from ideolab_f2b.namespaces.namespace import PORTS, SOCKET, Namespace

#: seconds that the watched ports of f2b.conf are good for
FRESH_S = 60.0

Ask = Callable[[Ports], Iterator[Namespace]]


class InsideSockets:
    """The sockets inside containers; `namespaces` is how many the last walk went through."""

    def __init__(
        self,
        path: str = SOCKET,
        settings: Path = config.DEFAULT_PATH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.namespaces = 0
        self._path, self._settings, self._clock = path, settings, clock
        self._watched: tuple[int, ...] = ()
        self._due = float("-inf")

    @property
    def is_used(self) -> bool:
        """Whether this host has the opener: its directory stays while the service is stopped."""
        return Path(self._path).parent.is_dir()

    def destroy(self, networks: Collection[Network], ports: Ports) -> int:
        """Close the peers' sockets on these ports and on the watched ones; return how many.

        One namespace that refuses does not keep the others from it. OpenerDownError without an opener,
        KernelError where the kernel refuses.
        """
        closed = count = 0
        failure: Optional[OSError] = None
        for found in ask(self._choose(ports), above=1, path=self._path):
            count += 1
            try:
                closed += destroy(networks, found.ports, channel=found.channel) if found.channel else 0
            except OSError as error:
                failure = error
        self.namespaces = count
        if failure is not None:
            raise failure
        return closed

    def _choose(self, ports: Ports) -> Ports:
        """Return the ports with those that connmon watches: a container's port may differ from the host's."""
        now = self._clock()
        if now >= self._due:
            self._due = now + FRESH_S
            with contextlib.suppress(config.ConfigError):
                self._watched = config.load(self._settings).connmon.ports
        return list(dict.fromkeys([*self._watched, *ports]))[:PORTS]
