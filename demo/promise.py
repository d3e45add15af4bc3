"""What the pack promises about an attack, and whether it was kept. Pure."""

from __future__ import annotations

from demo import attacker
from demo.attacker import Attack
from demo.lab.connmon import EVERY_S
from demo.observer import Sighting

#: seconds from the first byte of an attack to the first packet that is dropped, at the defaults
QUIET_S = 2 * EVERY_S + 1
#: the same where one snapshot cannot tell (drip, slow read)
SLOW_S = 3 * EVERY_S + 3
#: seconds from the ban until the server holds no socket of the attacker any more
CLOSED_S = 1.0
_QUIET = (attacker.SILENT, attacker.HALF_HELLO, attacker.HANDSHAKE)


def limit_s(attack: Attack) -> float:
    """Return the seconds after its start in which the packets of this attack must be dropped."""
    return QUIET_S if attack.kind in _QUIET else SLOW_S


def closed_s(sighting: Sighting) -> float:
    """Return the seconds from the ban to the last closed socket."""
    if sighting.gone is None or sighting.banned is None:
        return float("inf")
    return sighting.gone - sighting.banned


def is_kept(sighting: Sighting) -> bool:
    """Whether the attack was seen, banned and closed in time, and every client saw its connections end."""
    attack = sighting.attack
    return (
        sighting.suspected is not None
        and sighting.dropped is not None
        and sighting.dropped <= limit_s(attack)
        and closed_s(sighting) <= CLOSED_S
        and attack.reset == attack.opened == attack.connections
    )
