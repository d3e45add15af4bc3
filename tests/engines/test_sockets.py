"""connmon finds who holds the connections of an nginx in a container, and a ban closes them there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from demo.attacker import HALF_HELLO, SILENT, Attack, Kind
from demo.client import visit
from demo.lab import sockets
from demo.lab.connmon import Connmon
from demo.lab.nginx import MAIN
from demo.lab.wait import wait_until
from ideolab_f2b import logline
from tests.engines.docker_engine import Docker
from tests.engines.flow import Flow, wait_for_page
from tests.engines.guest import Guest
from tests.engines.host import Host
from tests.engines.watch import Watch

pytestmark = [pytest.mark.root, pytest.mark.alone]

JAILS = """\
[ideolab-connmon]
enabled = true
logpath = {directory}/ideolab/log/connmon.log
"""
#: a front that passes on what it gets; {address} is filled in first
FRONT = (
    "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n"
    + MAIN
    + "stream {{ server {{ listen LISTEN; proxy_pass TARGET:443; }} }}\n"
)
#: {container: the host's port}: each serves port 443, "hidden" port 8443
PORTS = {"web": 443, "second": 8443, "app": 9443, "front": 7443, "hidden": 6443, "old": 5443}
#: slots of the attacked nginx: fewer than half hellos come
SLOTS = 32
HALF, MUTE, BEHIND, VEILED, PROXIED = "198.51.100.10", "2001:db8:c:10::5", "198.51.100.11", "198.51.100.12", "2001:db8:c:12::5"
NEIGHBOUR, VISITOR, LATER = "203.0.113.20", "203.0.113.21", "198.51.100.30"


@dataclass
class Site:
    """The host with its containers, and what became of the attacks."""

    host: Host
    docker: Docker
    guest: Guest
    watch: Watch
    connmon: Connmon
    attacks: list[Attack] = field(default_factory=list)

    def attack(self, kind: Kind, address: str, count: int, container: str) -> Attack:
        """Begin an attack on a container; it ends with the site."""
        attack = Attack(kind, [address], count, port=PORTS[container])
        attack.start(self.host.client)
        self.host.undo(attack.stop)
        self.attacks.append(attack)
        return attack

    def count(self, container: str, port: int = 443) -> dict[str, int]:
        """Return {peer: its established connections} inside of a container."""
        return dict(sockets.count_established(self.docker.find_pid(container), port))

    def find_suspects(self) -> set[tuple[str, str]]:
        """Return (address, namespace) of all suspects so far."""
        lines = self.connmon.log.read_text().splitlines()
        return {(line.split(" suspect ")[1].split()[0], line.rpartition(" in=")[2]) for line in lines if " suspect " in line}

    def tell(self):
        return f"{self.find_suspects()} {[(n, self.name(n), self.count(n)) for n in PORTS]} {self.watch.count_namespaces()} {self.connmon.output()} {self.watch.opener.output.read_text()} {self.host.fail2ban.tail()}"

    def name(self, container: str) -> str:
        """Return what connmon calls a container."""
        return f"docker:{self.docker.api.containers.get(container).id[:12]}"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A host with six containers and a guest, connmon and the opener, before any attack."""
    with Host("f2bwa", jails=JAILS) as host:
        connmon = Connmon(host.directory / "ideolab")
        docker = host.start_docker()
        docker.make_network("v4only", host.find_subnet())
        watch = Watch(host, connmon)
        docker.run("web", *host.write_site("web", SLOTS), {PORTS["web"]: 443})
        for name, more in (("second", {}), ("app", {}), ("old", {"network": "v4only"})):
            docker.run(name, *host.write_site(name), {PORTS[name]: 443}, **more)
        target = docker.find_address("app")
        for name, port in (("front", 443), ("hidden", 8443)):
            template = FRONT.replace("LISTEN", str(port)).replace("TARGET", target)
            docker.run(name, *host.write_site(name, 256, template), {PORTS[name]: port})
        guest = Guest(host.server, host.find_subnet(), 10443)
        host.undo(guest.stop)
        words, directory = host.write_site("guest")
        guest.start(words, directory / "output")
        watch.show(guest=guest.find_pid(), **{name: docker.find_pid(name) for name in PORTS})
        host.protect()
        watch.start()
        for port in (*PORTS.values(), 10443):
            wait_for_page(host.client, VISITOR, port)
        yield Site(host, docker, guest, watch, connmon)


@dataclass(frozen=True)
class Outcome:
    """What was seen of the first attacks."""

    site: Site
    neighbour: Flow
    was_full: bool
    closed_s: dict[str, float]
    visits: list[float]
    in_second: dict[str, int]


@pytest.fixture(scope="module")
def outcome(site: Site) -> Outcome:
    """All attacks at once, until those who can be named are banned."""
    neighbour = Flow(site.host.client, NEIGHBOUR, PORTS["second"])
    site.host.undo(neighbour.close)
    assert neighbour.ask() == "served"
    site.attack(SILENT, NEIGHBOUR, 3, "second")
    for address in (HALF, MUTE):
        site.attack(SILENT, address, 3, "second")
    site.attack(SILENT, BEHIND, 40, "front")
    site.attack(SILENT, VEILED, 40, "hidden")
    site.attack(SILENT, PROXIED, 40, "old")
    site.attack(SILENT, MUTE, 40, "web")
    site.attack(HALF_HELLO, HALF, 60, "web")
    log, web = Path(site.host.directory / "web/log/error.log"), site.docker.find_pid("web")
    closed: dict[str, float] = {}
    for address in (HALF, MUTE):
        wait_until(lambda address=address: site.host.is_banned(address), lambda: f"no ban of {address} {site.tell()}", timeout_s=25, every_s=0.01)
        banned = time.monotonic()
        with contextlib.suppress(Exception):
            wait_until(lambda address=address: not sockets.count_established(web, 443)[address], "open", timeout_s=10, every_s=0.01)
            closed[address] = time.monotonic() - banned
    visits = [visit(site.host.client, VISITOR, 2.0) for _number in range(5)]
    wait_until(lambda: site.host.is_banned(BEHIND), f"no ban of {BEHIND}")
    time.sleep(1)
    return Outcome(site, neighbour, "worker_connections are not enough" in log.read_text(), closed, visits, site.count("second"))


def test_x(outcome: Outcome) -> None:
    site = outcome.site
    print(outcome, site.find_suspects(), {n: site.name(n) for n in PORTS}, {n: site.count(n) for n in PORTS}, site.watch.count_namespaces(), site.watch.count_descriptors())
    print(site.connmon.output(), site.host.fail2ban.tail())
    assert 0
