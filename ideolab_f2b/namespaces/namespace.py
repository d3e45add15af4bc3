"""What is told of one network namespace: its name, who listens there, and a socket into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ideolab_f2b.kernel.netlink import Channel

#: the opener's socket
SOCKET = "/run/ideolab-netns/sock"
#: behind its name: root's own socket, whose queue no other user can fill
ROOTS = "-root"
#: namespaces of one answer
NAMESPACES = 64
#: ports, or ranges of ports, of one question; ports of one namespace in an answer
PORTS = 64
#: addresses of one namespace in an answer
ADDRESSES = 64


@dataclass(frozen=True)
class Namespace:
    """One network namespace of a container in which somebody listens on an asked port."""

    #: inode; the kernel gives the number of one that is gone to the next
    netns: int
    #: [A-Za-z0-9_.:-]{1,64}: docker:0225320b4597, lxc:c1, netns:web, unit:nginx, pid:12
    name: str
    #: those of the question on which somebody listens there
    ports: tuple[int, ...]
    #: packed; all addresses and gateways that it has: no client of this namespace has one of them. Whoever
    #: is root in the container chooses them, so they say nothing about other namespaces: see `routed`
    own: frozenset[bytes]
    #: TCP sockets, listeners included
    in_use: int
    #: those of `own` that this host itself routes there: nobody on the Internet has one of them
    routed: frozenset[bytes] = frozenset()
    #: a sock_diag socket into it, until the next one is taken; None with less in use than asked for
    channel: Optional[Channel] = None
