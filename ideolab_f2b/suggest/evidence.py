"""Gathers who is banned now and who was in the last days, and says what could not be read."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

from ideolab_f2b.bans import jail_bans
from ideolab_f2b.bans.jail_bans import JailBans
from ideolab_f2b.fail2ban_client import ClientError
from ideolab_f2b.kernel.client_unit import UNIT, Units, find_unit
from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.suggest import event_bans

#: bans of fail2ban that are taken: its list has no end
HELD = 300_000
_DAY_S = 86_400.0


@dataclass
class BanEvidence:
    """Banned addresses as units, what is banned as a whole now, and where all that comes from."""

    units: Units = field(default_factory=lambda: {version: set() for version in UNIT})
    networks: set[Key] = field(default_factory=set)
    #: ASes that are banned now
    numbers: set[int] = field(default_factory=set)
    #: bans that fail2ban holds, and events of bans
    held: int = 0
    events: int = 0
    files: list[Path] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    #: why fail2ban did not answer; None when it did
    trouble: Optional[str] = None

    def add_jails(self, jails: Iterable[JailBans]) -> None:
        """Take the bans of fail2ban; a network counts as banned, and for no address of it."""
        for jail in jails:
            for key in jail.bans:
                if self.held >= HELD:
                    self.unread.append(f"fail2ban holds more than {HELD} bans: the others were not taken")
                    return
                self.held += 1
                if key[0] == jail_bans.AS:
                    self.numbers.add(key[1])
                elif not self._add(key):
                    self.networks.add(key)

    def add_events(self, found: event_bans.EventBans) -> None:
        """Take the bans of the log; a network that was banned is no address."""
        for key in found.keys:
            self._add(key)
        self.events, self.files = found.events, found.files
        self.unread += found.unread

    def _add(self, key: Key) -> bool:
        unit = find_unit(key) if key[0] in UNIT else None
        if unit is not None:
            self.units[key[0]].add(unit)
        return unit is not None


def gather(
    path: Path,
    days: float,
    ask: Callable[[], list[JailBans]] = jail_bans.ask_all,
    now: Callable[[], float] = time.time,
) -> BanEvidence:
    """Return the bans that fail2ban holds and those of the last days in the log of events."""
    evidence = BanEvidence()
    try:
        evidence.add_jails(ask())
    except (ClientError, OSError, ValueError) as error:
        evidence.trouble = str(error)
    evidence.add_events(event_bans.read(path, now() - days * _DAY_S))
    return evidence
