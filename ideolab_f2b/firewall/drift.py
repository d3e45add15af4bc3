"""The difference between what fail2ban holds and what the kernel holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.ipset.element import Key

#: seconds before its end in which an element may be gone already: the kernel ends bans a moment earlier
GRACE_S = 5
#: seconds that an element may end before its ban: clocks differ, bans are made longer while we look
SHORT_S = 60
#: what fail2ban says of a ban whose time is over and which it has not ended yet
EXPIRED = -1


class SetDrift(NamedTuple):
    """Bans without an element, elements that end long before their ban, elements without a ban."""

    missing: list[Key]
    short: list[Key]
    stale: list[Key]

    @property
    def size(self) -> int:
        """How many bans and elements differ."""
        return len(self.missing) + len(self.short) + len(self.stale)


def compare(held: Mapping[Key, int], found: Mapping[Key, Optional[int]]) -> SetDrift:
    """Compare what is left in seconds: to bans (0 for ever, -1 expired) and to elements (None for ever)."""
    missing, short = [], []
    for key, left_s in held.items():
        if key not in found:
            if left_s == 0 or left_s > GRACE_S:
                missing.append(key)
        elif is_short(left_s, found[key]):
            short.append(key)
    return SetDrift(missing, short, [key for key in found if key not in held])


def is_short(left_s: int, element_s: Optional[int]) -> bool:
    """Whether an element ends so early that its address comes back in before the ban is over."""
    return left_s != EXPIRED and element_s is not None and (left_s == 0 or left_s - element_s > SHORT_S)
