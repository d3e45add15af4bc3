"""Which namespaces may be looked into: what the setting says, and those that route through this host."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from typing import NamedTuple

#: the word for each namespace that routes through this host
AUTO = "auto"
#: each of Calico's workloads has it as its gateway
_CALICO = ip_address("169.254.1.1").packed


class Coverage(NamedTuple):
    """The setting as values."""

    is_auto: bool
    names: frozenset[str]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is covered."""
        return not (self.is_auto or self.names)


def read_coverage(words: Collection[str]) -> Coverage:
    """Return what the words of the setting cover; none cover nothing."""
    return Coverage(AUTO in words, frozenset(words) - {AUTO})


def routes_through(gateways: Collection[bytes], host: Collection[bytes], routed: Collection[bytes]) -> bool:
    """Return whether one of a namespace's gateways is this host.

    A link-local gateway (fe80::1) may be another machine's: it counts where the host reaches the namespace,
    `routed`, by another address.
    """
    for gateway in gateways:
        if gateway == _CALICO:
            return True
        is_near = ip_address(gateway).is_link_local
        if gateway in host and (not is_near or any(not ip_address(one).is_link_local for one in routed)):
            return True
    return False
