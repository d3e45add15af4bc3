"""What fail2ban holds in one jail, and its tickets as numbers that compare quickly; changes nothing."""

from __future__ import annotations

import socket
import time
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Optional

from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.actions.ttl import timeout
from ideolab_f2b.firewall.drift import EXPIRED
from ideolab_f2b.kernel.ipset.element import LONGEST, Key, Network, key_of

_VERSIONS = {socket.AF_INET: 4, socket.AF_INET6: 6}


class BanList:
    """The ban list of one jail: fail2ban puts a ban in before it calls ban(), takes it out before unban()."""

    def __init__(self, jail: Any) -> None:
        self._jail = jail

    @property
    def is_active(self) -> bool:
        """False once the jail stops: its list is emptied then, and its elements stay."""
        return bool(self._jail.actions.active)

    @property
    def is_queued(self) -> bool:
        """Whether tickets wait for the jail, as those of a restart do while it restores them."""
        return bool(self._jail.hasFailTickets)

    def tickets(self) -> dict[Key, Any]:
        """The bans at this moment; what is banned by something that is no address is left out."""
        tickets = {}
        for ticket in ban_manager(self._jail.actions):
            key = key_of_identity(ticket.getID())
            if key is not None:
                tickets[key] = ticket
        return tickets

    def holds(self, ticket: Any) -> bool:
        """Whether its address is banned at this moment, by this ticket or by a newer one."""
        return bool(ban_manager(self._jail.actions)._inBanList(ticket))

    def left_s(self, ticket: Any, now: Optional[float] = None) -> int:
        """Seconds to the end of the ban: 0 for ever, -1 when it is over."""
        now = time.time() if now is None else now
        default = self._jail.actions.getBanTime()
        if ticket.getEndOfBanTime(default) <= now:
            return EXPIRED
        return timeout(ticket.getTime(), ticket.getBanTime(default), now)

    def count(self) -> int:
        """How many bans the jail holds, at once for any number."""
        return int(ban_manager(self._jail.actions).size())

    def of_root(self) -> list[str]:
        """What root has banned by hand: with `ideolab-f2b ban`, and with `banip`, whose bans have no ttl."""
        return [
            str(ticket.getID())
            for ticket in ban_manager(self._jail.actions)
            if is_of_root(ticket) or ticket.getData("ttl") is None
        ]

    def rows(self) -> list[list[Any]]:
        """[address or network, when (epoch seconds), bantime (seconds, -1 for ever)] of each ban."""
        default = self._jail.actions.getBanTime()
        return [
            [str(ticket.getID()), ticket.getTime(), ticket.getBanTime(default)]
            for ticket in ban_manager(self._jail.actions)
        ]

    def by_family(self) -> dict[str, int]:
        """{"inet": bans, "inet6": bans}."""
        tickets = list(ban_manager(self._jail.actions))
        six = sum(1 for ticket in tickets if getattr(ticket.getID(), "family", None) == socket.AF_INET6)
        return {"inet": len(tickets) - six, "inet6": six}


def is_of_root(ticket: Any) -> bool:
    """Whether root has ordered the ban, as the admission notes it."""
    return bool(ticket.getData("root"))


def give_to_root(ticket: Any) -> None:
    """Note that root has ordered the ban."""
    ticket.setData("root", True)


def ban_manager(actions: Any) -> Any:
    """fail2ban's ban manager of a jail; 0.11 keeps it private."""
    return getattr(actions, "banManager", None) or getattr(actions, "_Actions__banManager", None)


def network_of_identity(identity: Any) -> Network:
    """The network of a ticket's ID; fail2ban takes any word for one (`banip 600`)."""
    try:
        # fail2ban has parsed it already, most of the time
        if getattr(identity, "isIPv4", False):
            return IPv4Network((identity.addr, identity.plen), strict=False)
        if getattr(identity, "isIPv6", False):
            return IPv6Network((identity.addr, identity.plen), strict=False)
        return ip_network(str(identity), strict=False)
    except ValueError:
        raise RefusedError(f"{str(identity)!r} is no address and no network; nothing was banned") from None


def parsed_key(identity: Any) -> Optional[Key]:
    """The numbers of an address that fail2ban has parsed; None for any other word, and for 203.0.113.9/40."""
    version = _VERSIONS.get(getattr(identity, "family", None))  # type: ignore[arg-type]
    # fail2ban takes any number for a prefix
    if version is None or not 0 <= identity.plen <= LONGEST[version]:
        return None
    return version, identity.addr, identity.plen


def key_of_identity(identity: Any) -> Optional[Key]:
    """The numbers of a ticket's ID; None when it is no address (`banip 600`, another filter's F-ID)."""
    try:
        return parsed_key(identity) or key_of(network_of_identity(identity))
    except RefusedError:
        return None
