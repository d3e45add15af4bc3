"""Which backends hold bans: those that the jails of the server say; while it is down, those in the kernel."""

from __future__ import annotations

from typing import NamedTuple

from ideolab_f2b import fail2ban_client
from ideolab_f2b.firewall.backend import BACKENDS, Backend, find_in_kernel
from ideolab_f2b.places import ACTION, ALL_JAILS


class UsedSet(NamedTuple):
    """A jail that runs, the name of its set for IPv4, and what holds it."""

    jail: str
    set: str
    backend: Backend


def ask() -> list[UsedSet]:
    """Ask each running jail that has our action; ClientError without an answer."""
    found = []
    for jail in sorted(fail2ban_client.jails()):
        # asked first: fail2ban writes each failed question into its log
        action = ACTION if jail in ALL_JAILS else fail2ban_client.find_action(jail, ACTION)
        stats = (fail2ban_client.stats(jail, action) if action else None) or {}
        if stats.get("set"):
            # an older action has no other backend than ipset
            backend = BACKENDS.get(str(stats.get("backend")), BACKENDS["ipset"])
            found.append(UsedSet(jail, str(stats["set"]), backend))
    return found


def find() -> list[Backend]:
    """Return the backends of the jails that run; without any, those that hold something; KernelError."""
    try:
        names = {used.backend.name for used in ask()}
    except fail2ban_client.ClientError:
        names = set()
    return [BACKENDS[name] for name in BACKENDS if name in names] or find_in_kernel()
