"""Whether somebody listens where connmon looks."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ideolab_f2b.check.nginx import ports
from ideolab_f2b.config import Connmon, Settings
from tests.check.containers.clients import start_opener
from tests.lab.containers import build_lab


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


@pytest.mark.root
def test_a_port_of_a_container(tmp_path: Path) -> None:
    """Nobody listens on the host, and connmon looks into the containers that do."""
    with build_lab("f2bport", tmp_path) as lab:
        lab.container(2, 443)
        lab.container(3, 443)
        path = start_opener(lab)
        with lab.host.enter():
            found = list(ports.ports(Settings(Connmon(ports=(443, 8443))), path))

    assert [one.state for one in found] == ["ok", "unknown"]
    assert found[0].text == "connmon sees the connections of its listening sockets in containers (2)"
