"""A ban holds wherever nginx is: on the host, in a container of any engine, in a guest; in both families."""

from __future__ import annotations

from typing import Callable

import pytest

from tests.engines.conftest import DOCKERS, NEEDS, DockerHost, PlainHost
from tests.engines.trial import try_ban

pytestmark = [pytest.mark.root, NEEDS]

Get = Callable[[str], DockerHost]


@pytest.mark.parametrize("port", [443, 8443, 9443], ids=["nginx", "guest", "podman"])
def test_a_ban_holds_without_docker(plain_host: PlainHost, port: int) -> None:
    """No engine made a chain for us there."""
    try_ban(plain_host.host, port)


@pytest.mark.parametrize("port", [443, 8443], ids=["routed", "proxied"])
@pytest.mark.parametrize("name", DOCKERS)
def test_a_ban_holds_with_docker(get_docker_host: Get, name: str, port: int) -> None:
    """Whichever iptables each of them has; over IPv6 docker-proxy serves a network that has none."""
    try_ban(get_docker_host(name).host, port)


@pytest.mark.parametrize("name", DOCKERS)
def test_a_ban_outlives_what_docker_does(get_docker_host: Get, name: str) -> None:
    """The daemon restarts, makes a network, restarts a container: each writes rules."""
    found = get_docker_host(name)

    def disturb() -> None:
        found.docker.restart()
        found.docker.make_network(f"later{name[7:]}", found.host.find_subnet())
        found.docker.restart_container("web")

    try_ban(found.host, 443, disturb)


def test_a_ban_outlives_what_podman_does(plain_host: PlainHost) -> None:
    """A second container starts, and the first one starts again."""
    host, podman = plain_host.host, plain_host.podman

    def disturb() -> None:
        podman.serve("second", host.write_site("second"), {10443: 443})
        podman.restart("pod")

    try_ban(host, 9443, disturb)


def test_a_ban_outlives_its_guest(plain_host: PlainHost) -> None:
    """The guest comes back as a new namespace."""

    def disturb() -> None:
        plain_host.guest.stop()
        words, site = plain_host.host.write_site("guest-again")
        plain_host.guest.start(words, site / "output")

    try_ban(plain_host.host, 8443, disturb)
