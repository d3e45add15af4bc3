"""One site under attack for all tests that look at it from outside."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from demo.attacker import Attack
from demo.client import Nat
from demo.lab.error import LabError
from demo.lab.wait import wait_until
from demo.observer import Observer, Sighting
from demo.show import NAT, attacks
from demo.site import Site


@dataclass(frozen=True)
class Outcome:
    """What was seen of each attack while `nat` loaded pages; the site still runs, and holds the bans."""

    site: Site
    nat: Nat
    sightings: dict[str, Sighting]

    def attack(self, name: str) -> Attack:
        """Return the attack of this name."""
        return self.sightings[name].attack


@pytest.fixture(scope="session")
def outcome() -> Iterator[Outcome]:
    """The attacks of the demo, all at once, and what became of them."""
    with Site("f2bt-attack") as site:
        attacking, nat = attacks(), Nat(NAT)
        observer = Observer(site, attacking)
        nat.start(site.client)
        observer.start()
        for attack in attacking:
            attack.start(site.client)
        try:
            _wait(observer)
        finally:
            nat.stop()
            observer.stop()
            for attack in attacking:
                attack.stop()
        yield Outcome(site, nat, {one.name: observer.sightings[one] for one in attacking})


def _wait(observer: Observer) -> None:
    """Return when nothing is left of any attack, or when that takes too long: the tests say what is."""
    with contextlib.suppress(LabError):
        wait_until(lambda: all(map(Sighting.is_over, observer.sightings.values())), "an attack goes on")
