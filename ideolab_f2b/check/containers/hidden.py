"""Judges whose address the clients of a port have: one private address for all of them hides who they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Optional

from ideolab_f2b.check.containers import hiding
from ideolab_f2b.check.containers.forwarders import Proxy
from ideolab_f2b.check.containers.survey import NamespacePeers, Survey
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import DEFAULT_PATH, Network
from ideolab_f2b.kernel.address import Address

#: connections of which one address has all but a few, where the address itself tells what it is
LEAST = 10
#: the same where it may as well be an office behind one address
LEAST_UNKNOWN = 30
#: the share that it has: a check of the server's health may be among them
SHARE = 0.9
_MEND = (
    "if it is a load balancer: write ignore = {address} in [connmon] of "
    + str(DEFAULT_PATH)
    + " and ignoreip = "
    "{address} for the jails (docs/nginx.md#behind-a-front); if it is one machine of your network, nothing"
)


@dataclass(frozen=True)
class Known:
    """What else is known: addresses that others speak of, and who listens on this host's watched ports."""

    #: [connmon] ignore
    ignored: Collection[Network] = ()
    #: addresses, and IPv6 clients' /64, that the check `front` names
    fronts: Collection[Network] = ()
    #: the docker-proxies of this host
    proxies: Collection[Proxy] = ()
    #: the watched ports
    ports: Collection[int] = ()
    #: packed addresses of the containers to which programs of this host are connected
    local: Collection[bytes] = frozenset()


def judge(survey: Survey, known: Known) -> Iterator[Verdict]:
    """Yield a verdict on each port whose clients have one private address; none on others. Pure."""
    for place in (survey.host, *survey.containers):
        for port, peers in sorted(place.peers.items()):
            address = find_one(peers)
            if address is not None and not _covers(known.fronts, address):
                verdict = _judge_peer(address, place, port, survey, known)
                if verdict is not None:
                    yield verdict


def find_one(peers: Counter[bytes]) -> Optional[Address]:
    """Return the private address that all but a few of the connections have; None when there is none."""
    total = sum(peers.values())
    if total < LEAST:
        return None
    packed, count = peers.most_common(1)[0]
    address = ip_address(packed)
    return address if count >= SHARE * total and hiding.is_private(address) else None


def _judge_peer(
    address: Address, place: NamespacePeers, port: int, survey: Survey, known: Known
) -> Optional[Verdict]:
    where = place.name or "this host"
    check = f"peers {where} port {port}"
    count, total = place.peers[port][address.packed], sum(place.peers[port].values())
    text = f"{count} of {total} connections are from {address}"
    if _covers(known.ignored, address):
        return ok(check, f"{text}, which [connmon] ignore lists")
    if not place.name:
        return _judge_host(check, text, address, total)
    other = next((one for one in survey.containers if one is not place and address.packed in one.own), None)
    gateway = address.packed in survey.host.own
    if gateway or (other is None and address.packed in place.own):
        return _judge_own(check, text, address, place, survey, known)
    if other is not None:
        return ok(check, f"{text}, which is {other.name}: a proxy in front of it")
    front = hiding.recognize(address, place.name, place.own)
    if front is not None:
        return wrong(check, f"{text}: it looks like {front.what}", front.mend.format(address=address))
    return _doubt(check, text, address, total)


def _covers(networks: Collection[Network], address: Address) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _judge_own(
    check: str, text: str, address: Address, place: NamespacePeers, survey: Survey, known: Known
) -> Verdict:
    """Judge peers that are the host itself, as the container sees it."""
    proxied = sorted({one.port for one in known.proxies if one.server in place.own})
    if proxied:
        return _judge_proxy(check, text, proxied, known.ports)
    if survey.host.peers and not place.name.startswith(("cri-containerd:", "crio:")):
        return ok(check, f"{text}, which is this host: connmon sees the clients of what listens here")
    if place.own.intersection(known.local):
        return _judge_program(check, text)
    front = hiding.recognize(address, place.name, place.own | survey.host.own) or hiding.MASQUERADE
    return wrong(check, f"{text}: it looks like {front.what}", front.mend.format(address=address))


def _judge_proxy(check: str, text: str, proxied: Collection[int], watched: Collection[int]) -> Verdict:
    """Judge a container to which docker-proxy hands on these ports of this host."""
    what = f"{text}: docker-proxy hides the clients from the web server and its logs"
    missing = [str(port) for port in proxied if port not in watched]
    if not missing:
        return wrong(check, f"{what}; connmon sees them on this host", hiding.PROXY.mend)
    add = f"else add {', '.join(missing)} to port in [connmon] of {DEFAULT_PATH}"
    return wrong(check, f"{what}, and from connmon", f"{hiding.PROXY.mend}; {add}")


def _judge_host(check: str, text: str, address: Address, total: int) -> Optional[Verdict]:
    if address.is_loopback:
        return _judge_program(check, text)
    front = hiding.recognize(address)
    if front is hiding.DESKTOP:
        return unknown(check, f"{text}: it looks like {front.what}", front.mend.format(address=address))
    return _doubt(check, text, address, total)


def _judge_program(check: str, text: str) -> Verdict:
    what = f"{text}: a program of this host is in front, and connmon does not see its clients"
    return unknown(check, what, f"watch that program's port: port in [connmon] of {DEFAULT_PATH}")


def _doubt(check: str, text: str, address: Address, total: int) -> Optional[Verdict]:
    if total < LEAST_UNKNOWN:
        return None
    what = f"{text}: a load balancer, or many people behind one address"
    return unknown(check, what, _MEND.format(address=address))
