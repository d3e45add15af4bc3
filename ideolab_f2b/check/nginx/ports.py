"""Checks that somebody listens where connmon looks: on this host, or in a container that is looked into."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ideolab_f2b.check.verdict import Verdict, ok, unknown
from ideolab_f2b.config import DEFAULT_PATH, Settings
from ideolab_f2b.kernel.netlink import KernelError
from ideolab_f2b.kernel.sockets.listener import listeners
from ideolab_f2b.namespaces.ask import ask
from ideolab_f2b.namespaces.namespace import SOCKET

#: more sockets than a container has: no descriptor is wanted
_NONE = 999_999_999


def ports(settings: Settings, socket: str = SOCKET) -> Iterator[Verdict]:
    """Check each port whose connections connmon counts."""
    containers = count_containers(settings.connmon.ports, socket)
    for port in settings.connmon.ports:
        try:
            yield judge(port, len(listeners(port)), containers[port])
        except KernelError as error:
            yield unknown(f"port {port}", str(error), error.way_out)


def count_containers(ports: Sequence[int], socket: str = SOCKET) -> Counter[int]:
    """Count the containers that listen on each port and that are looked into; none without an opener."""
    try:
        return Counter(port for found in ask(ports, above=_NONE, path=socket) for port in found.ports)
    except OSError:
        return Counter()


def judge(port: int, count: int, containers: int = 0) -> Verdict:
    """Return the verdict on a port with this many listening sockets here, and in so many containers. Pure."""
    check = f"port {port}"
    if count:
        return ok(check, f"connmon sees the connections of its listening sockets ({count})")
    if containers:
        return ok(
            check, f"connmon sees the connections of its listening sockets in containers ({containers})"
        )
    what = (
        "nothing listens there on this host: the web server is down, or in a container whose sockets connmon"
        " does not see"
    )
    return unknown(check, what, f"correct port in [connmon] of {DEFAULT_PATH}, or start the web server")
