"""Recognizes what stands in front of a web server with one address for all clients. Pure."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Network, ip_network
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.address import Address

#: default network of Swarm's ingress
_SWARM = IPv4Network("10.0.0.0/24")
#: network of Docker Desktop's virtual machine, whose gateway every client has as its address
_DESKTOP = IPv4Network("192.168.65.0/24")
#: addresses of rootless networks (slirp4netns): the namespace's own, and its gateway
_ROOTLESS = IPv4Network("10.0.2.0/24")
#: what no client of the Internet has; Kubernetes may give pods shared addresses (100.64.0.0/10). `is_private`
#: has the addresses of examples too, which are clients in a laboratory
_PRIVATE = tuple(
    map(ip_network, (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "::1/128", "fc00::/7", "fe80::/10",
    ))
)  # fmt: skip
_DOCS = "docs/containers.md#who-hides-the-clients"
_KUBERNETES = ("cri-containerd:", "crio:")


class Front(NamedTuple):
    """What hides the clients, and what to do instead."""

    what: str
    mend: str


SWARM = Front(
    "Swarm's ingress network",
    f"publish the port with mode=host ({_DOCS})",
)
DESKTOP = Front(
    "Docker Desktop, which hides all clients",
    "run the web server on a Linux host, or write ignore = {address} in [connmon] of /etc/ideolab/f2b.conf",
)
ROOTLESS = Front(
    "a rootless engine's port forwarder (rootlessport, slirp4netns)",
    f"watch the host's port instead, or let pasta forward ({_DOCS})",
)
KUBERNETES = Front(
    "Kubernetes' own address (externalTrafficPolicy: Cluster)",
    f"set externalTrafficPolicy: Local on the Service ({_DOCS})",
)
PROXY = Front(
    "docker-proxy",
    f"give the Docker network IPv6, or dockerd userland-proxy=false ({_DOCS})",
)
MASQUERADE = Front(
    "a rule of this host that masquerades the clients (SNAT, MASQUERADE)",
    f"take it out for this port ({_DOCS})",
)


def is_private(address: Address) -> bool:
    """Return whether an address is none that a client has over the Internet."""
    return any(address.version == one.version and address in one for one in _PRIVATE)


def recognize(address: Address, name: str = "", own: Collection[bytes] = ()) -> Optional[Front]:
    """Return what an address looks like that all clients of the namespace `name` have; None: like nothing.

    `own` has the packed addresses of that namespace, its gateways and the host's included.
    """
    if address.version == 4 and address in _ROOTLESS:
        return ROOTLESS
    if address.version == 4 and address in _DESKTOP:
        return DESKTOP
    if name.startswith(_KUBERNETES) and is_private(address):
        return KUBERNETES
    if address.packed in own and not address.is_loopback:
        return MASQUERADE
    # a home has such addresses, too: only a container's peer tells
    if name.startswith("docker:") and address.version == 4 and address in _SWARM:
        return SWARM
    return None
