"""Connections from a namespace of the lab, and an opener that answers."""

from __future__ import annotations

import socket

from demo.lab.namespace import Namespace
from demo.lab.wait import wait_until
from tests.lab.containers import ContainerLab

#: linux/in6.h: bind to an address that only a local route owns
_IPV6_FREEBIND = 78


def connect(namespace: Namespace, server: str, port: int, source: str = "") -> socket.socket:
    """Connect from an address of the namespace; a link that just came up finds no neighbour at first."""
    found: list[socket.socket] = []

    def is_connected() -> bool:
        with namespace.enter():
            client = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET)
        try:
            if ":" in source:
                client.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
            client.settimeout(60)
            if source:
                client.bind((source, 0))
            client.connect((server, port))
        except OSError:
            client.close()
            return False
        found.append(client)
        return True

    wait_until(is_connected, f"no connection to {server}")
    return found[0]


def start_opener(lab: ContainerLab, containers: str = "auto") -> str:
    """Start an opener with this setting, and return its path once it answers."""
    path = lab.start_opener(containers, path=lab.directory / f"sock-{len(containers)}").path

    def is_listening() -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
            return link.connect_ex(path) == 0

    wait_until(is_listening, "the opener does not answer")
    return path
