"""A host with containers, a guest, connmon and the opener, and attacks on it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from demo.attacker import Attack, Kind
from demo.lab import sockets
from demo.lab.connmon import Connmon
from demo.lab.nginx import MAIN
from demo.lab.wait import wait_until
from tests.engines.docker_engine import Docker
from tests.engines.flow import wait_for_page
from tests.engines.guest import Guest
from tests.engines.host import Host
from tests.engines.podman import Podman
from tests.engines.watch import Watch

_JAILS = """\
[ideolab-connmon]
enabled = true
logpath = {directory}/ideolab/log/connmon.log
"""
#: a front that passes on what it gets
_FRONT = (
    "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n"
    + MAIN
    + "stream {{ server {{ listen LISTEN; proxy_pass TARGET:443; }} }}\n"
)
#: the container that is Podman's; the others are Docker's
POD = "pod"
#: {container: the host's port}: each serves port 443, "hidden" port 8443
PORTS = {"web": 443, "second": 8443, "app": 9443, "front": 7443, "hidden": 6443, "old": 5443, "pod": 4443}
#: slots of the attacked nginx, "web": fewer than half hellos come
_SLOTS = 32
_GUEST = 10443
#: a client that comes once
VISITOR = "203.0.113.21"


@dataclass
class Site:
    """The host with its containers, and what became of the attacks."""

    host: Host
    docker: Docker
    podman: Podman
    guest: Guest
    watch: Watch
    connmon: Connmon

    def attack(self, kind: Kind, address: str, count: int, container: str) -> Attack:
        """Begin an attack on a container; it ends with the site."""
        attack = Attack(kind, [address], count, port=PORTS[container])
        attack.start(self.host.client)
        self.host.undo(attack.stop)
        return attack

    def count(self, container: str, port: int = 443) -> dict[str, int]:
        """Return {peer: its established connections} inside of a container."""
        return dict(sockets.count_established(self.find_pid(container), port))

    def find_suspects(self) -> set[tuple[str, str]]:
        """Return (address, namespace) of all suspects so far."""
        lines = self.connmon.log.read_text().splitlines()
        return {
            (line.split(" suspect ")[1].split()[0], line.rpartition(" in=")[2])
            for line in lines
            if " suspect " in line
        }

    def tell(self) -> str:
        """Return what all programs said."""
        texts = (self.connmon.log.read_text(), self.connmon.output(), self.watch.opener.output.read_text())
        return "\n".join((*texts, self.host.fail2ban.tail()))

    def wait_for_ban(self, address: str) -> None:
        """Return when an address is banned."""
        wait_until(
            lambda: self.host.is_banned(address),
            lambda: f"no ban of {address}\n{self.tell()}",
            timeout_s=60,
        )

    def measure_bans(self, attacked: Mapping[str, str]) -> dict[str, float]:
        """Return {address: seconds from its ban until its container has no connection of it}."""
        pids = {address: self.find_pid(container) for address, container in attacked.items()}
        banned: dict[str, float] = {}
        closed: dict[str, float] = {}

        def look() -> bool:
            for address, pid in pids.items():
                now = time.monotonic()
                if address not in banned and self.host.is_banned(address):
                    banned[address] = now
                if address in banned and not sockets.count_established(pid, 443)[address]:
                    closed.setdefault(address, now - banned[address])
            return len(closed) == len(pids)

        wait_until(
            look, lambda: f"banned: {banned}, closed: {closed}\n{self.tell()}", timeout_s=60, every_s=0.01
        )
        return closed

    def name(self, container: str) -> str:
        """Return what connmon calls a container."""
        if container == POD:
            return f"libpod:{self.podman.find_id(POD)[:12]}"
        return f"docker:{self.docker.api.containers.get(container).id[:12]}"

    def find_pid(self, container: str) -> int:
        """Return the number of a container's first process."""
        return self.podman.find_pid(POD) if container == POD else self.docker.find_pid(container)


@contextlib.contextmanager
def build_site() -> Iterator[Site]:
    """A host with seven containers and a guest, connmon and the opener, before any attack."""
    with Host("f2bwa", jails=_JAILS) as host:
        connmon = Connmon(host.directory / "ideolab")
        docker = host.start_docker()
        docker.make_network("v4only", host.find_subnet())
        watch = Watch(host, connmon)
        docker.serve("web", host.write_site("web", _SLOTS), {PORTS["web"]: 443})
        for name, network in (("second", "bridge"), ("app", "bridge"), ("old", "v4only")):
            docker.serve(name, host.write_site(name), {PORTS[name]: 443}, network)
        target = docker.find_address("app")
        for name, port in (("front", 443), ("hidden", 8443)):
            template = _FRONT.replace("LISTEN", str(port)).replace("TARGET", target)
            docker.serve(name, host.write_site(name, 256, template), {PORTS[name]: port})
        guest = Guest(host.server, host.find_subnet(), _GUEST)
        host.undo(guest.stop)
        words, directory = host.write_site("guest")
        guest.start(words, directory / "output")
        podman = host.make_podman()
        podman.serve(POD, host.write_site(POD), {PORTS[POD]: 443})
        watch.show(
            guest=guest.find_pid(),
            **{name: docker.find_pid(name) for name in PORTS if name != POD},
            pod=podman.find_pid(POD),
        )
        host.protect()
        watch.start()
        for port in (*PORTS.values(), _GUEST):
            wait_for_page(host.client, VISITOR, port)
        yield Site(host, docker, podman, guest, watch, connmon)
