"""A protected server under attack, and the monitoring that looks on: all real, all in its own namespaces."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from demo.attacker import Attack
from demo.client import Nat
from demo.lab.child import Child
from demo.lab.connmon import PYTHON
from demo.lab.nginx import CONFIG
from demo.show import NAT
from demo.site import NAMES, Site
from tests.lab.prometheus import Prometheus
from tests.monitor import accesslog
from tests.origin.whois_server import WhoisServer

_WHOIS_PORT = 4343
#: prefix -> (AS, country, AS name): numbers and networks that are reserved for examples
ORIGINS = {
    "198.51.100.0/24": ("64500", "FR", "EXAMPLE, FR"),
    "203.0.113.0/24": ("64501", "NL", "EXAMPLE-HOSTING, NL"),
    "2001:db8:c::/48": ("64502", "DE", "EXAMPLE-SIX, DE"),
}
_SETTINGS = f"""\
[origin]
cymru_host = 127.0.0.1
cymru_port = {_WHOIS_PORT}
ipwhois = 0
"""
_REPORT = "ideolab-report.py[config={log}/../f2b.conf, state={log}/../server]"
_JAIL = """\
[{name}]
enabled = true
logpath = {{log}}/{file}.log
action = ideolab-ban.py[set={set}, ports="443"]
         {report}
"""
_FILES = {
    "ideolab-connmon": ("connmon", "ideolab_connmon"),
    "ideolab-connmon-net": ("connmon", "ideolab_connnet"),
    "ideolab-manual": ("manual", "ideolab_manual"),
}
_JAILS = "\n".join(
    _JAIL.format(name=name, file=_FILES[name][0], set=_FILES[name][1], report=_REPORT) for name in NAMES
)
_NGINX = CONFIG.replace(
    "error_log {directory}/log/error.log info;",
    "error_log {directory}/log/error.log info;\nerror_log syslog:server=unix:{directory}/../nginx.sock info;",
)
_TICK_S = 0.5


class Scene(NamedTuple):
    """The site, its monitoring, and when it began (epoch seconds)."""

    site: Site
    prometheus: Prometheus
    begun: float

    @property
    def textfiles(self) -> Path:
        """Where node_exporter looks for metrics."""
        return self.site.directory / "ideolab/textfile"

    def wait(self, is_over: Callable[[], bool], patience_s: float) -> bool:
        """Until it is over, and whether it is; the Django application is played meanwhile."""
        end = time.time() + patience_s
        while not is_over():
            if time.time() > end:
                return False
            accesslog.write(self.textfiles, time.time() - self.begun)
            time.sleep(_TICK_S)
        return True

    def pass_by(self, seconds: float) -> None:
        """Wait for so many seconds; the Django application is played meanwhile."""
        self.wait(lambda: False, seconds)


def _intake(site: Site) -> Child:
    directory = site.directory / "ideolab"
    words = ["--config", f"{directory}/f2b.conf", "--socket", f"{site.directory}/nginx.sock"]
    return Child(site.server, directory / "intake", PYTHON, "-m", "ideolab_f2b", "intake", *words)


@contextlib.contextmanager
def open_scene(prefix: str) -> Iterator[Scene]:
    """Start the site, its whois server, its intake and its monitoring for the time of the `with`."""
    with contextlib.ExitStack() as undo:
        site = undo.enter_context(Site(prefix, jails=_JAILS, settings=_SETTINGS, nginx=_NGINX))
        with site.server.enter():
            whois = WhoisServer(prefixes=ORIGINS, port=_WHOIS_PORT)
        undo.enter_context(whois)
        undo.callback(_intake(site).stop)
        prometheus = Prometheus(
            site.server, site.directory / "prometheus", site.directory / "ideolab/textfile"
        )
        undo.callback(prometheus.stop)
        yield Scene(site, prometheus, time.time())


@contextlib.contextmanager
def load_pages(scene: Scene) -> Iterator[Nat]:
    """A NAT that loads pages."""
    nat = Nat(NAT)
    nat.start(scene.site.client)
    try:
        yield nat
    finally:
        nat.stop()


@contextlib.contextmanager
def run_attacks(scene: Scene, attacking: Sequence[Attack]) -> Iterator[None]:
    """All attacks at once."""
    try:
        for attack in attacking:
            attack.start(scene.site.client)
        yield
    finally:
        for attack in attacking:
            attack.stop()
