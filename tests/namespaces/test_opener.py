"""The opener over real namespaces: who is told of, what is passed, what is held, and who may ask."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from demo.lab.wait import ENOUGH_S, wait_until
from ideolab_f2b.kernel.netlink import PermissionDeniedError
from ideolab_f2b.kernel.sockets import sock_diag
from ideolab_f2b.kernel.sockets.destroy import destroy
from ideolab_f2b.kernel.sockets.inet_diag import fold
from ideolab_f2b.kernel.sockets.row import FAMILY, PEER
from ideolab_f2b.namespaces.ask import OpenerDownError, OpenerLink, ask, ask_addresses
from ideolab_f2b.namespaces.namespace import Namespace
from ideolab_f2b.namespaces.opener import ASK_S
from tests.kernel.scene import as_nobody
from tests.lab.containers import (
    Container,
    ContainerLab,
    build_lab,
    list_descriptors,
    list_links,
)

#: seconds that a busy machine takes beside
SLACK_S = 20.0


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


@pytest.mark.root
def test_what_has_too_few_in_use_has_no_channel(lab: ContainerLab) -> None:
    """Quiet containers cost no visit: they are told of together, with their addresses."""
    made = [lab.container(number, 443) for number in (2, 3)]
    opener = lab.start_opener()

    found = list(ask([443], above=9, path=opener.path))

    assert names(found) == sorted((name_of(each), (443,), False) for each in made)
    for each in found:
        (container,) = (one for one in made if name_of(one) == each.name)
        texts = {str(ip_address(packed)) for packed in each.routed}
        assert (each.netns, each.in_use, each.channel) == (container.netns, 1, None)
        assert {container.address, container.address6, "10.77.0.1", "fd00:77::1"} <= texts
        assert {ip_address("127.0.0.1").packed, *each.routed} <= each.own


@pytest.mark.root
def test_nothing_is_held_and_a_removed_namespace_is_gone(lab: ContainerLab) -> None:
    """The veth of a container that ends leaves the host, and its name is free for the next one."""
    container = lab.container(2, 443)
    opener = lab.start_opener()
    assert len(list(ask([443], path=opener.path))) == 1
    before = list_descriptors(opener.pid)

    for _turn in range(3):
        container.stop()
        wait_until(lambda: "v2@" not in list_links(lab.host), lambda: list_links(lab.host))
        assert list(ask([443], path=opener.path)) == []
        container.start(443)
        wait_until(lambda: list(ask([443], path=opener.path)), "the container is not seen", every_s=0.5)

    assert list_descriptors(opener.pid) == before


@pytest.mark.root
@pytest.mark.parametrize(
    ("setting", "wanted"), [("auto", [2, 3]), ("no", []), ("netns:{3}", [3]), ("netns:{4}, auto", [2, 3, 4])]
)
def test_the_setting_decides(lab: ContainerLab, setting: str, wanted: list[int]) -> None:
    """auto: what routes through this host; a name: that one, whatever its routes; no: none."""
    made = {number: lab.container(number, 443) for number in (2, 3, 4)}
    # as one with an uplink of its own, such as macvlan
    for version in ("-4", "-6"):
        made[4].namespace.run("ip", version, "route", "del", "default")
    text = setting
    for number, container in made.items():
        text = text.replace(f"{{{number}}}", container.namespace.name)
    opener = lab.start_opener(text)

    assert names(list(ask([443], path=opener.path))) == sorted(
        (name_of(made[number]), (443,), True) for number in wanted
    )


@pytest.mark.root
def test_another_user_namespace_is_not_looked_into(lab: ContainerLab) -> None:
    """Any user of this host may be root in one, with any address and any client that he makes."""
    lab.container(2, 443)
    script = (
        "ip link set lo up; ip link add d0 type veth peer name d1; ip link set d1 up;"
        " ip addr add 10.77.0.66/24 dev d0; ip link set d0 up;"
        " ip route add default via 10.77.0.1; exec python3 -c "
        '\'import socket,time; s=socket.create_server(("",443)); print("ready",flush=True); time.sleep(600)\''
    )
    output = lab.directory / "rootless"
    words = ["setpriv", "--reuid", "65534", "--clear-groups", "unshare", "-Urn", "sh", "-c", script]
    lab.run_program(output, *words)
    opener = lab.start_opener()

    assert [each.name for each in ask([443], path=opener.path)] == [f"netns:{lab.prefix}-c2"]


@pytest.mark.root
def test_an_address_that_a_container_chose_is_protected_nowhere_else(lab: ContainerLab) -> None:
    """Who is root in a container can give it an attacker's address; this host sends elsewhere."""
    container = lab.container(2, 443)
    for line in (
        "ip addr add 198.51.100.7/32 dev eth0",
        "ip -6 addr add 2001:db8:c::7/128 dev eth0 nodad",
        "ip route add 203.0.113.0/24 via 198.51.100.9 dev eth0 onlink",
    ):
        container.namespace.run(*line.split())
    opener = lab.start_opener()

    (found,) = ask([443], path=opener.path)

    chosen = {ip_address(text).packed for text in ("198.51.100.7", "2001:db8:c::7", "198.51.100.9")}
    assert chosen <= found.own
    assert not chosen & found.routed
    assert not chosen & ask_addresses(opener.path)
    assert ip_address(container.address).packed in ask_addresses(opener.path)


@pytest.mark.root
def test_others_are_refused_and_garbage_harms_nobody(lab: ContainerLab) -> None:
    """A user who may not ask, questions that are none, those who do not read: the next is answered."""
    lab.container(2, 443)
    opener = lab.start_opener("auto", "65533")
    Path(opener.path).chmod(0o666)

    refused = as_nobody(lambda: list(ask([443], path=opener.path)))
    assert refused.startswith("OpenerDownError: ")
    assert "netns: user 65534 may not ask" in opener.output

    silent = []
    for garbage in (
        b"",
        b"{" * 2000,
        b"ask above=1 ports=0",
        b"ask above=1 ports=" + b"1," * 900,
        b"\xff" * 4000,
    ):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
            link.connect(opener.path)
            link.send(garbage)
    for _number in range(3):
        # neither asks nor ends
        link = lab.keep(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        link.connect(opener.path)
        silent.append(link)

    began = time.monotonic()
    assert len(list(ask([443], path=opener.path))) == 1
    assert time.monotonic() - began < ASK_S + SLACK_S
    assert opener.output.count("netns: user 0: no question") == 1


@pytest.mark.root
def test_a_user_who_asks_without_end_keeps_root_from_nothing(lab: ContainerLab) -> None:
    """Connections beyond a few, and questions beyond 20 a second, are refused; root has its own."""
    lab.container(2, 443)
    opener = lab.start_opener("auto", "65534")
    flood = (
        "import os, socket, sys\n"
        "os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)\n"
        "held = []\n"
        "while True:\n"
        "    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
        "    try:\n"
        "        link.connect(sys.argv[1]); link.send(b'ask above=0 ports=1-65535')\n"
        "    except OSError:\n"
        "        pass\n"
        "    held = held[-200:] + [link]\n"
    )
    lab.run_program(lab.directory / "flood", sys.executable, "-c", flood, opener.path)
    wait_until(lambda: "too many questions (user 65534)" in opener.output, lambda: opener.output)

    for _question in range(20):
        assert len(list(ask([443], path=opener.path))) == 1


@pytest.mark.root
def test_questions_over_one_connection(lab: ContainerLab) -> None:
    """Each takes its token, as one over a new connection does; what changes is told, and nothing is held."""
    first, second = lab.container(2, 443), lab.container(3, 443)
    opener = lab.start_opener("auto", "65534")
    # whoever is answered has waited until all is open
    assert len(list(ask([443], path=opener.path))) == 2
    before = list_descriptors(opener.pid)
    link = OpenerLink(opener.path)
    assert names(list(link.ask([443]))) == sorted((name_of(each), (443,), True) for each in (first, second))

    second.stop()
    with lab.client.enter():
        lab.keep(socket.create_connection((first.address, 443), ENOUGH_S, ("198.51.100.7", 0)))

    def count() -> list[int]:
        return [found.in_use for found in link.ask([443], above=99)]

    wait_until(lambda: count() == [2], lambda: str(count()))
    link.close()
    assert list_descriptors(opener.pid) == before

    def flood() -> None:
        greedy = OpenerLink(opener.path)
        for _question in range(10_000):
            list(greedy.ask([443], above=99))

    assert as_nobody(flood).startswith(f"{OpenerDownError.__name__}: ")
    assert "too many questions (user 65534)" in opener.output
    assert len(list(ask([443], path=opener.path))) == 1


@pytest.mark.root
def test_the_opener_is_started_anew(lab: ContainerLab) -> None:
    """The next question over a link goes to the new one."""
    lab.container(2, 443)
    opener, link = lab.start_opener(), OpenerLink(str(lab.directory / "sock"))
    for _start in range(2):
        assert len(list(link.ask([443]))) == 1
        opener.stop()
        with pytest.raises(OpenerDownError):
            list(link.ask([443]))
        opener = lab.start_opener()
    assert len(list(link.ask([443]))) == 1
    link.close()


@pytest.mark.root
def test_a_new_address_and_a_new_listener_of_an_old_container(lab: ContainerLab) -> None:
    """As when an engine connects it to a further network."""
    container = lab.container(2, 443)
    opener = lab.start_opener()
    assert len(list(ask([443], path=opener.path))) == 1
    container.namespace.run("ip", "addr", "add", "10.77.0.99/24", "dev", "eth0")
    container.run(8443)

    def find() -> tuple[int, ...]:
        return next(each.ports for each in ask([443, 8443], path=opener.path))

    wait_until(lambda: find() == (443, 8443), lambda: str(find()), every_s=1.0)
    assert ip_address("10.77.0.99").packed in ask_addresses(opener.path)


@pytest.mark.root
def test_a_new_container_is_seen_within_15_s(lab: ContainerLab) -> None:
    """Also one whose server begins to listen only later, with a question every few seconds as connmon's."""
    lab.container(2, 443)
    opener = lab.start_opener()
    assert len(list(ask([443], path=opener.path))) == 1

    late = lab.container(3, 80)
    assert len(list(ask([443], path=opener.path))) == 1
    late.run(443)

    wait_until(
        lambda: len(list(ask([443], path=opener.path))) == 2, "the second", timeout_s=15.0, every_s=2.0
    )
