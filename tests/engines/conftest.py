"""The hosts of these tests; each is made when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable

import pytest

from demo.lab.nginx import Nginx
from tests.engines.docker_engine import Docker
from tests.engines.guest import Guest
from tests.engines.host import Host
from tests.engines.podman import Podman

NEEDS = pytest.mark.needs("docker.io", "podman", "netavark", "nftables")
#: {name: the iptables of Docker, that of fail2ban}
DOCKERS = {
    "docker nft": ("nft", "nft"),
    "docker legacy": ("legacy", "legacy"),
    "docker mixed": ("legacy", "nft"),
    "docker mixed the other way": ("nft", "legacy"),
}


@dataclass(frozen=True)
class DockerHost:
    """One container serves port 443, another one, whose network has no IPv6, serves port 8443."""

    host: Host
    docker: Docker


@dataclass(frozen=True)
class PlainHost:
    """nginx serves port 443, a guest 8443, a container of Podman 9443."""

    host: Host
    guest: Guest
    podman: Podman


@pytest.fixture(scope="module")
def open_host() -> Iterator[Callable[[Host], Host]]:
    """Makes a host that ends with the tests of the file; they end side by side, because each waits a lot."""
    made: list[Host] = []

    def open_host(host: Host) -> Host:
        made.append(host.__enter__())
        return host

    yield open_host
    with ThreadPoolExecutor() as pool:
        for ended in [pool.submit(host.close) for host in made]:
            ended.result()


@pytest.fixture(scope="module")
def plain_host(open_host: Callable[[Host], Host]) -> PlainHost:
    """A host without Docker, so without DOCKER-USER."""
    host = open_host(Host("f2bpl"))
    nginx = Nginx(host.server, host.directory / "web", 256)
    host.undo(nginx.stop)
    guest = Guest(host.server, host.find_subnet(), 8443)
    host.undo(guest.stop)
    words, site = host.write_site("guest")
    guest.start(words, site / "output")
    host.protect()
    podman = host.make_podman()
    # the first one of a host: netavark puts its chain before what stands in FORWARD
    podman.serve("pod", host.write_site("pod"), {9443: 443})
    return PlainHost(host, guest, podman)


@pytest.fixture(scope="module")
def get_docker_host(open_host: Callable[[Host], Host]) -> Callable[[str], DockerHost]:
    """Return the host of a name in DOCKERS."""
    made: dict[str, DockerHost] = {}

    def get(name: str) -> DockerHost:
        if name not in made:
            made[name] = _make_docker_host(open_host, name)
        return made[name]

    return get


def _make_docker_host(open_host: Callable[[Host], Host], name: str) -> DockerHost:
    engine, ours = DOCKERS[name]
    host = open_host(Host("f2bdo", ours))
    docker = host.start_docker(engine)
    docker.serve("web", host.write_site("web"), {443: 443})
    docker.make_network("v4only", host.find_subnet())
    docker.serve("old", host.write_site("old"), {8443: 443}, "v4only")
    host.protect()
    return DockerHost(host, docker)
