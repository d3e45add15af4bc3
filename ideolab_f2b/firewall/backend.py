"""Which backend holds the bans of this host: ipset with iptables, or nf_tables alone."""

from __future__ import annotations

from ideolab_f2b.firewall.backends.ipset import IpsetBackend
from ideolab_f2b.firewall.backends.nft import NftBackend
from ideolab_f2b.firewall.backends.protocol import Backend as Backend
from ideolab_f2b.firewall.backends.protocol import KernelSets as KernelSets

#: what the setting `backend` says where it says nothing
AUTO = "auto"
BACKENDS: dict[str, Backend] = {"ipset": IpsetBackend(), "nft": NftBackend()}
#: what the setting `backend` may say
CHOICES = (AUTO, *BACKENDS)


def choose(wanted: str = AUTO) -> Backend:
    """Return the backend of a setting; ValueError says what it may be.

    `auto` is ipset where the programs of iptables and ipset are there and work, else nft. It forks: once.
    """
    if wanted not in CHOICES:
        raise ValueError(f"{' or '.join(CHOICES)} is needed")
    if wanted != AUTO:
        return BACKENDS[wanted]
    return BACKENDS["nft" if BACKENDS["ipset"].find_problem() else "ipset"]


def find_in_kernel() -> list[Backend]:
    """Return the backends that hold something of ours in the kernel now."""
    return [backend for backend in BACKENDS.values() if backend.is_in_kernel()]
