"""Reads what previews need of this host: open connections, visitors, and what fail2ban says of a ban."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.asn.error import AsnTableError
from ideolab_f2b.asn.table import DEFAULT_PATH, AsnTable
from ideolab_f2b.kernel.ipset.element import Key, Network, key_of
from ideolab_f2b.kernel.netlink import KernelError
from ideolab_f2b.notation import as_number
from ideolab_f2b.places import ASN, MANUAL
from ideolab_f2b.preview import connections
from ideolab_f2b.preview.examine import examine
from ideolab_f2b.preview.preview import Preview, make
from ideolab_f2b.visitors.read import read
from ideolab_f2b.visitors.visitors import Visitors

#: days of visitors
DAYS = 7


class PreviewHost(NamedTuple):
    """What was read once for all words; `peers` is None where the kernel did not answer."""

    peers: Optional[list[Key]]
    visitors: Visitors
    troubles: tuple[str, ...] = ()
    #: of fail2ban-client
    options: tuple[str, ...] = ()
    #: which networks an AS has, where the server does not say it
    table: Path = DEFAULT_PATH

    def preview_network(self, name: str, network: Network) -> Preview:
        """Return what a ban of an address or a network would hit; `name` is fail2ban's."""
        answer, _keys = examine(MANUAL, name, self.options)
        return make(name, (key_of(network),), self.peers, self.visitors, answer, self.troubles)

    def preview_as(self, number: int) -> Preview:
        """Return what a ban of an AS would hit; while fail2ban is down by the table of this host."""
        name, troubles = as_number.text(number), self.troubles
        answer, told = examine(ASN, name, self.options)
        keys: Optional[Sequence[Key]] = told
        if not told:
            try:
                with AsnTable(self.table) as table:
                    keys = tuple(map(key_of, table.prefixes(number)))
            except AsnTableError as error:
                keys, troubles = None, (*troubles, str(error))
        return make(name, keys, self.peers, self.visitors, answer, troubles)


def look(ports: Iterable[int], logs: Sequence[str], options: tuple[str, ...] = ()) -> PreviewHost:
    """Read the open connections to these ports, and the visitors of the last days."""
    visitors = read(DAYS, logs)
    try:
        return PreviewHost(connections.read_peers(ports), visitors, (), options)
    except KernelError as error:
        return PreviewHost(None, visitors, (f"the present connections: {error}",), options)
