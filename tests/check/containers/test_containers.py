"""The check of containers on real namespaces: a host that hands its ports on, an opener, clients."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from demo.lab.child import Child
from ideolab_f2b.check.containers import containers
from ideolab_f2b.check.containers.survey import NamespacePeers, Survey
from ideolab_f2b.check.containers.unwatched import Found, Unwatched
from ideolab_f2b.config import Settings
from tests.check.containers.clients import connect, start_opener
from tests.host.overlay import REPOSITORY
from tests.kernel.scene import as_nobody
from tests.lab.containers import ContainerLab, build_lab

SETTINGS = Settings()
OFF = "/nowhere/sock"


class Scene:
    """The lab, and what clients hold open in it."""

    def __init__(self, lab: ContainerLab, undo: contextlib.ExitStack) -> None:
        self.lab, self.undo = lab, undo

    def publish(self, port: int, target: str) -> None:
        """Hand a port of the host on to a container, before others that have the port."""
        for program, server in (("iptables", "192.0.2.1"), ("ip6tables", "2001:db8:0:1::1")):
            if (":" in server) == target.startswith("["):
                words = f"-w -t nat -I PREROUTING -d {server} -p tcp --dport {port} -j DNAT"
                self.lab.host.run(program, *words.split(), "--to-destination", target)

    def connect(self, count: int, port: int = 443, server: str = "192.0.2.1") -> None:
        """Connect so many clients to the host, and hold the connections."""
        for number in range(1, count + 1):
            source = f"2001:db8:c::{number}" if ":" in server else f"198.51.100.{number}"
            self.undo.enter_context(connect(self.lab.client, server, port, source))

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
            "         -> ideolab-f2b install --containers",
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
        "         -> ideolab-f2b install --containers",
        f"wrong    flows fd00:77::2 port 443: 2 connections to port 443 go on to netns:c2, {missed}\n"
        "         -> ideolab-f2b install --containers",
    ]

    assert scene.check(start_opener(scene.lab)) == [
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
    opener = start_opener(scene.lab)
    assert scene.check(opener) == [
        "ok       container netns:c3: port 443, 0 connections",
        "wrong    flows 10.77.0.2 port 8443: 2 connections to port 443 go on to netns:c2: its port is 8443,"
        " which is not watched\n         -> add 8443 to port in [connmon] of /etc/ideolab/f2b.conf,"
        " then systemctl restart ideolab-connmon",
    ]
    assert scene.check(opener, ports=(443, 8443)) == [
        "ok       container netns:c2: port 8443, 2 connections",
        "ok       container netns:c3: port 443, 0 connections",
        "ok       flows: 2 connections go on to 1 ports of containers that are looked into",
    ]

    other = start_opener(scene.lab, "netns:other")
    assert scene.check(other, ports=(443, 8443), names=("netns:other",)) == [
        "unknown  container netns:c3: listens on port 443 and is not looked into: [connmon] containers does"
        " not cover it\n         -> write containers = netns:other, netns:c3 in [connmon] of"
        " /etc/ideolab/f2b.conf, then systemctl restart ideolab-netns ideolab-connmon",
        "wrong    flows 10.77.0.2 port 8443: 2 connections to port 443 go on to netns:c2, and nobody looks"
        " there: idle clients are not found, banned ones keep their connections\n"
        "         -> write containers = netns:other, netns:c2 in [connmon] of /etc/ideolab/f2b.conf,"
        " then systemctl restart ideolab-netns ideolab-connmon",
    ]


@pytest.mark.root
def test_clients_that_a_rule_hides(scene: Scene) -> None:
    """All of them have the bridge's address then, and a ban of it is refused."""
    scene.lab.container(2, 443)
    scene.publish(443, "10.77.0.2:443")
    words = "-w -t nat -A POSTROUTING -o br0 -j MASQUERADE"
    scene.lab.host.run("iptables", *words.split())
    scene.connect(12)
    assert scene.check(start_opener(scene.lab))[-1] == (
        "wrong    peers netns:c2 port 443: 12 of 12 connections are from 10.77.0.1: it looks like a rule of"
        " this host that masquerades the clients (SNAT, MASQUERADE)\n"
        "         -> take it out for this port (docs/containers.md#who-hides-the-clients)"
    )


@pytest.mark.root
def test_a_program_of_the_host_in_front(scene: Scene) -> None:
    """Its own connections are no clients', and no rule hides anybody."""
    made = scene.lab.container(2, 443)
    scene.publish(443, "10.77.0.2:443")
    with contextlib.ExitStack() as undo:
        for _number in range(12):
            undo.enter_context(connect(scene.lab.host, made.address, 443))
        said = scene.check(start_opener(scene.lab))
    assert said == [
        "ok       container netns:c2: port 443, 12 connections",
        "ok       flows: no client's connection to a watched port goes on to a container now",
        "unknown  peers netns:c2 port 443: 12 of 12 connections are from 10.77.0.1: a program of this"
        " host is in"
        " front, and connmon does not see its clients\n"
        "         -> watch that program's port: port in [connmon] of /etc/ideolab/f2b.conf",
    ]


@pytest.mark.root
def test_a_namespace_that_does_not_route_through_this_host(scene: Scene) -> None:
    """Its gateway is another machine, as behind macvlan."""
    scene.lab.container(2, 443).namespace.run(
        "sh", "-c", "ip route replace default via 10.77.0.9; ip -6 route replace default via fd00:77::9"
    )
    said = scene.check(start_opener(scene.lab))
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
    path = start_opener(scene.lab)
    answer = as_nobody(
        lambda: [line.split(":")[0] + line.partition("\n")[2] for line in scene_lines(scene, path)]
    )
    assert "'ok " not in answer
    assert "unknown  containers" in answer


def scene_lines(scene: Scene, path: str) -> list[str]:
    """A user cannot enter a namespace: where the lines are of does not matter."""
    return [str(one) for one in containers.containers(SETTINGS, path, lambda: scene.lab.pids)]


HERE = Survey(NamespacePeers("", 0, frozenset()))
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
        "         -> sudo ideolab-f2b check, or ideolab-f2b install --containers"
    ]
    assert judge(GONE, is_whole=False, forwards=False) == []
    assert judge(replace(HERE, trouble="Permission denied"), is_whole=False) == [
        "unknown  containers: the opener does not answer: Permission denied\n"
        "         -> sudo ideolab-f2b netns --list"
    ]


def test_what_cannot_be_looked_at() -> None:
    """AppArmor and SELinux may keep root from it; a user's own container is watched on the host."""
    found = Found((), is_whole=False, denied=3)
    assert [str(one) for one in containers.judge_search(HERE, found, forwards=True)] == [
        "unknown  containers: 3 processes cannot be looked at, as in containers (AppArmor, SELinux)\n"
        "         -> run check unconfined: outside of a container, or with apparmor=unconfined; ausearch"
        " -m avc"
    ]
    users = Unwatched(
        "user1000:libpod:0225320b4597", 7, frozenset({443}), frozenset(), "another user namespace"
    )
    (verdict,) = containers.judge_rest([users], HERE, ("auto",))
    assert verdict.mend == "watch the host's port that leads to it: port in [connmon]"


@pytest.mark.needs("docker.io")
@pytest.mark.root
def test_docker_proxy(scene: Scene) -> None:
    """Clients of IPv6 whose container has none: it takes their connections on the host."""
    made = scene.lab.container(2, 443)
    words = (
        f"-proto tcp -host-ip 2001:db8:0:1::1 -host-port 443 -container-ip {made.address} -container-port 443"
    )
    # it tells its parent by descriptor 3 that it listens
    shell = ["sh", "-c", 'exec docker-proxy "$@" 3>&1', "sh"]
    proxy = Child(scene.lab.host, scene.lab.directory / "proxy", *shell, *words.split(), made.address)
    scene.undo.callback(proxy.stop)
    scene.lab.tell(proxy.pid)
    scene.connect(12, server="2001:db8:0:1::1")
    assert scene.check(start_opener(scene.lab))[-1] == (
        "wrong    peers netns:c2 port 443: 12 of 12 connections are from 10.77.0.1: docker-proxy hides"
        " the clients"
        " from the web server and its logs; connmon sees them on this host\n"
        "         -> give the Docker network IPv6, or dockerd userland-proxy=false"
        " (docs/containers.md#who-hides-the-clients)"
    )


def test_many_containers() -> None:
    """The fullest have a line, the others a sum."""
    places = [
        NamespacePeers(f"docker:{number:012}", number, frozenset(), {443: Counter({b"abcd": number})})
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

    # one answer of the opener has no more
    full = Survey(HERE.host, tuple(places[:1] * 64))
    assert str(next(containers.judge_rest(rest, full, ("auto",)))).startswith(
        "unknown  container lxc:c00: listens on port 443 and is not looked into: the opener looks into 64"
        " containers\n"
        "         -> write the names of those that count into containers in [connmon] of "
    )


def test_ports_that_an_engines_program_takes() -> None:
    """rootlessport hides the clients from the logs, pasta does not; docker-proxy is judged by its peers."""
    programs = {443: "docker-proxy", 8443: "rootlessport", 9443: "pasta.avx2"}
    assert [str(one) for one in containers.judge_forwarders(programs)] == [
        "wrong    forwarder port 8443: rootlessport takes its connections: connmon sees the clients here, the"
        " logs inside do not\n"
        "         -> let pasta forward (docs/containers.md#who-hides-the-clients)",
        "ok       forwarder port 9443: pasta.avx2 takes its connections and keeps the clients' addresses",
    ]


@pytest.mark.root
def test_the_verb_as_json(scene: Scene, tmp_path: Path) -> None:
    """It has the same lines; in a namespace of processes of its own it sees no other container."""
    scene.lab.container(2, 443)
    scene.publish(443, "10.77.0.2:443")
    scene.connect(2)
    config = tmp_path / "f2b.conf"
    config.write_text("")
    alone = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    words = [*alone, sys.executable, "-m", "ideolab_f2b", "check", "--json", "--config", str(config)]
    command = scene.lab.host.command(*words)
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=REPOSITORY)
    found = {one["check"]: one for one in map(json.loads, done.stdout.splitlines())}

    assert found["network"]["state"] == "wrong"
    assert "this network is not the host's (up0 (veth))" in found["network"]["text"]
    assert found["flows 10.77.0.2 port 443"]["state"] == "wrong"
    assert found["flows 10.77.0.2 port 443"]["mend"] == "ideolab-f2b install --containers"
    assert found["containers"]["state"] == "unknown"
    assert "in a container" in found["port 443"]["text"]
