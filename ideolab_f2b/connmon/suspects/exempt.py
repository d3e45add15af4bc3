"""Who is never named: this host, its gateways, and whom the setting `ignore` lists."""

from __future__ import annotations

from collections.abc import Iterable

from ideolab_f2b.config import Network
from ideolab_f2b.connmon.suspects.network import HOST6, SITE6, WIDE6, network_of, networks_of
from ideolab_f2b.kernel.client_network import is_shared


class Exempt:
    """Says of a name whether it may be a suspect.

    `single` are the /64 (8 bytes) that hold somebody exempt: their addresses are counted one by one.
    """

    def __init__(self, own: frozenset[bytes] = frozenset(), ignore: Iterable[Network] = ()) -> None:
        self._own, self._ignore = own, tuple(ignore)
        inside = {address[:HOST6] for address in own if len(address) == 16}
        inside |= {one.network_address.packed[:HOST6] for one in self._ignore if one.prefixlen > 64}
        self.single = frozenset(inside)
        self._networks = {name for one in (*own, *self.single) for name in networks_of(one)}

    def has(self, name: bytes) -> bool:
        """Return whether the name is, or holds, somebody who is never named."""
        if name in self._own or name in self._networks:
            return True
        # all clients of a translator have this /56 and /48
        if WIDE6 <= len(name) <= SITE6 and is_shared(name):
            return True
        return bool(self._ignore) and self._is_ignored(network_of(name))

    def _is_ignored(self, network: Network) -> bool:
        return any(network.version == one.version and network.overlaps(one) for one in self._ignore)
