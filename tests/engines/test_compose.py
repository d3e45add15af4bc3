"""The Compose file in a real dockerd: `check` is green inside, clients are banned, bans outlive it all."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from demo.attacker import client_hello, connect
from demo.lab.nginx import Nginx
from demo.lab.wait import wait_until
from ideolab_f2b.places import LIBRARY
from tests.engines import pack_image
from tests.engines.docker_engine import Docker
from tests.engines.host import Host
from tests.engines.stack import PIDS, Stack

pytestmark = [pytest.mark.root, pytest.mark.needs("docker.io")]
SLOW, SLOW_INSIDE = "198.51.100.10", "198.51.100.11"
_MANUAL_LOG = "/var/log/ideolab/manual.log"
_LOG = "/var/log/ideolab/connmon.log"
BY_HAND = "203.0.113.7"
#: what no container can see, and what this host does not have
UNKNOWN = {"saved rules", "boot", "front", "protected"}
#: what is unknown only because the programs of this machine are seen inside, among them nginx
OF_THIS_MACHINE = {"capacity", "rule iptables FORWARD", "rule ip6tables FORWARD"}
#: {service: its effective capabilities}
CAPABILITIES = {"connmon": 0, "fail2ban": 1 << 1 | 1 << 12 | 1 << 13, "netns": 1 << 19 | 1 << 21}
#: settings are changed in the volume, as the page says
_HASTE = "sed -i 's/#every_s = 5/every_s = 1/; s/#idle_s = 8/idle_s = 2/' /etc/ideolab/f2b.conf"
#: what connmon asks each time
_ASK = f"""
import json, sys
sys.path.insert(0, "{LIBRARY}")
from ideolab_f2b.namespaces.ask import ask
print(json.dumps([(one.name, one.ports, one.channel is not None) for one in ask([443])]))
"""


class Site(NamedTuple):
    """The services, and the host whose network they are in."""

    stack: Stack
    docker: Docker
    host: Host

    def list(self, name: str) -> str:
        """What the kernel of the host holds in a set."""
        return self.host.server.run("ipset", "list", name)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """One stack for all tests: each leaves it running. nginx serves on the host, and in a container."""
    with Host("f2bcp") as host:
        host.undo(Nginx(host.server, host.directory / "nginx", 256).stop)
        docker = host.start_docker()
        docker.serve("web", host.write_site("web"), {8443: 443})
        stack = Stack(docker.api, pack_image.build())
        stack.up()
        stack.wait_for_jails()
        stack.read("fail2ban", "sh", "-ec", f"{_HASTE}; echo {docker.find_pid('web')} >{PIDS}")
        stack.restart("connmon")
        yield Site(stack, docker, host)


def test_check_is_green_inside(site: Site) -> None:
    """Nothing is wrong, and unknown is only what cannot be seen from there; connmon is healthy too."""
    output = site.stack.wait_for_health()

    unknown = set(re.findall(r"^unknown +([^:]+):", output, re.M))
    assert unknown - OF_THIS_MACHINE == UNKNOWN, output
    assert site.stack.check_health("connmon") == (0, "")


def test_each_service_has_its_capabilities_and_no_other(site: Site) -> None:
    """As the kernel sees them, with no way to more."""
    for name in site.stack.names:
        lines = dict(
            line.split(":\t", 1) for line in site.stack.read(name, "cat", "/proc/self/status").splitlines()
        )
        held = {int(lines[key], 16) for key in ("CapBnd", "CapPrm", "CapEff")}
        assert (held, lines["NoNewPrivs"]) == ({CAPABILITIES[name]}, "1"), name
        assert site.stack.execute(name, "touch", "/usr/local/bin/x")[0] != 0


@pytest.mark.parametrize(("client", "port"), [(SLOW, 443), (SLOW_INSIDE, 8443)])
def test_a_slow_client_is_banned_in_the_host(site: Site, client: str, port: int) -> None:
    """Of an nginx on the host, or in another container: fail2ban bans it and closes its sockets there."""
    with contextlib.ExitStack() as open_sockets, site.host.client.enter():
        for _ in range(40):
            slow = open_sockets.enter_context(connect(client, port=port))
            slow.sendall(client_hello()[:50])
        held = ("ss", "-Htn", "state", "established", "dst", client)
        look = ["nsenter", "-t", str(site.docker.find_pid("web")), "-n", *held]
        wait_until(
            lambda: client in site.list("ideolab_connmon"), lambda: site.stack.logs("fail2ban")[-2000:]
        )
        wait_until(lambda: site.host.server.run(*held) == "", lambda: site.host.server.run(*held))
        wait_until(lambda: _read(*look) == "", lambda: _read(*look))
    [line] = [one for one in site.stack.read("connmon", "cat", _LOG).splitlines() if f" {client} " in one]
    assert (" in=docker:" in line) == (port == 8443), line


def _read(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_opener_answers_connmon(site: Site) -> None:
    """Over the volume, about a container whose process it may see; the answer is a socket into it."""

    def ask() -> list[list[object]]:
        found: list[list[object]] = json.loads(site.stack.read("connmon", "/usr/bin/python3", "-Ic", _ASK))
        return found

    wait_until(ask, lambda: site.stack.logs("netns"))
    container = site.docker.api.containers.get("web")
    assert ask() == [[f"docker:{container.id[:12]}", [443], True]]


def test_bans_outlive_the_containers(site: Site) -> None:
    """They stay in the kernel while there is no container, and the next one knows them by its volume.

    A log that is missing in its volume is made anew. Without the volume of the bans `check` is red before a
    restart loses them; where the root is read-only too, fail2ban does not even start.
    """
    stack = site.stack
    stack.read("fail2ban", "ideolab-f2b", "ban", BY_HAND, "--for", "1h")
    # a newer image may have one log more than the volume
    stack.read("fail2ban", "rm", _MANUAL_LOG)
    assert stack.down() == dict.fromkeys(stack.names, 0)
    assert BY_HAND in site.list("ideolab_manual")

    stack.up("fail2ban", without=["bans"], is_read_only=False)
    stack.wait_for_jails()
    output = stack.execute("fail2ban", "ideolab-f2b", "check")[1]
    assert re.search(r"^wrong +volume: .*: a new container knows no ban", output, re.M), output
    stack.down("fail2ban")

    stack.up()
    stack.wait_for_jails()
    row = re.compile(rf"^ +{re.escape(BY_HAND)} +ideolab-manual ", re.M)
    wait_until(
        lambda: row.search(stack.read("fail2ban", "ideolab-f2b", "bans")), lambda: stack.logs("fail2ban")
    )
    wait_until(lambda: BY_HAND in site.list("ideolab_manual"), lambda: site.list("ideolab_manual"))
    assert _MANUAL_LOG in stack.read("fail2ban", "fail2ban-client", "get", "ideolab-manual", "logpath")
