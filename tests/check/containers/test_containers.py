"""The check of containers on real namespaces: a host that hands its ports on, an opener, clients."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ideolab_f2b.check.containers import containers, unwatched
from ideolab_f2b.check.containers.survey import Place, Survey
from ideolab_f2b.check.containers.unwatched import Found, Unwatched
from ideolab_f2b.config import Settings
from tests.kernel.scene import as_nobody
from tests.lab.containers import ContainerLab, build_lab

SETTINGS = Settings()
OFF = "/nowhere/sock"


class Scene:
    """The lab, and what clients hold open in it."""

    def __init__(self, lab: ContainerLab, undo: contextlib.ExitStack) -> None:
        self.lab, self._undo = lab, undo

    def publish(self, port: int, target: str) -> None:
        """Hand a port of the host on to a container, before others that have the port."""
        for program, server in (("iptables", "192.0.2.1"), ("ip6tables", "2001:db8:0:1::1")):
            if (":" in server) == target.startswith("["):
                words = f"-w -t nat -I PREROUTING -d {server} -p tcp --dport {port} -j DNAT"
                self.lab.host.run(program, *words.split(), "--to-destination", target)

    def connect(self, count: int, port: int = 443, server: str = "192.0.2.1") -> None:
        """Connect so many clients to the host, and hold the connections."""
        for number in range(1, count + 1):
            with self.lab.client.enter():
                client = self._undo.enter_context(
                    socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET)
                )
            if ":" in server:
                client.setsockopt(socket.IPPROTO_IPV6, 78, 1)
            client.settimeout(60)
            client.bind((f"2001:db8:c::{number}" if ":" in server else f"198.51.100.{number}", 0))
            client.connect((server, port))

    def check(
        self, path: str, *, ports: tuple[int, ...] = (443,), names: tuple[str, ...] = ("auto",)
    ) -> list[str]:
        """What `check` says on the host, with the names of this test's namespaces cut short."""
        settings = replace(SETTINGS, connmon=replace(SETTINGS.connmon, ports=ports, containers=names))
        with self.lab.host.enter():
            found = list(containers.containers(settings, path, lambda: self.lab.pids))
        return [str(one).replace(f"{self.lab.prefix}-", "") for one in found]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr("ideolab_f2b.places.runs_systemd", lambda: True)
    with build_lab("f2bchk", tmp_path) as lab, contextlib.ExitStack() as undo:
        yield Scene(lab, undo)


@pytest.mark.root
def test_what_leaves_for_a_container(scene: Scene) -> None:
    """Wrong without an opener, in both families; with one, each container is counted."""
    scene.lab.container(2, 443)
    assert (
        scene.check(OFF)
        == [
            "unknown  container netns:c2: listens on port 443 and is not looked into: the opener is off\n"
            "         -> scripts/install --containers",
            "unknown  flows: this host forwards packets without connection tracking: where clients end is not"
            " seen\n"
            "         -> conntrack -L -p tcp",
        ][: len(scene.check(OFF))]
    )

    scene.publish(443, "10.77.0.2:443")
    scene.publish(443, "[fd00:77::2]:443")
    scene.connect(3)
    scene.connect(2, server="2001:db8:0:1::1")
    missed = "and nobody looks there: idle clients are not found, banned ones keep their connections"
    assert scene.check(OFF) == [
        f"wrong    flows 10.77.0.2 port 443: 3 connections to port 443 go on to netns:c2, {missed}\n"
        "         -> scripts/install --containers",
        f"wrong    flows fd00:77::2 port 443: 2 connections to port 443 go on to netns:c2, {missed}\n"
        "         -> scripts/install --containers",
    ]

    assert scene.check(scene.lab.start_opener().path) == [
        "ok       container netns:c2: port 443, 5 connections",
        "ok       flows: 5 connections go on to 2 ports of containers that are looked into",
    ]


@pytest.mark.root
def test_ports_and_settings(scene: Scene) -> None:
    """Another port inside has to be listed; what the setting does not cover is named."""
    scene.lab.container(2, 8443)
    scene.lab.container(3, 443)
    scene.publish(443, "10.77.0.2:8443")
    scene.connect(2)
    opener = scene.lab.start_opener()
    assert scene.check(opener.path) == [
        "ok       container netns:c3: port 443, 0 connections",
        "wrong    flows 10.77.0.2 port 8443: 2 connections to port 443 go on to netns:c2: its port is 8443,"
        " which is not watched\n         -> add 8443 to port in [connmon] of /etc/ideolab/f2b.conf,"
        " then systemctl restart ideolab-connmon",
    ]
    assert scene.check(opener.path, ports=(443, 8443)) == [
        "ok       container netns:c2: port 8443, 2 connections",
        "ok       container netns:c3: port 443, 0 connections",
        "ok       flows: 2 connections go on to 1 ports of containers that are looked into",
    ]

    other = scene.lab.start_opener("netns:other", path=scene.lab.directory / "other")
    assert scene.check(other.path, ports=(443, 8443), names=("netns:other",)) == [
        "unknown  container netns:c3: listens on port 443 and is not looked into: [connmon] containers does"
        " not cover it\n         -> write containers = netns:other, netns:c3 in [connmon] of"
        " /etc/ideolab/f2b.conf, then systemctl restart ideolab-netns",
        "wrong    flows 10.77.0.2 port 8443: 2 connections to port 443 go on to netns:c2, and nobody looks"
        " there: idle clients are not found, banned ones keep their connections\n"
        "         -> write containers = netns:other, netns:c2 in [connmon] of /etc/ideolab/f2b.conf,"
        " then systemctl restart ideolab-netns",
    ]


@pytest.mark.root
def test_clients_that_a_rule_hides(scene: Scene) -> None:
    """All of them have the bridge's address then, and a ban of it is refused."""
    scene.lab.container(2, 443)
    scene.publish(443, "10.77.0.2:443")
    words = "-w -t nat -A POSTROUTING -o br0 -j MASQUERADE"
    scene.lab.host.run("iptables", *words.split())
    scene.connect(12)
    assert scene.check(scene.lab.start_opener().path)[-1] == (
        "wrong    peers netns:c2 port 443: 12 of 12 connections are from 10.77.0.1: it looks like a rule of"
        " this host that masquerades the clients (SNAT, MASQUERADE)\n"
        "         -> take it out for this port (docs/containers.md#who-hides-the-clients)"
    )


@pytest.mark.root
def test_a_namespace_that_does_not_route_through_this_host(scene: Scene) -> None:
    """Its gateway is another machine, as behind macvlan."""
    scene.lab.container(2, 443).namespace.run(
        "sh", "-c", "ip route replace default via 10.77.0.9; ip -6 route replace default via fd00:77::9"
    )
    said = scene.check(scene.lab.start_opener().path)
    assert said[0] == (
        "unknown  container netns:c2: listens on port 443 and is not looked into: it does not route"
        " through this"
        " host (macvlan, a VPN, a rootless engine), nor passes its rule\n"
        "         -> watch the host's port of a rootless container; else install ideolab-f2b in it"
    )


@pytest.mark.root
def test_a_user_sees_what_he_may(scene: Scene) -> None:
    """Nothing of it is ok, and nothing waits."""
    scene.lab.container(2, 443)
    path = scene.lab.start_opener().path
    answer = as_nobody(
        lambda: [line.split(":")[0] + line.partition("\n")[2] for line in scene_lines(scene, path)]
    )
    assert "'ok " not in answer
    assert "unknown  containers" in answer


def scene_lines(scene: Scene, path: str) -> list[str]:
    """A user cannot enter a namespace: where the lines are of does not matter."""
    return [str(one) for one in containers.containers(SETTINGS, path, lambda: scene.lab.pids)]


@pytest.mark.root
def test_a_search_that_takes_too_long(scene: Scene) -> None:
    """It is ended, and what was not seen is not taken for nothing."""
    scene.lab.container(2, 443)

    def wait_long() -> list[int]:
        time.sleep(60)
        return []

    assert unwatched.find([443], (), wait_long, patience_s=0.2) == Found((), is_whole=False)
    with scene.lab.host.enter():
        assert unwatched.find([443], (), lambda: scene.lab.pids).is_whole


HERE = Survey(Place("", 0, frozenset()))
GONE = replace(HERE, trouble="No such file or directory", has_opener=False)


def test_what_is_said_of_the_search() -> None:
    """ok needs somebody who has looked; a host that forwards nothing has no container to look for."""

    def judge(seen: Survey, *, is_whole: bool, forwards: bool = True) -> list[str]:
        found = Found((), is_whole)
        return [str(one) for one in containers.judge_search(seen, found, forwards=forwards)]

    nobody = "ok       containers: no container listens on a watched port"
    assert judge(GONE, is_whole=True) == judge(HERE, is_whole=True) == [nobody]
    assert judge(HERE, is_whole=False) == [
        "ok       containers: the opener finds no container that listens on a watched port"
    ]
    assert judge(GONE, is_whole=False) == [
        "unknown  containers: whether a container listens on a watched port is not seen\n"
        "         -> sudo ideolab-f2b check, or scripts/install --containers"
    ]
    assert judge(GONE, is_whole=False, forwards=False) == []
    assert judge(replace(HERE, trouble="Permission denied"), is_whole=False) == [
        "unknown  containers: the opener does not answer: Permission denied\n"
        "         -> sudo ideolab-f2b netns --list"
    ]


def test_many_containers() -> None:
    """The fullest have a line, the others a sum."""
    places = [
        Place(f"docker:{number:012}", number, frozenset(), {443: Counter({b"abcd": number})})
        for number in range(1, 31)
    ]
    said = [str(one) for one in containers.judge_places(places)]
    assert len(said) == 21
    assert said[0] == "ok       container docker:000000000030: port 443, 30 connections"
    assert said[20] == f"ok       containers: 10 more containers, {sum(range(1, 11))} connections"

    rest = [Unwatched(f"lxc:c{number:02}", number, frozenset({443}), frozenset(), "") for number in range(30)]
    said = [str(one) for one in containers.judge_rest(rest, GONE, ("auto",))]
    assert len(said) == 21
    assert said[20].startswith("unknown  containers: 10 more listen and are not looked into\n")


def test_ports_that_an_engines_program_takes() -> None:
    """rootlessport hides the clients from the logs, pasta does not; docker-proxy is judged by its peers."""
    programs = {443: "docker-proxy", 8443: "rootlessport", 9443: "pasta.avx2"}
    assert [str(one) for one in containers.judge_forwarders(programs)] == [
        "wrong    forwarder port 8443: rootlessport takes its connections: connmon sees the clients here, the"
        " logs inside do not\n"
        "         -> let pasta forward (docs/containers.md#who-hides-the-clients)",
        "ok       forwarder port 9443: pasta.avx2 takes its connections and keeps the clients' addresses",
    ]
