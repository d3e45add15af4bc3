"""The connections that one target has open now, as the kernel says; no privilege is needed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import islice
from typing import Optional

from django.utils.translation import gettext as _

from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.networks import Network
from ideolab_f2b.kernel.sockets import listener, peers, sock_diag
from ideolab_f2b.kernel.sockets.inet_diag import fold
from ideolab_f2b.kernel.sockets.row import FAMILY, PEER

#: the port whose connections are counted
PORT = 443
#: connections that are counted; a target with more of them needs no better number
MOST = 20_000
#: characters of what the kernel says
SAID_MAX = 200


@dataclass(frozen=True)
class ConnectionCount:
    """How many connections a target has. `state`: ok, or unknown (None) and `text` says why."""

    value: Optional[int]
    state: str
    text: str


def count_connections(network: Optional[Network], port: int = PORT) -> ConnectionCount:
    """Count the connections of a network to the port; the kernel picks them, whoever else is connected."""
    if network is None:
        text = _("Unknown: an AS has many networks. Look at each of them.")
        return ConnectionCount(None, "unknown", text)
    if not sys.platform.startswith("linux"):
        return ConnectionCount(None, "unknown", _("Unknown: only Linux is asked for its sockets."))
    words = {"port": port}
    try:
        if not listener.listeners(port):
            text = _(
                "Unknown: nobody listens on port %(port)d where this process runs, in a container perhaps. "
                "Run ideolab-f2b connmon --once on the host."
            )
            return ConnectionCount(None, "unknown", text % words)
        value = _count(network, port)
    except OSError as error:
        text = _("Unknown: %(said)s")
        return ConnectionCount(None, "unknown", text % {"said": to_printable(str(error), SAID_MAX)})
    if value >= MOST:
        return ConnectionCount(value, "ok", _("At least so many, to port %(port)d.") % words)
    return ConnectionCount(value, "ok", _("To port %(port)d, now.") % words)


def _count(network: Network, port: int) -> int:
    condition = peers.dump_condition([network])
    rows = islice(sock_diag.rows(port, condition), MOST)
    # for the kernel a mapped peer lies in ::/64
    return sum(ip_address(fold(row[FAMILY], row[PEER])) in network for row in rows)
