"""What an address looks like that all clients have."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Optional

import pytest

from ideolab_f2b.check.containers import hiding
from ideolab_f2b.check.containers.hiding import Front

DOCKER, POD = "docker:0225320b4597", "cri-containerd:0225320b4597"


@pytest.mark.parametrize(
    ("text", "name", "front"),
    [
        ("10.0.2.100", "", hiding.ROOTLESS),
        ("192.168.65.1", DOCKER, hiding.DESKTOP),
        ("10.0.0.4", DOCKER, hiding.SWARM),
        ("10.0.0.4", POD, hiding.KUBERNETES),
        ("fd00:10::1", POD, hiding.KUBERNETES),
        ("10.77.0.1", DOCKER, hiding.MASQUERADE),
        # a home network, a public address, a loopback address of the container's own
        ("10.0.0.4", "", None),
        ("10.0.0.4", "lxc:web", None),
        ("11.1.1.1", POD, None),
        ("127.0.0.1", DOCKER, None),
        ("fd00:10::1", DOCKER, None),
    ],
)
def test_recognize(text: str, name: str, front: Optional[Front]) -> None:
    """By the address, and by the engine of the container."""
    own = {ip_address("10.77.0.1").packed, ip_address("127.0.0.1").packed}
    assert hiding.recognize(ip_address(text), name, own) == front


@pytest.mark.parametrize(
    ("text", "is_private"),
    [
        ("10.0.0.4", True),
        ("100.96.0.1", True),
        ("fd00:10::1", True),
        ("8.8.8.8", False),
        # as an attacker in an example has it
        ("198.51.100.7", False),
        ("2001:db8::7", False),
    ],
)
def test_private_addresses(text: str, is_private: bool) -> None:
    """Those of a laboratory's clients are none."""
    assert hiding.is_private(ip_address(text)) is is_private
