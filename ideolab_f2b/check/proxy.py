"""Does one address stand for many clients: a front whose ban would shut everybody out?"""

from __future__ import annotations

import ipaddress
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Optional, Union

from ideolab_f2b import fail2ban_client
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Network, Settings

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

#: a front carries nearly all lines; so does an attacker, but only of a short log
SHARE, LEAST = 0.8, 200
#: the latest lines that count, and the bytes at the end of the log in which they are looked for
LINES, TAIL = 5000, 2 * 1024 * 1024
#: behind a PROXY protocol or X-Forwarded-For, nginx knows no other address than the front's until then
_BEFORE_REQUEST = re.compile(
    r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#\d+: \*\d+ [^\"]* while (?:SSL handshaking|"
    r"reading PROXY protocol|waiting for request|reading client request (?:line|headers)), "
    r"client: ([0-9a-f.:]+), server: "
)
_JAILS = "nginx-ideolab-"
_MEND = (
    "if it is a front (load balancer, CDN): ignore = {address} in /etc/ideolab/f2b.conf and "
    "ignoreip = {address} for the jails in /etc/fail2ban/jail.local, and see docs/nginx.md; "
    "an attacker is banned before long"
)


class Seen(NamedTuple):
    """Lines that nginx wrote before a request, by peer."""

    peers: Mapping[Address, int]

    @property
    def lines(self) -> int:
        return sum(self.peers.values())


def front(settings: Settings) -> Iterator[Verdict]:
    """Of the log that the intake writes; nothing where there is none."""
    path = settings.paths.nginx_error_log
    try:
        seen = count(_tail(path))
    except FileNotFoundError:
        return
    except PermissionError as error:
        yield unknown("front", str(error))
        return
    yield from judge(seen, settings.connmon.ignore, _ignored())


def _tail(path: Path) -> list[str]:
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
        return file.read(TAIL).decode("utf-8", "replace").split("\n")


def _ignored() -> Optional[dict[str, list[Network]]]:
    """{running jail of nginx's logs: its ignoreip}; None when fail2ban does not tell."""
    try:
        names = [name for name in sorted(fail2ban_client.jails()) if name.startswith(_JAILS)]
        return {name: networks(fail2ban_client.ask("get", name, "ignoreip")) for name in names}
    except fail2ban_client.ClientError:
        return None


def networks(text: str) -> list[Network]:
    """What `fail2ban-client get JAIL ignoreip` prints; host names are left out."""
    found = []
    for word in text.split():
        try:
            found.append(ipaddress.ip_network(word, strict=False))
        except ValueError:
            continue
    return found


def count(lines: Iterable[str]) -> Seen:
    """The peers of the latest lines that are older than their request. Pure."""
    found: Counter[Address] = Counter()
    peers = [match[1] for match in map(_BEFORE_REQUEST.match, lines) if match]
    for peer in peers[-LINES:]:
        try:
            found[ipaddress.ip_address(peer)] += 1
        except ValueError:
            continue
    return Seen(found)


def judge(
    seen: Seen, listed: Collection[Network], ignored: Optional[Mapping[str, Collection[Network]]]
) -> Iterator[Verdict]:
    """A verdict on each address that stands for many, or on all when none does. Pure."""
    found = [one for one in seen.peers if _covers(listed, one) or _carries(seen, one)]
    for address in sorted(found, key=lambda one: -seen.peers[one]):
        yield _verdict(seen, address, listed, ignored or {})
    if not found:
        yield ok("front", f"no address stands for the others ({seen.lines} lines before a request)")


def _carries(seen: Seen, address: Address) -> bool:
    return seen.lines >= LEAST and seen.peers[address] >= SHARE * seen.lines


def _covers(listed: Collection[Network], address: Address) -> bool:
    return any(address.version == network.version and address in network for network in listed)


def _verdict(
    seen: Seen, address: Address, listed: Collection[Network], ignored: Mapping[str, Collection[Network]]
) -> Verdict:
    check = f"front {address}"
    lines = f"{seen.peers[address]} of {seen.lines} lines before a request name it"
    if not _covers(listed, address):
        return wrong(
            check, f"{lines}, and a ban would shut out whoever is behind it", _MEND.format(address=address)
        )
    bare = [jail for jail, networks in ignored.items() if not _covers(networks, address)]
    if bare:
        text = f"{lines}; connmon ignores it, but {', '.join(bare)} would ban it"
        return wrong(check, text, f"ignoreip = {address} for these jails in /etc/fail2ban/jail.local")
    return ok(check, f"{lines}; it is never banned")
