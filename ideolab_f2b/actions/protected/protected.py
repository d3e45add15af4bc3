"""What must never be banned on this host, from the jail, the kernel and the SSH sessions; kept a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import Any, Callable, Optional

from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected import nameservers, never_ban
from ideolab_f2b.actions.protected.refusal import NEVER, Index, Listed, listing, refusal
from ideolab_f2b.actions.protected.ssh.seen import Seen
from ideolab_f2b.actions.protected.ssh.sessions import SESSIONS
from ideolab_f2b.kernel import address
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.ipset.element import Network

#: seconds that an answer is good for
FRESH_S = 5.0
#: the same for gateways and nameservers: routes can be a million, so they are asked for less often
ROUTES_FRESH_S = 60.0
_ALL6 = (1 << 128) - 1
_log = logging.getLogger("fail2ban.ideolab-ban")


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
    ) -> None:
        self._ignoreip, self._clock = ignoreip, clock
        self._sources: dict[str, tuple[float, Callable[[], Iterable[Listed]]]] = {
            "ignored": (FRESH_S, lambda: _texts(self._ignoreip(), "listed in ignoreip")),
            "listed": (FRESH_S, lambda: never_ban.read(self._options.allow_file)),
            "own": (FRESH_S, lambda: _hosts(own(), "an own address of this host")),
            "gateways": (ROUTES_FRESH_S, lambda: _hosts(gateways(), "a gateway of this host")),
            "nameservers": (ROUTES_FRESH_S, lambda: _hosts(servers(), "a nameserver of this host")),
            "sessions": (FRESH_S, lambda: _sessions(sessions(), self._options.ssh_ports)),
        }
        self._renewals = 0
        self.use(options)

    def use(self, options: Options) -> None:
        """Take new options; everything is read anew for the next ban."""
        self._options = options
        self._allowed = [listing(network, "listed in the option allow") for network in options.allow]
        self._found: dict[str, list[Listed]] = {name: [] for name in self._sources}
        self._due = dict.fromkeys(self._sources, float("-inf"))
        self._next = float("-inf")
        self._index = Index(NEVER)

    def renew_sessions(self) -> None:
        """Ask for the SSH sessions anew at the next question: one was just proved."""
        self._renewals += 1
        self._due["sessions"] = self._next = float("-inf")

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
        found = [item for items in reversed(list(self._found.values())) for item in items]
        return [*found, *self._allowed]

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
                _log.error("cannot read what must not be banned (%s): %s", name, error)
        found = (item for items in self._found.values() for item in items)
        self._index = Index((*NEVER, *self._allowed, *found))
        if renewals != self._renewals:
            # another thread has asked meanwhile, and this answer may be older than its
            self._due["sessions"] = float("-inf")
        self._next = min(self._due.values())


def ignoreip(jail: Any) -> Iterator[str]:
    """The ignoreip of a jail as text; the sets that fail2ban 1.1.1 reads from files are opened."""
    for item in jail.filter.getIgnoreIP():
        if isinstance(item, (set, frozenset)):
            yield from map(str, item)
        else:
            yield str(item)


def _texts(texts: Iterable[str], what: str) -> Iterator[Listed]:
    for text in texts:
        try:
            yield listing(ip_network(text, strict=False), what)
        except ValueError:
            # a name: fail2ban resolves it for single addresses, and nothing here waits for DNS
            continue


def _sessions(sessions: Iterable[Seen], ports: Optional[tuple[int, ...]]) -> Iterator[Listed]:
    return (each.make_listing() for each in sessions if ports is None or each.port in ports)


def _hosts(addresses: Iterable[Address], what: str) -> Iterator[Listed]:
    # the text of an IPv6 address may carry the interface (fe80::1%eth0), a network may not
    return (listing(ip_network(text), what) for text in map(_plain, addresses))


def _plain(found: Address) -> str:
    return str(found).partition("%")[0]
