"""What fail2ban holds in one jail, and its tickets as numbers that compare quickly; changes nothing."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Callable, Optional

from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.actions.ttl import timeout
from ideolab_f2b.asn.error import AsnTableError
from ideolab_f2b.firewall.drift import EXPIRED
from ideolab_f2b.kernel.ipset.element import LONGEST, Key, Network, key_of
from ideolab_f2b.notation import as_number

_VERSIONS = {socket.AF_INET: 4, socket.AF_INET6: 6}
#: a ticket -> the networks that it bans, where that is not one
Expand = Callable[[Any], Collection[Key]]


class BanList:
    """The ban list of one jail: fail2ban puts a ban in before it calls ban(), takes it out before unban()."""

    def __init__(self, jail: Any, expand: Optional[Expand] = None) -> None:
        """`expand` is that of a jail whose tickets are AS numbers; it may raise AsnTableError."""
        self._jail, self._expand = jail, expand

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
        if self._expand is not None:
            return self._expand_all(self._expand)
        tickets = {}
        for ticket in ban_manager(self._jail.actions):
            key = key_of_identity(ticket.getID())
            if key is not None:
                tickets[key] = ticket
        return tickets

    def _expand_all(self, expand: Expand) -> dict[Key, Any]:
        """Return each network with the ticket that holds it longest: two AS may announce the same."""
        tickets: dict[Key, Any] = {}
        default = self._jail.actions.getBanTime()
        # the last to end comes last
        for ticket in sorted(self._list(), key=lambda one: one.getEndOfBanTime(default)):
            tickets.update(dict.fromkeys(expand(ticket), ticket))
        return tickets

    def by_as(self) -> dict[str, Optional[Collection[Key]]]:
        """{"AS64500": its networks}, None where they are not known; empty in a jail of addresses."""
        if self._expand is None:
            return {}
        found: dict[str, Optional[Collection[Key]]] = {}
        for ticket in self._list():
            name = str(ticket.getID())
            found[name] = None
            with contextlib.suppress(AsnTableError, RefusedError):
                found[name] = self._expand(ticket)
        return found

    def _list(self) -> list[Any]:
        return list(ban_manager(self._jail.actions))

    def has(self, identity: str) -> bool:
        """Whether this word is banned at this moment."""
        return any(str(ticket.getID()) == identity for ticket in self._list())

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

    def _count_all(self) -> int:
        return int(ban_manager(self._jail.actions).size())

    def count(self) -> int:
        """How many elements the jail needs at least, at once for any number of bans."""
        bans = self._count_all()
        if self._expand is None or not bans:
            return bans
        # the table may be missing
        with contextlib.suppress(AsnTableError, RefusedError):
            return max(len(self._expand(ticket)) for ticket in self._list())
        return bans

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
        """{"inet": bans, "inet6": bans}; an AS is of no family."""
        if self._expand is not None:
            return {"as": self._count_all()}
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


def is_ban(identity: Any) -> bool:
    """Whether it is what a jail of ours bans: an address, a network, or an AS."""
    return key_of_identity(identity) is not None or number_of_identity(identity) is not None


def number_of_identity(identity: Any) -> Optional[int]:
    """The number of a ticket's ID that is an AS; None for any other word."""
    try:
        return as_number.parse(str(identity))
    except ValueError:
        return None
