"""Checks that somebody listens where connmon looks: the sockets of a container are not this host's."""

from __future__ import annotations

from collections.abc import Iterator

from ideolab_f2b.check.verdict import Verdict, ok, unknown
from ideolab_f2b.config import DEFAULT_PATH, Settings
from ideolab_f2b.kernel.netlink import KernelError
from ideolab_f2b.kernel.sockets.listener import listeners


def ports(settings: Settings) -> Iterator[Verdict]:
    """Check each port whose connections connmon counts."""
    for port in settings.connmon.ports:
        try:
            yield judge(port, len(listeners(port)))
        except KernelError as error:
            yield unknown(f"port {port}", str(error), error.way_out)


def judge(port: int, count: int) -> Verdict:
    """Return the verdict on a port with this many listening sockets. Pure."""
    check = f"port {port}"
    if count:
        return ok(check, f"connmon sees the connections of its listening sockets ({count})")
    what = (
        "nothing listens there on this host: the web server is down, or in a container whose sockets connmon"
        " does not see"
    )
    return unknown(check, what, f"correct port in [connmon] of {DEFAULT_PATH}, or start the web server")
