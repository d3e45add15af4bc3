"""What an AS announces, as numbers and in words. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.notation import prefix_counts


class Announced(NamedTuple):
    """What an AS announces: its networks, and how many IPv4 addresses and IPv6 /64 they hold."""

    keys: tuple[Key, ...]
    addresses4: int
    networks6: int

    def __str__(self) -> str:
        return prefix_counts.describe(len(self.keys), self.addresses4, self.networks6)
