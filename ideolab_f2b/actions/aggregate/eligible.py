"""Which jails may aggregate: those whose lines nobody but the holder of an address can cause. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from ideolab_f2b.places import ALL_JAILS

#: jails of the pack whose evidence no forged packet and no page of a third party can make: connections held
#: for the jail's whole time, and garbage on established connections
OURS = ("ideolab-connmon", "nginx-ideolab-probe")


def find_refusal(jail: str, protocols: Sequence[str]) -> Optional[str]:
    """Return why a jail must not aggregate; None when it may."""
    if jail in ALL_JAILS and jail not in OURS:
        return f"a third party can cause lines of {jail}; only {' and '.join(OURS)} aggregate, of the pack"
    if tuple(protocols) != ("tcp",):
        return "without a TCP connection anybody can forge the address; a jail of tcp alone aggregates"
    return None
