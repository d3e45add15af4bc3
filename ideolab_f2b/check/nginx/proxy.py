"""Checks that no proxy in front of nginx is banned: its one address stands for many clients."""

from __future__ import annotations

import ipaddress
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Union

from ideolab_f2b import fail2ban_client
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Network, Settings
from ideolab_f2b.files import open_where_it_leads
from ideolab_f2b.kernel.address import Address, local_addresses
from ideolab_f2b.places import restart

#: an IPv4 address, or the /64 as which the intake writes an IPv6 one
Peer = Union[ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv6Network]

#: the share of the lines that a front has; an attacker has that only in a short log
SHARE = 0.8
#: lines; a shorter log says nothing
LEAST = 200
#: the latest lines that count
LINES = 5000
#: bytes at the end of the log in which they are looked for
TAIL = 2 * 1024 * 1024
#: behind a PROXY protocol or X-Forwarded-For, nginx knows no other address than the front's until then
_BEFORE_REQUEST = re.compile(
    r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#\d+: \*\d+ [^\"]* while (?:SSL handshaking|"
    r"reading PROXY protocol|waiting for request|reading client request (?:line|headers)), "
    r"client: ([0-9a-f.:]+(?:/64)?), server: "
)
_JAILS = "nginx-ideolab-"
_MEND = (
    "if it is a load balancer or a CDN: write ignore = {address} in /etc/ideolab/f2b.conf and "
    "ignoreip = {address} for the jails in /etc/fail2ban/jail.local (docs/nginx.md); "
    "if it is an attacker, it is banned soon"
)


class PeerCounts(NamedTuple):
    """How many lines nginx wrote before a request, by peer."""

    peers: Mapping[Peer, int]

    @property
    def lines(self) -> int:
        """The number of all these lines."""
        return sum(self.peers.values())


def front(settings: Settings) -> Iterator[Verdict]:
    """Check the log that the intake writes; no verdict where there is none."""
    path = settings.paths.nginx_error_log
    try:
        counts = count(_tail(path))
    except FileNotFoundError:
        return
    except OSError as error:
        yield unknown("front", str(error))
        return
    try:
        yield from judge(counts, settings.connmon.ignore, _ask_ignoreip(), _read_own())
    except fail2ban_client.ClientError as error:
        yield unknown("front", f"this needs fail2ban: {error}", restart("fail2ban"))


def find_fronts(settings: Settings) -> list[Network]:
    """Return the addresses, but for own ones, of which the check `front` speaks; [] without a log."""
    try:
        counts = count(_tail(settings.paths.nginx_error_log))
    except OSError:
        return []
    own = _read_own()
    found = map(ipaddress.ip_network, select(counts, settings.connmon.ignore))
    return [one for one in found if not any(_contains(one, address) for address in own)]


def select(counts: PeerCounts, listed: Collection[Network]) -> list[Peer]:
    """Return the peers that are listed, or that stand for many clients, by their number of lines. Pure."""
    found = [one for one in counts.peers if _covers(listed, one) or _stands_for_many(counts, one)]
    return sorted(found, key=lambda one: -counts.peers[one])


def _tail(path: Path) -> list[str]:
    with open_where_it_leads(path) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
        return file.read(TAIL).decode("utf-8", "replace").split("\n")


def _ask_ignoreip() -> dict[str, list[Network]]:
    """Return {running jail that reads nginx's logs: its ignoreip}; ClientError."""
    names = [name for name in sorted(fail2ban_client.jails()) if name.startswith(_JAILS)]
    return {name: networks(fail2ban_client.ignoreip(name)) for name in names}


def networks(words: Iterable[str]) -> list[Network]:
    """Read the words of an ignoreip; host names are left out."""
    found = []
    for word in words:
        try:
            found.append(ipaddress.ip_network(word, strict=False))
        except ValueError:
            continue
    return found


def count(lines: Iterable[str]) -> PeerCounts:
    """Count the peers of the latest lines that nginx wrote before the request. Pure."""
    found: Counter[Peer] = Counter()
    peers = [match[1] for match in map(_BEFORE_REQUEST.match, lines) if match]
    for peer in peers[-LINES:]:
        try:
            found[_read_peer(peer)] += 1
        except ValueError:
            continue
    return PeerCounts(found)


def _read_peer(text: str) -> Peer:
    return ipaddress.IPv6Network(text) if "/" in text else ipaddress.ip_address(text)


def judge(
    counts: PeerCounts,
    listed: Collection[Network],
    ignored: Mapping[str, Collection[Network]],
    own: Collection[Address] = (),
) -> Iterator[Verdict]:
    """Yield a verdict on each address that stands for many clients, or one ok when there is none. Pure.

    `own` are this host's addresses, which no jail bans.
    """
    found = select(counts, listed)
    for address in found:
        if any(_contains(ipaddress.ip_network(address), one) for one in own):
            text = f"{counts.peers[address]} of {counts.lines} lines before a request name this host"
            yield ok(f"front {address}", f"{text}, which is never banned")
        else:
            yield _verdict(counts, address, listed, ignored)
    if found:
        return
    if counts.lines < LEAST:
        text = f"too few lines to say whether a proxy is in front of nginx: {counts.lines} of {LEAST}"
        yield unknown("front", f"{text} before a request", "ideolab-f2b check, when there are more")
    else:
        yield ok("front", f"no address stands for many clients ({counts.lines} lines before a request)")


def _stands_for_many(counts: PeerCounts, address: Peer) -> bool:
    return counts.lines >= LEAST and counts.peers[address] >= SHARE * counts.lines


def _covers(listed: Collection[Network], address: Peer) -> bool:
    peer = ipaddress.ip_network(address)
    return any(peer.version == network.version and peer.overlaps(network) for network in listed)


def _contains(network: Network, address: Address) -> bool:
    return network.version == address.version and address in network


def _read_own() -> set[Address]:
    try:
        return local_addresses()
    except OSError:
        return set()


def _verdict(
    counts: PeerCounts,
    address: Peer,
    listed: Collection[Network],
    ignored: Mapping[str, Collection[Network]],
) -> Verdict:
    check = f"front {address}"
    lines = f"{counts.peers[address]} of {counts.lines} lines before a request name it"
    if not _covers(listed, address):
        return wrong(
            check, f"{lines}, and a ban would block all clients behind it", _MEND.format(address=address)
        )
    bare = [jail for jail, networks in ignored.items() if not _covers(networks, address)]
    if bare:
        text = f"{lines}; connmon ignores it, but {', '.join(bare)} would ban it"
        return wrong(check, text, f"write ignoreip = {address} for these jails in /etc/fail2ban/jail.local")
    return ok(check, f"{lines}; it is never banned")
