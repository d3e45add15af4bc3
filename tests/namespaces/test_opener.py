"""The opener over real namespaces: who is told of, what is passed, what is held, and who may ask."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from demo.lab.wait import ENOUGH_S
from ideolab_f2b.kernel.netlink import PermissionDeniedError
from ideolab_f2b.kernel.sockets import sock_diag
from ideolab_f2b.kernel.sockets.destroy import destroy
from ideolab_f2b.kernel.sockets.inet_diag import fold
from ideolab_f2b.kernel.sockets.row import FAMILY, PEER
from ideolab_f2b.namespaces.ask import ask
from ideolab_f2b.namespaces.namespace import Namespace
from tests.kernel.scene import as_nobody
from tests.lab.containers import (
    Container,
    ContainerLab,
    build_lab,
)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[ContainerLab]:
    """A host without containers."""
    # others than root must reach the opener's socket
    for directory in (tmp_path, *tmp_path.parents[:3]):
        directory.chmod(0o755)
    with build_lab("f2bopen", tmp_path) as made:
        yield made


def names(found: list[Namespace]) -> list[tuple[str, tuple[int, ...], bool]]:
    return sorted((each.name, each.ports, each.channel is not None) for each in found)


def name_of(container: Container) -> str:
    return f"netns:{container.namespace.name}"


@pytest.mark.root
def test_each_listener_has_a_channel(lab: ContainerLab) -> None:
    """Namespaces with a listener on an asked port are told of, with a socket that looks into them."""
    first, second = lab.container(2, 443), lab.container(3, 443, 8443)
    lab.container(4, 80)
    opener = lab.start_opener()

    found = list(ask([443, range(8000, 9000)], path=opener.path))

    assert names(found) == sorted(
        [(name_of(first), (443,), True), (name_of(second), (443, 8443), True)],
    )


def look(path: str) -> dict[str, list[str]]:
    """{name: the peers at port 443}, by the channels of an answer."""
    return {
        each.name: sorted(
            str(ip_address(fold(row[FAMILY], row[PEER]))) for row in sock_diag.rows(443, channel=each.channel)
        )
        for each in ask([443], path=path)
    }


@pytest.mark.root
def test_nobody_reads_through_it_and_destroys_nothing(lab: ContainerLab) -> None:
    """A user without any capability sees each container's peers; to destroy takes CAP_NET_ADMIN."""
    first, second = lab.container(2, 443), lab.container(3, 443)
    opener = lab.start_opener("auto", "65534")
    with lab.client.enter():
        for source, target in (("198.51.100.7", first), ("2001:db8:c::7", second)):
            there = target.address6 if ":" in source else target.address
            lab.keep(socket.create_connection((there, 443), ENOUGH_S, (source, 0)))
    expected = {name_of(first): ["198.51.100.7"], name_of(second): ["2001:db8:c::7"]}

    assert as_nobody(lambda: look(opener.path)) == repr(expected)

    def close() -> list[str]:
        refused = []
        for each in ask([443], path=opener.path):
            try:
                destroy(
                    [ip_network("198.51.100.7"), ip_network("2001:db8:c::7")], [443], channel=each.channel
                )
            except PermissionDeniedError:
                refused.append(each.name)
        return sorted(refused)

    assert as_nobody(close) == repr(sorted(expected))
    assert look(opener.path) == expected


@pytest.mark.root
def test_root_destroys_there_and_nowhere_else(lab: ContainerLab) -> None:
    """Who has the capability closes the peer's sockets in the container that the channel looks into."""
    first, second = lab.container(2, 443), lab.container(3, 443)
    opener = lab.start_opener()
    with lab.client.enter():
        for target in (first, second):
            for source in ("198.51.100.7", "198.51.100.8"):
                lab.keep(socket.create_connection((target.address, 443), ENOUGH_S, (source, 0)))

    closed = {
        each.name: destroy([ip_network("198.51.100.7")], each.ports, channel=each.channel)
        for each in ask([443], path=opener.path)
        if each.name == name_of(first)
    }

    assert closed == {name_of(first): 1}
    assert look(opener.path) == {
        name_of(first): ["198.51.100.8"],
        name_of(second): ["198.51.100.7", "198.51.100.8"],
    }
