"""Keeps one judge for each (namespace, port), of a bounded number of namespaces, as long as these exist."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Optional

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.containers.reader import NamespaceReader
from ideolab_f2b.connmon.port_judge import PortJudge, Systems
from ideolab_f2b.connmon.pressure.container import measure_of
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.kernel.netlink import Channel

#: namespaces that are looked into
MOST = 64
#: seconds after which one that was not seen is gone, where no answer was whole since
GONE_S = 60.0
_LONGEST = 64
_STRANGE = re.compile(r"[^A-Za-z0-9_.:-]")


@lru_cache(maxsize=2 * MOST)
def clean_name(name: str) -> str:
    """Return a name that can stand in a line, whoever made it up."""
    return _STRANGE.sub("_", name[:_LONGEST]) or "unknown"


class NamespaceJudges:
    """The judges of one namespace: one for each port."""

    def __init__(self, netns: int, name: str, settings: Connmon, systems: Systems) -> None:
        self.netns, self.name, self.seen = netns, clean_name(name), 0.0
        self._settings, self._systems = settings, systems
        self._reader = NamespaceReader()
        self._judges: dict[int, PortJudge] = {}

    def look(
        self, channel: Channel, ports: Sequence[int], own: frozenset[bytes], when: float
    ) -> list[PortTick]:
        """Judge the ports through a channel that is open for now; OSError when they cannot be read."""
        self._reader.channel = channel
        try:
            return [self._look(port, own, when) for port in ports if port in self._settings.ports]
        finally:
            self._reader.channel = None

    def miss(self, ports: Sequence[int], when: float) -> list[PortTick]:
        """Return the ticks of a look that failed: nothing is known now, and nobody is forgotten."""
        return [PortTick(when, port, Findings(), 0.0, self.name, self.netns, True) for port in ports]

    def rest(self, when: float) -> None:
        """Forget what was seen: there are too few sockets for a suspect."""
        for judge in self._judges.values():
            judge.rest(when)

    def _look(self, port: int, own: frozenset[bytes], when: float) -> PortTick:
        if port not in self._judges:
            reader = self._reader
            self._judges[port] = PortJudge(
                port,
                self._settings,
                rows=reader.rows,
                details=reader.details,
                systems=self._systems,
                measure=measure_of(port, self._settings, reader.listeners),
            )
        self._judges[port].tell_own(own)
        return self._judges[port].look(when)._replace(namespace=self.name, netns=self.netns)


class Judges:
    """Finds the judges of a namespace by its number; a restarted container has another one."""

    def __init__(self, settings: Connmon, systems: Systems) -> None:
        self._settings, self._systems = settings, systems
        self._known: dict[int, NamespaceJudges] = {}

    def find(self, netns: int, name: str, now: float) -> Optional[NamespaceJudges]:
        """Return the judges of a namespace; None where there are MOST of others."""
        found = self._known.get(netns)
        if found is None or found.name != clean_name(name):
            if found is None and len(self._known) >= MOST:
                return None
            found = self._known[netns] = NamespaceJudges(netns, name, self._settings, self._systems)
        found.seen = now
        return found

    def drop_others(self, seen: Collection[int], now: float, *, is_whole: bool) -> None:
        """Drop the judges of namespaces that are gone; after half an answer only those not seen for long."""
        for netns, one in list(self._known.items()):
            if netns not in seen and (is_whole or now - one.seen > GONE_S):
                del self._known[netns]
