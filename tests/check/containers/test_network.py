"""Whose network fail2ban has: the host's, or that of a container, with the web server in it or without."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from demo.lab.namespace import link_namespaces
from ideolab_f2b.check.containers import network
from ideolab_f2b.check.containers.network import OwnNetwork, judge, sort_links
from ideolab_f2b.config import Settings
from ideolab_f2b.kernel.interfaces import Interface, read_interfaces
from tests.host.overlay import REPOSITORY

HOST = OwnNetwork(["eth0"], [], None, "", "systemd", False)
BRIDGED = OwnNetwork([], ["eth0 (veth)"], None, "Docker", "f2b-entrypoint", False)


def link(name: str, kind: str = "", *, is_foreign: bool = False, master: int = 0) -> Interface:
    return Interface(2, name, kind, master, is_foreign, is_loopback=name == "lo")


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (HOST, "ok       network: this is the host's network (eth0)"),
        (HOST._replace(engine="Docker"), "ok       network: Docker: this is the host's network (eth0)"),
        # PID 1 of the host tells, whatever the interfaces look like
        (
            BRIDGED._replace(is_first=True),
            "ok       network: Docker: this is the host's network (that of PID 1)",
        ),
        (
            HOST._replace(engine="Docker", is_desktop=True),
            "unknown  network: this is the network of Docker Desktop's virtual machine: no client's"
            " address is"
            " seen\n         -> run fail2ban and the web server on a Linux host",
        ),
        (
            BRIDGED,
            "wrong    network: Docker: this network is not the host's (eth0 (veth)): bans hold for it"
            " alone, and"
            " nothing listens on port 443 in it\n"
            "         -> give fail2ban's container the host's network"
            " (docs/containers.md#the-pack-in-containers)",
        ),
        # a system container whose web server is down
        (
            BRIDGED._replace(engine="LXC", init="systemd"),
            "unknown  network: LXC: this network is not the host's (eth0 (veth)): bans hold for it alone, and"
            " nothing listens on port 443 in it\n"
            "         -> start the web server here, or give fail2ban's container the host's network"
            " (docs/containers.md#the-pack-in-containers)",
        ),
        (
            OwnNetwork(["eth0"], ["eth0 (veth)"], False, "", "systemd", False),
            "wrong    network: this network is not the host's (eth0 (veth)): bans hold for it alone, and"
            " nothing listens on port 443 in it\n"
            "         -> give fail2ban's container the host's network"
            " (docs/containers.md#the-pack-in-containers)",
        ),
        (
            OwnNetwork([], [], None, "a container", "sh", False),
            "unknown  network: whether this is the host's network is not known: it has no interface\n"
            "         -> give fail2ban's container the host's network"
            " (docs/containers.md#the-pack-in-containers)",
        ),
    ],
)
def test_judge(seen: OwnNetwork, said: str) -> None:
    """Nothing listens on the watched port."""
    assert str(judge(seen, [], (443,))) == said


@pytest.mark.parametrize("seen", [BRIDGED, BRIDGED._replace(engine="LXC", init="systemd")])
def test_a_web_server_in_the_same_container(seen: OwnNetwork) -> None:
    """There bans belong."""
    assert str(judge(seen, [443], (443,))) == (
        f"ok       network: {seen.engine}: this network is not the host's (eth0 (veth)),"
        " and the web server is in it: port 443"
    )


def test_interfaces() -> None:
    """Bridges and the host's ends of pairs prove nothing; tunnels that each namespace has neither."""
    links = [
        link("lo"),
        link("enp1s0"),
        link("docker0", "bridge"),
        link("veth1", "veth", is_foreign=True, master=3),
        link("tunl0", "ipip"),
    ]
    assert sort_links(links) == (["enp1s0"], [])
    assert sort_links([link("lo"), link("eth0", "veth", is_foreign=True), link("tunl0", "ipip")]) == (
        [],
        ["eth0 (veth)"],
    )
    assert sort_links([link("eth0", "macvlan", is_foreign=True)]) == ([], ["eth0 (macvlan)"])
    # slirp4netns
    assert sort_links([link("tap0", "tun")]) == ([], ["tap0 (tun)"])
    # both ends here: no way out
    assert sort_links([link("v0", "veth")]) == ([], [])


@pytest.mark.parametrize(
    ("files", "engine"),
    [
        ({}, ""),
        ({".dockerenv": ""}, "Docker"),
        ({"run/.containerenv": ""}, "Podman"),
        ({"run/systemd/container": "lxc"}, "a container"),
        ({"proc/self/cgroup": "0::/system.slice/docker-0225320b4597.scope\n"}, "Docker"),
        ({"proc/self/cgroup": "0::/lxc.payload.c1/init.scope\n", ".dockerenv": ""}, "LXC"),
        ({"proc/self/cgroup": "0::/kubepods/pod1/x\n"}, "Kubernetes"),
        ({"proc/self/cgroup": "0::/user.slice\n"}, ""),
    ],
)
def test_engines(tmp_path: Path, files: dict[str, str], engine: str) -> None:
    """By what they put into their containers, or the path of the cgroup."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assert network.find_engine(tmp_path, tmp_path / "proc") == engine


@pytest.mark.root
def test_a_namespace_that_is_not_the_hosts() -> None:
    """Its only way out is a pair whose other end is elsewhere."""
    with link_namespaces("f2bcnet") as (server, _client), server.enter():
        assert sort_links(read_interfaces()) == ([], ["veth0 (veth)"])
        (verdict,) = network.network(Settings())

    assert verdict.state in ("wrong", "unknown")
    assert "this network is not the host's (veth0 (veth)): bans hold for it alone" in verdict.text


#: prints what the check says, as PID 1 of namespaces of its own
_CHECK = """
import socket, sys
sys.path.insert(0, sys.argv[1])
from ideolab_f2b.check.containers.network import network
from ideolab_f2b.config import Settings
listener = socket.create_server(("", 443)) if "serve" in sys.argv else None
print(*network(Settings()))
"""


@pytest.mark.root
@pytest.mark.parametrize(("words", "state"), [([], "wrong"), (["serve"], "ok")])
def test_a_container(words: list[str], state: str) -> None:
    """Its processes see no PID 1 of the host: the interfaces tell, and who listens."""
    with link_namespaces("f2bcont") as (server, _client):
        alone = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable, "-c", _CHECK]
        said = server.run(*alone, str(REPOSITORY), *words)

    assert said.startswith(state)
    assert "this network is not the host's (veth0 (veth))" in said
    assert ("the web server is in it: port 443" in said) == (state == "ok")
