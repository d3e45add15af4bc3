"""The rows of a comparison that hold an address or network, and those that lie in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ideolab_f2b.bans.ban_row import BanRow
from ideolab_f2b.kernel.ipset.element import LONGEST, Key, Network, key_of


class Holders:
    """The rows by their networks: a thousand addresses are compared with a hundred thousand bans at once."""

    def __init__(self, rows: Iterable[BanRow], now: float) -> None:
        """Take the rows but for bans that are just ending at `now`."""
        self._rows: dict[Key, list[BanRow]] = {}
        for row in rows:
            if not _is_over(row, now):
                for key in row.prefixes or (row.key,):
                    self._rows.setdefault(key, []).append(row)
        self._prefixes = sorted({(version, -prefix) for version, _first, prefix in self._rows})

    def find_holders(self, network: Network) -> list[BanRow]:
        """Return the rows that hold the whole network, the narrowest first."""
        version, first, longest = key_of(network)
        found = []
        for other, negative in self._prefixes:
            if other == version and -negative <= longest:
                rest = LONGEST[version] + negative
                found += self._rows.get((version, first >> rest << rest, -negative), [])
        return found

    def find_inside(self, network: Network) -> list[BanRow]:
        """Return the rows that are a part of the network."""
        version, first, prefix = key_of(network)
        rest = LONGEST[version] - prefix
        found = [
            row
            for (other, address, longer), rows in self._rows.items()
            if other == version and longer > prefix and (first ^ address) >> rest == 0
            for row in rows
        ]
        # an AS may have many of its networks in there
        return list({(row.key, row.jail, row.set): row for row in found}.values())


def _is_over(row: BanRow, now: float) -> bool:
    until = row.ban.until if row.ban is not None else None
    return not row.in_kernel and until is not None and until <= now
