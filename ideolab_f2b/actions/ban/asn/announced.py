"""What an AS announces, as numbers and in words. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ideolab_f2b.kernel.ipset.element import Key


class Announced(NamedTuple):
    """What an AS announces: its networks, and how many IPv4 addresses and IPv6 /64 they hold."""

    keys: tuple[Key, ...]
    addresses4: int
    networks6: int

    def __str__(self) -> str:
        words = [f"{self.addresses4:,} IPv4 addresses"] if self.addresses4 else []
        words += [f"{self.networks6:,} /64 of IPv6"] if self.networks6 else []
        count = len(self.keys)
        return f"{count:,} prefix{'' if count == 1 else 'es'}, {' and '.join(words) or 'no address'}"
