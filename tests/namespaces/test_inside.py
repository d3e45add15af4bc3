"""Closing sockets inside containers: real namespaces, and openers that fail."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from demo.lab.wait import ENOUGH_S, wait_until
from ideolab_f2b.actions.ban.socket_closer import SocketCloser
from ideolab_f2b.kernel.ipset.element import key_of
from ideolab_f2b.namespaces.ask import OpenerDownError
from ideolab_f2b.namespaces.inside import InsideSockets
from tests.lab.containers import ContainerLab, build_lab

BANNED = ip_network("198.51.100.7")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[ContainerLab]:
    """A host without containers."""
    with build_lab("f2binside", tmp_path) as made:
        yield made


class Host:
    """Counts the walks over the host's own sockets; there are none."""

    walks = 0

    def destroy(self, _networks: object, _ports: object) -> int:
        self.walks += 1
        return 0


def count(lab: ContainerLab, source: str) -> list[int]:
    """How many connections of a client each container holds."""
    listed = [made.run("ss", "-Htn", "state", "established", "dst", source) for made in lab.namespaces]
    return [len(text.splitlines()) for text in listed]


@pytest.mark.root
def test_the_peer_is_closed_in_each_container_and_others_stay(lab: ContainerLab) -> None:
    """On the jail's ports and the watched ones; a container that nobody hands out is left alone."""
    containers = [lab.container(2, 443), lab.container(3, 8443), lab.container(4, 443)]
    left_out = containers[2].namespace
    opener = lab.start_opener(f"netns:{lab.prefix}-c2, netns:{lab.prefix}-c3")
    with lab.client.enter():
        for container, port in zip(containers, (443, 8443, 443)):
            for source in ("198.51.100.7", "198.51.100.8"):
                lab.keep(socket.create_connection((container.address, port), ENOUGH_S, (source, 0)))
    settings = lab.directory / "f2b.conf"
    settings.write_text("[connmon]\nport = 8443\n")
    inside = InsideSockets(opener.path, settings)
    host = Host()
    subject = SocketCloser((443,), host.destroy, inside)

    subject.add(key_of(BANNED))

    wait_until(lambda: subject.stats()["destroyed"] == 2, lambda: str(subject.stats()))
    subject.stop()
    assert (host.walks, subject.stats()["namespaces"], subject.stats()["failed"]) == (1, 2, 0)
    assert count(lab, "198.51.100.7") == [0, 0, 1]
    assert count(lab, "198.51.100.8") == [1, 1, 1]
    assert left_out.name.endswith("-c4")


def test_a_host_without_an_opener_asks_nobody(tmp_path: Path) -> None:
    """No directory, no question."""
    inside = InsideSockets(str(tmp_path / "run" / "sock"))
    subject = SocketCloser((443,), Host().destroy, inside)
    subject.add(key_of(BANNED))
    subject.stop()

    assert (subject.stats()["failed"], subject.stats()["last_error"]) == (0, "")


def test_an_opener_that_is_down_keeps_nothing_from_the_host(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The host's walks go on, the failure is counted each time and said once."""
    host = Host()
    inside = InsideSockets(str(tmp_path / "sock"))
    subject = SocketCloser((443,), host.destroy, inside)
    for number in (1, 2):
        subject.add(key_of(BANNED))
        wait_until(lambda number=number: subject.stats()["failed"] == number, "the failure")  # type: ignore[misc]
    subject.stop()

    assert host.walks == 2
    assert "the opener of namespaces does not answer" in str(subject.stats()["last_error"])
    assert caplog.text.count("open sockets of banned peers stay open") == 1


def test_a_silent_opener_delays_no_walk_of_the_host(tmp_path: Path) -> None:
    """It has a thread of its own."""
    host = Host()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(tmp_path / "sock"))
        listener.listen()
        inside = InsideSockets(str(tmp_path / "sock"))
        subject = SocketCloser((443,), host.destroy, inside)
        for number in (1, 2, 3):
            subject.add(key_of(BANNED))
            wait_until(lambda number=number: host.walks == number, "the walk")  # type: ignore[misc]
        assert subject.stats()["failed"] == 0
        subject.stop(0.1)


@pytest.mark.parametrize("ports", [(443,), (range(1, 65536),), tuple(range(1, 200))])
def test_any_ports_of_a_jail_are_a_question(ports: tuple[int | range, ...], tmp_path: Path) -> None:
    """Those that are watched come first."""
    inside = InsideSockets(str(tmp_path / "sock"), tmp_path / "none")

    with pytest.raises(OpenerDownError):
        inside.destroy([BANNED], ports)
    assert 443 in inside._choose(ports)
