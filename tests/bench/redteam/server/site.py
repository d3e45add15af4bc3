"""The lab with this bench's nginx, application and addresses; with a ban action, or with connmon alone."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demo.lab import sockets
from demo.lab.child import Child
from demo.lab.connmon import Connmon
from demo.lab.fail2ban import Fail2ban
from demo.lab.fail2ban_config import write_distribution
from demo.lab.namespace import Namespace, link_namespaces
from demo.lab.nginx import Nginx
from demo.site import JAILS, NAMES
from tests.bench.redteam.server import nginx
from tests.bench.redteam.server.addresses import BY_ROUTE, CLIENTS, HTTP1, HTTP1_BY_ROUTE, LINES

_PREFIX = "f2brt"
_GATEWAY = "192.0.2.254"
#: seconds that a client's process may take beyond its own time
_LATE_S = 30.0


@dataclass(frozen=True)
class Setting:
    """What a run is tried on: `connmon` are lines of f2b.conf's section of that name."""

    variant: str = nginx.STOCK
    slots: int = 512
    with_bans: bool = True
    with_lines: bool = False
    connmon: str = ""


@dataclass(frozen=True)
class Site:
    """The running lab; `directory` has all files of it."""

    setting: Setting
    directory: Path
    server: Namespace
    client: Namespace
    nginx: Nginx
    suspects: Path
    bans: Path

    def route(self, server: str, address: str) -> None:
        """Let programs that choose no address of their own reach that server from this one."""
        self.client.run("ip", "route", "replace", f"{server}/32", "dev", "veth1", "src", address)

    @contextlib.contextmanager
    def run_clients(self, name: str, module: str, *words: str) -> Iterator[Client]:
        """Run a module of this bench in the client's namespace; it is ended with the `with`."""
        child = Child(
            self.client, self.directory / name, sys.executable, "-m", module, *words,
            # what they leave behind goes with the rest
            variables={"TMPDIR": str(self.directory)},
        )  # fmt: skip
        try:
            yield Client(child)
        finally:
            child.stop()


class Client:
    """A process of clients that ends by itself."""

    def __init__(self, child: Child) -> None:
        self._child = child

    def wait(self, seconds: float) -> list[str]:
        """Return the lines that it printed, once it has ended; it may take a little longer than `seconds`."""
        end = time.monotonic() + seconds + _LATE_S
        while self._child.is_alive() and time.monotonic() < end:
            time.sleep(0.1)
        self._child.stop()
        return self._child.output.read_text().splitlines()


@contextlib.contextmanager
def site(setting: Setting) -> Iterator[Site]:
    """Start all of it and take it away at the end."""
    with contextlib.ExitStack() as undo:
        directory = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix=f"{_PREFIX}-")))
        # nginx's workers run as www-data
        directory.chmod(0o755)
        server, client = undo.enter_context(link_namespaces(_PREFIX))
        _add_addresses(server, client)
        text = nginx.template(setting.variant, setting.slots, with_lines=setting.with_lines)
        web = Nginx(server, directory / "nginx", setting.slots, text)
        undo.callback(web.stop)
        _start_application(server, directory, undo)
        connmon = Connmon(directory / "ideolab", f"[connmon]\n{setting.connmon}\n")
        bans = _start_bans(server, directory, connmon, undo) if setting.with_bans else Path(os.devnull)
        connmon.start(server)
        undo.callback(connmon.stop)
        yield Site(setting, directory, server, client, web, connmon.log, bans)
        connmon.require_alive()


def _add_addresses(server: Namespace, client: Namespace) -> None:
    server.run("ip", "route", "add", CLIENTS, "via", _GATEWAY)
    for address in (HTTP1, LINES, HTTP1_BY_ROUTE, *BY_ROUTE):
        server.run("ip", "addr", "add", f"{address}/32", "dev", "veth0")
    # a local route makes each address of the network the client's own
    client.run("ip", "route", "add", "local", CLIENTS, "dev", "lo")


def _start_application(server: Namespace, directory: Path, undo: contextlib.ExitStack) -> None:
    module = "tests.bench.redteam.server.application"
    child = Child(server, directory / "application", sys.executable, "-m", module)
    undo.callback(child.stop)
    child.wait_until(lambda: sockets.is_listening(child.pid, nginx.LINES_PORT), "listening")


def _start_bans(server: Namespace, directory: Path, connmon: Connmon, undo: contextlib.ExitStack) -> Path:
    jails = JAILS.format(log=connmon.log.parent)
    fail2ban = Fail2ban(server, directory / "fail2ban", jails, NAMES, write_config=write_distribution).start()
    undo.callback(fail2ban.stop)
    fail2ban.wait_for_rules(*NAMES)
    return fail2ban.log
