"""The ways to hold the country list in the kernel, and which of them this host takes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress

from ideolab_f2b.config import Settings
from ideolab_f2b.firewall import backend
from ideolab_f2b.geo.rule.backend import CountryRule
from ideolab_f2b.geo.rule.ipset.rule import IpsetRule
from ideolab_f2b.geo.rule.nft.rule import NftRule
from ideolab_f2b.kernel.netlink import ModuleMissingError

RULES: dict[str, Callable[[], CountryRule]] = {"ipset": IpsetRule, "nft": NftRule}


def choose(settings: Settings) -> str:
    """Return the name of the one that [geo], else [firewall] asks for; `auto` is where the bans would be.

    A host with iptables and ipset has programs that change nft rules all day (fail2ban's own actions,
    firewalld, iptables-nft): there the list belongs into ipset, which none of them prints or reads.
    """
    for wanted in (settings.geo.backend, settings.firewall.backend):
        if wanted != backend.AUTO:
            return wanted
    return backend.choose().name


def remove_all(but: str = "") -> list[str]:
    """Take the list out of each way to hold it but one; return their names."""
    found = []
    for name, make in RULES.items():
        # a kernel without a module holds nothing in it
        with suppress(ModuleMissingError):
            if name != but:
                with closing(make()) as rule:
                    if rule.remove():
                        found.append(name)
    return found
