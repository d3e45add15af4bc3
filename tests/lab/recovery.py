"""Fills every slot of nginx and measures how soon after the ban a new client is served."""

from __future__ import annotations

import http.client
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Callable, Optional

from demo.attacker import HALF_HELLO, Attack
from demo.client import visit
from demo.lab.wait import wait_until
from demo.observer import Observer, set_name
from demo.site import Site

#: worker_connections of the site; under pressure nginx recycles idle connections, never an unfinished hello
SLOTS = 64
ATTACKER, VISITOR = "198.51.100.10", "203.0.113.9"
_ANSWER_S = 0.5
_PAUSE_S = 0.05


@dataclass
class Recovery:
    """`banned_s` counts from the start of the attack, `served_s` and the keys of `sockets` from the ban."""

    was_refused: bool
    banned_s: float
    served_s: Optional[float] = None
    sockets: dict[int, int] = field(default_factory=dict)


def measure(
    site: Site,
    patience_s: float,
    counted_at_s: Sequence[int] = (1,),
    name: Callable[[str], str] = set_name,
) -> Recovery:
    """One attack on a site of SLOTS connections; patience and counting begin with the ban."""
    attack = Attack(HALF_HELLO, [ATTACKER], SLOTS + 20)
    observer = Observer(site, [attack], name=name)
    attack.start(site.client)
    observer.start()
    try:
        time.sleep(2)
        was_refused = not _is_served(site)
        recovery = Recovery(was_refused, _wait_for_ban(observer, attack))
        _follow(site, recovery, patience_s, counted_at_s)
        return recovery
    finally:
        observer.stop()
        attack.stop()


def _is_served(site: Site) -> bool:
    try:
        visit(site.client, VISITOR, _ANSWER_S)
    except (OSError, http.client.HTTPException):
        return False
    return True


def _wait_for_ban(observer: Observer, attack: Attack) -> float:
    sighting = observer.sightings[attack]
    wait_until(lambda: sighting.banned is not None, f"{ATTACKER} is not banned", every_s=0.01)
    assert sighting.banned is not None
    return sighting.banned


def _follow(site: Site, recovery: Recovery, patience_s: float, counted_at_s: Sequence[int]) -> None:
    """Try to load a page, and count, until both are known or the patience ends."""
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < patience_s:
        if recovery.served_s is None and _is_served(site):
            recovery.served_s = time.monotonic() - begun
        for second in counted_at_s:
            if passed >= second and second not in recovery.sockets:
                recovery.sockets[second] = site.nginx.count_established()[ATTACKER]
        if recovery.served_s is not None and len(recovery.sockets) == len(counted_at_s):
            return
        time.sleep(_PAUSE_S)
