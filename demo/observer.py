"""Sees what becomes of each attack, and when: line, kernel element, unanswered SYN, closed sockets."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable, Optional, TextIO

from demo.attacker import Attack
from demo.probe import Probe
from demo.site import Site
from ideolab_f2b.kernel.ipset.error import SetMissingError
from ideolab_f2b.kernel.ipset.sets import Sets

_LOOK_S = 0.04


@dataclass
class Sighting:
    """Seconds from the start of one attack to the first sight of each thing; None while unseen."""

    attack: Attack
    suspected: Optional[float] = None
    banned: Optional[float] = None
    dropped: Optional[float] = None
    gone: Optional[float] = None
    line: str = ""

    def is_over(self) -> bool:
        """Whether the attacker is out: nothing of it gets in, nothing of it is left."""
        return self.dropped is not None and self.gone is not None


Tell = Callable[[str, Sighting], None]


def set_name(target: str) -> str:
    """Return the kernel set that holds a ban of this address or network."""
    # an IPv6 client is its /64
    is_network = "/" in target and not target.endswith("/64")
    name = "ideolab_connnet" if is_network else "ideolab_connmon"
    return name + ("6" if ":" in target else "")


class Observer:
    """Looks until `stop`; `tell` is called with what is new, in the observer's thread."""

    def __init__(
        self,
        site: Site,
        attacks: Sequence[Attack],
        tell: Tell = lambda _what, _sighting: None,
        name: Callable[[str], str] = set_name,
    ) -> None:
        self.sightings = {attack: Sighting(attack) for attack in attacks}
        self._site, self._tell, self._name = site, tell, name
        self._probes: dict[Attack, Probe] = {}
        with site.server.enter():
            self._sets = Sets()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="observer", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Wait for the thread and close the connection to the kernel."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._sets.close()

    def _run(self) -> None:
        with self._site.client.enter(), open(self._site.connmon.log) as log:
            while not self._stop.wait(_LOOK_S):
                self._look(log)
        for probe in self._probes.values():
            probe.close()

    def _look(self, log: TextIO) -> None:
        lines = log.readlines()
        for attack, sighting in self.sightings.items():
            if attack.started is not None:
                self._follow(attack, sighting, lines)

    def _follow(self, attack: Attack, sighting: Sighting, lines: list[str]) -> None:
        if sighting.suspected is None:
            sighting.line = next((line for line in lines if f" suspect {attack.target} " in line), "")
            self._note("suspected", sighting, bool(sighting.line))
        if sighting.banned is None:
            self._note("banned", sighting, self._is_element(attack.target))
        elif sighting.gone is None:
            self._note("gone", sighting, self._count(attack) == 0)
        if sighting.dropped is None:
            self._probe(attack, sighting)

    def _note(self, what: str, sighting: Sighting, is_seen: bool, when: Optional[float] = None) -> None:
        if is_seen and sighting.attack.started is not None:
            setattr(sighting, what, (when or time.monotonic()) - sighting.attack.started)
            self._tell(what, sighting)

    def _count(self, attack: Attack) -> int:
        peers = self._site.nginx.count_established()
        return sum(map(peers.__getitem__, attack.addresses))

    def _is_element(self, target: str) -> bool:
        try:
            return self._sets.test(self._name(target), ipaddress.ip_network(target))
        except SetMissingError:
            return False

    def _probe(self, attack: Attack, sighting: Sighting) -> None:
        probe = self._probes.setdefault(attack, Probe(attack.addresses[0]))
        unanswered = probe.step()
        self._note("dropped", sighting, unanswered is not None, unanswered)
