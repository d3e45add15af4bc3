"""What must never be banned on this host, from the jail, the kernel and the SSH sessions; kept a while."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import Any, Callable, Optional

from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected import lists, nameservers
from ideolab_f2b.actions.protected.containers import CONTAINERS
from ideolab_f2b.actions.protected.lists import Lists
from ideolab_f2b.actions.protected.names import NAMES_OF_SERVER, Names
from ideolab_f2b.actions.protected.refusal import NEVER, Index, Listed, listing, refusal
from ideolab_f2b.actions.protected.ssh.seen import Seen
from ideolab_f2b.actions.protected.ssh.sessions import SESSIONS
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel import address
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.ipset.element import Network

#: seconds that an answer is good for
FRESH_S = 5.0
#: the same for gateways and nameservers: routes can be a million, so they are asked for less often
ROUTES_FRESH_S = 60.0
_ALL6 = (1 << 128) - 1
SAY_AGAIN_S = 600.0
_log = logging.getLogger("fail2ban.ideolab-ban")
#: of this process: each jail reads the same sources
_COMPLAINT = Complaint(functools.partial(_log.error, "%s"), SAY_AGAIN_S)


class Protected:
    """Whether a jail may ban a network; reads its sources anew at most every few seconds."""

    def __init__(
        self,
        ignoreip: Callable[[], Iterable[str]],
        options: Options,
        clock: Callable[[], float] = time.monotonic,
        own: Callable[[], Iterable[Address]] = address.local_addresses,
        gateways: Callable[[], Iterable[Address]] = address.gateways,
        sessions: Callable[[], Iterable[Seen]] = SESSIONS.now,
        servers: Callable[[], Iterable[Address]] = nameservers.read,
        containers: Callable[[], Iterable[Address]] = CONTAINERS.now,
        names: Names = NAMES_OF_SERVER,
        has_ignoreself: Callable[[], bool] = lambda: False,
    ) -> None:
        self._ignoreip, self._has_ignoreself, self._clock, self._names = (
            ignoreip,
            has_ignoreself,
            clock,
            names,
        )
        self._sources: dict[str, tuple[float, Callable[[], Iterable[Listed]]]] = {
            "lists": (FRESH_S, self._list),
            "own": (FRESH_S, lambda: _hosts(own(), "an own address of this host")),
            "gateways": (ROUTES_FRESH_S, lambda: _hosts(gateways(), "a gateway of this host")),
            "containers": (FRESH_S, lambda: _hosts(containers(), "an address of a container of this host")),
            "nameservers": (ROUTES_FRESH_S, lambda: _hosts(servers(), "a nameserver of this host")),
            "sessions": (FRESH_S, lambda: _sessions(sessions(), self._options.ssh_ports)),
        }
        self._renewals = 0
        self.use(options)

    def use(self, options: Options) -> None:
        """Take new options; everything is read anew for the next ban."""
        self._options = options
        self._found: dict[str, list[Listed]] = {name: [] for name in self._sources}
        self._due = dict.fromkeys(self._sources, float("-inf"))
        self._next = float("-inf")
        self._index, self._indexed = Index(NEVER), list(NEVER)

    def renew_sessions(self) -> None:
        """Ask for the SSH sessions anew at the next question: one was just proved."""
        self._renew("sessions")

    def renew_lists(self) -> None:
        """Read the lists anew at the next question: a name has another address."""
        self._renew("lists")

    def names(self) -> tuple[str, ...]:
        """Return the host names of the lists, as they are at this moment."""
        return tuple(name for each in self._read_lists().named for name in each.names)

    def troubles(self) -> list[str]:
        """Return what of the lists is not understood or cannot be read: it protects nobody."""
        return list(self._read_lists().troubles)

    def unknown(self) -> list[str]:
        """Return what is not known of the names in the lists."""
        return self._names.troubles(self.names())

    def admits(self, version: int, address: int, prefixlen: int) -> bool:
        """The same as `not refusal(...)`, for numbers: every ticket of a flood passes here."""
        self._refresh()
        if version == 4:
            shortest, last = self._options.min_prefix4, address | 0xFFFFFFFF >> prefixlen
        else:
            shortest, last = self._options.min_prefix6, address | _ALL6 >> prefixlen
        return prefixlen >= shortest and not self._index.overlaps(version, address, last)

    def refusal(self, network: Network) -> Optional[str]:
        """Why this network is not banned; None when it may be."""
        self._refresh()
        return refusal(network, self._index, self._options.min_prefix4, self._options.min_prefix6)

    def list_networks(self) -> list[Listed]:
        """What is protected at this moment beside NEVER: first who is logged in, last the long lists."""
        self._refresh()
        return [item for items in reversed(list(self._found.values())) for item in items]

    def _renew(self, source: str) -> None:
        self._renewals += 1
        self._due[source] = self._next = float("-inf")

    def _read_lists(self) -> Lists:
        return lists.read(self._ignoreip(), self._options, has_ignoreself=self._has_ignoreself())

    def _list(self) -> Iterator[Listed]:
        found = self._read_lists()
        yield from found.listed
        for each in found.named:
            yield from self._names.listings(each.names, each.what)

    def _refresh(self) -> None:
        now, renewals = self._clock(), self._renewals
        if now < self._next:
            return
        for name in [name for name, when in self._due.items() if when <= now]:
            fresh_s, read = self._sources[name]
            self._due[name] = now + fresh_s
            try:
                self._found[name] = list(read())
            except Exception as error:
                # what was known a moment ago protects better than nothing
                _COMPLAINT.say(f"cannot read what must not be banned ({name}): {error}", name)
        found = [*NEVER, *(item for items in self._found.values() for item in items)]
        if found != self._indexed:
            self._index, self._indexed = Index(found), found
        if renewals != self._renewals:
            # another thread has asked meanwhile, and this answer may be older than its
            self._due["sessions"] = self._due["lists"] = float("-inf")
        self._next = min(self._due.values())


def ignoreip(jail: Any) -> Iterator[str]:
    """The ignoreip of a jail as text; the sets that fail2ban 1.1.1 reads from files are opened."""
    for item in jail.filter.getIgnoreIP():
        if isinstance(item, (set, frozenset)):
            yield from map(str, item)
        else:
            yield str(item)


def _sessions(sessions: Iterable[Seen], ports: Optional[tuple[int, ...]]) -> Iterator[Listed]:
    return (each.make_listing() for each in sessions if ports is None or each.port in ports)


def _hosts(addresses: Iterable[Address], what: str) -> Iterator[Listed]:
    # the text of an IPv6 address may carry the interface (fe80::1%eth0), a network may not
    return (listing(ip_network(text), what) for text in map(_plain, addresses))


def _plain(found: Address) -> str:
    return str(found).partition("%")[0]
