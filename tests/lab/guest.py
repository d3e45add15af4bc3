"""A guest behind a server's namespace, as a container is: routed, with published ports, in both families."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator

from demo.lab.namespace import Namespace

ADDRESSES = {socket.AF_INET: "10.77.0.2", socket.AF_INET6: "2001:db8:77::2"}
_GATEWAYS = {socket.AF_INET: "10.77.0.1", socket.AF_INET6: "2001:db8:77::1"}


@contextlib.contextmanager
def join_guest(server: Namespace) -> Iterator[Namespace]:
    """Make a guest behind the server, which forwards to it; it is deleted at the end."""
    guest = Namespace(f"{server.name.rpartition('-')[0]}-guest")
    try:
        subprocess.run(["ip", "netns", "add", guest.name], check=True, timeout=60)
        server.run("ip", "link", "add", "guest0", "type", "veth", "peer", "name", "eth0", "netns", guest.name)
        for family, option in ((socket.AF_INET, "-4"), (socket.AF_INET6, "-6")):
            size = "24" if family == socket.AF_INET else "64"
            nodad = () if family == socket.AF_INET else ("nodad",)
            for namespace, device, addresses in ((server, "guest0", _GATEWAYS), (guest, "eth0", ADDRESSES)):
                place = f"{addresses[family]}/{size}"
                namespace.run("ip", option, "addr", "add", place, "dev", device, *nodad)
                namespace.run("ip", "link", "set", device, "up")
            guest.run("ip", option, "route", "add", "default", "via", _GATEWAYS[family])
        guest.run("ip", "link", "set", "lo", "up")
        for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            server.run("sh", "-c", f"echo 1 > /proc/sys/net/{name}")
        yield guest
    finally:
        guest.delete()


def publish(server: Namespace, outside: int, inside: int, protocol: str = "tcp", suffix: str = "") -> None:
    """Hand a port of the server on to the guest, as Docker does; `suffix` names the variant of iptables."""
    for program, address in (
        ("iptables", ADDRESSES[socket.AF_INET]),
        ("ip6tables", ADDRESSES[socket.AF_INET6]),
    ):
        where = f"[{address}]:{inside}" if ":" in address else f"{address}:{inside}"
        server.run(
            f"{program}{suffix}", "-t", "nat", "-A", "PREROUTING", "-i", "veth0", "-p", protocol,
            "--dport", str(outside), "-j", "DNAT", "--to-destination", where,
        )  # fmt: skip
