"""A ban holds on newer engines too: Docker 26 and 28, and Podman 5 whose netavark writes nf_tables."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from tests.engines.docker_engine import Docker
from tests.engines.host import Host
from tests.engines.podman import Podman
from tests.engines.room import Room
from tests.engines.trial import try_ban
from tests.matrix.chroot import BuildError, build

pytestmark = pytest.mark.matrix

PACKAGES = (
    "ca-certificates",
    "docker.io",
    "iproute2",
    "iptables",
    "netavark",
    "nftables",
    "nginx-light",
    "podman",
)
#: {release: options of its dockerd}: the newest one's own store of images wants more than an empty root
RELEASES = {"trixie": (), "forky": ("--feature", "containerd-snapshotter=false")}


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    """The name of a release of Debian."""
    return str(request.param)


@contextlib.contextmanager
def protect_engines(release: str) -> Iterator[tuple[Host, Room]]:
    """This machine's fail2ban and iptables, and a room with the engines of another release."""
    try:
        root = build(release, PACKAGES, f"{release}-engines")
    except BuildError as error:
        pytest.skip(str(error))
    with Host("f2bnew") as host:
        engines = Room(host.server, host.directory / "engines", root)
        host.undo(engines.close)
        host.protect()
        yield host, engines


def test_a_ban_holds_with_docker(release: str) -> None:
    """In both families."""
    with protect_engines(release) as (host, engines):
        docker = Docker(engines, host.find_subnet(), options=RELEASES[release])
        host.undo(docker.stop)
        docker.serve("web", host.write_site("web"), {443: 443})
        try_ban(host, 443)


def test_a_ban_holds_with_podman(release: str) -> None:
    """In both families, on a host of its own: with some Dockers its network does not work."""
    with protect_engines(release) as (host, engines):
        podman = Podman(engines, host.find_subnet())
        host.undo(podman.stop)
        podman.serve("pod", host.write_site("pod"), {443: 443})
        try_ban(host, 443)
