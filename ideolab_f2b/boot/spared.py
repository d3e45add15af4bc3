"""Whom a boot bans not, whatever the database says: what is no host, and whom root's lists name by address.

The addresses of this host and its SSH peers are not there yet, and names have no answer. The ban action
never banned them, and lifts at its start what it would refuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from ideolab_f2b.actions.jail_record import JailRecord
from ideolab_f2b.actions.protected.never_ban import NeverBanFiles
from ideolab_f2b.actions.protected.refusal import NEVER, Index, Listed, listing
from ideolab_f2b.boot.identity import last_address
from ideolab_f2b.kernel.ipset.element import Key


class Spared:
    """The lists of all jails, each file read once; `problems` says what of them cannot be used."""

    def __init__(self) -> None:
        self._files = NeverBanFiles(say=lambda _text: None)
        self._kept: dict[tuple[str, tuple[str, ...]], Index] = {}
        self.problems: list[str] = []

    def has(self, jail: JailRecord, key: Key) -> bool:
        """Whether a jail must not ban a network."""
        version, first, prefix = key
        shortest = jail.min_prefix4 if version == 4 else jail.min_prefix6
        return prefix < shortest or self._index(jail).overlaps(version, first, last_address(key))

    def _index(self, jail: JailRecord) -> Index:
        wanted = jail.allow_file, jail.allow
        if wanted not in self._kept:
            self._kept[wanted] = Index((*NEVER, *self._list(jail)))
        return self._kept[wanted]

    def _list(self, jail: JailRecord) -> Iterator[Listed]:
        found = self._files.read(jail.allow_file)
        self.problems += (text for text in found.troubles if text not in self.problems)
        yield from found.listed
        for text in jail.allow:
            try:
                yield listing(ip_network(text), "listed in the option allow")
            except ValueError:
                self.problems.append(f"jail {jail.jail}: {text[:60]!r} of its option allow is no network")
