"""Whether somebody listens where connmon looks."""

from __future__ import annotations

import socket

from ideolab_f2b.check.nginx import ports
from ideolab_f2b.config import Connmon, Settings


def test_a_port_of_this_host() -> None:
    """A socket that listens is seen; where there is none, the server may be in a container."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        settings = Settings(Connmon(ports=(port,)))
        (verdict,) = ports.ports(settings)
        assert (
            str(verdict) == f"ok       port {port}: connmon sees the connections of its listening sockets (1)"
        )

    (verdict,) = ports.ports(settings)
    assert (verdict.state, verdict.check) == ("unknown", f"port {port}")
    assert "in a container" in verdict.text
