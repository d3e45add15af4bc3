"""A host with container engines, protected by a real fail2ban-server, and clients beyond its only cable."""

from __future__ import annotations

import contextlib
import itertools
import re
import tempfile
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Callable

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import link_namespaces
from demo.lab.nginx import CONFIG, write_site
from ideolab_f2b.kernel.address import Network
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.engines.docker_engine import Docker
from tests.engines.podman import Podman
from tests.engines.room import Room
from tests.engines.subnet import Subnet
from tests.engines.variant import write_programs
from tests.lab.lines import by_hand, write_lines

_JAIL = "ideolab-manual"
_JAILS = f"[{_JAIL}]\nenabled = true\n"
#: of the jails that tests here have
_SETS = {"ideolab_manual", "ideolab_manual6", "ideolab_connmon", "ideolab_connmon6"}
_SYSCTLS = (
    *("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"),
    # else a new bridge answers nobody over IPv6 for a second
    *("net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0"),
)
#: of this process
_numbers = itertools.count()
_subnets = map(Subnet, itertools.count())


class Host:
    """The network and the room for engines exist during `with`; `variant` is the iptables of fail2ban.

    In `jails`, a text for jail.local, {directory} stands for its own.
    """

    def __init__(self, prefix: str, variant: str = "nft", jails: str = _JAILS) -> None:
        self._prefix, self._variant = f"{prefix}{next(_numbers)}", variant
        self._jails, self._names = jails, tuple(re.findall(r"^\[(.*)\]$", jails, re.MULTILINE))
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Host:
        try:
            # nginx's workers run as www-data, and pytest's own directories are closed to others
            self.directory = Path(self._undo.enter_context(tempfile.TemporaryDirectory(prefix=self._prefix)))
            self.directory.chmod(0o755)
            self.server, self.client = self._undo.enter_context(link_namespaces(self._prefix))
            for setting in _SYSCTLS:
                self.server.run("sysctl", "-q", "-w", setting)
            self.room = Room(self.server, self.directory / "room")
            self._undo.callback(self.room.close)
            self.fail2ban = Fail2ban(
                # the room, because its xtables have one lock
                self.room,
                self.directory / "fail2ban",
                self._jails.format(directory=self.directory),
                self._names,
                variables=write_programs(self.directory / "iptables", self._variant),
            )
        except BaseException:
            self._undo.close()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all that was started, last first."""
        self._undo.close()

    def find_subnet(self) -> Subnet:
        """Return one that no other host of this process has."""
        return next(_subnets)

    def start_docker(self, variant: str = "nft") -> Docker:
        """Start a dockerd with this iptables."""
        programs = write_programs(self.directory / "docker-iptables", variant)
        engine = Docker(self.room, self.find_subnet(), programs)
        self._undo.callback(engine.stop)
        return engine

    def make_podman(self) -> Podman:
        """Make a Podman and its network."""
        engine = Podman(self.room, self.find_subnet())
        self._undo.callback(engine.stop)
        return engine

    def undo(self, stop: Callable[[], object]) -> None:
        """Call `stop` at the end, before what was started earlier ends."""
        self._undo.callback(stop)

    def write_site(self, name: str, connections: int = 256, template: str = CONFIG) -> tuple[list[str], Path]:
        """Make the files of an nginx; return the command line that starts it and their directory."""
        directory = self.directory / name
        return write_site(directory, connections, template), directory

    def protect(self) -> None:
        """Start fail2ban; its rules are in place when this returns."""
        self.fail2ban.start()
        self._undo.callback(self.fail2ban.stop)
        self.fail2ban.wait_for_rules(*self._names)

    def ban(self, *addresses: str) -> None:
        """Ban addresses; they are in the kernel when this returns."""
        write_lines(self.fail2ban.manual_log, *(by_hand(one, "1h") for one in addresses))
        self.fail2ban.wait_until(lambda: all(map(self.is_banned, addresses)), f"the bans of {addresses}")

    def unban_all(self) -> None:
        """Lift all bans; they are no longer in the kernel when this returns."""
        self.fail2ban.ask("set", _JAIL, "unbanip", *self.fail2ban.find_banned(_JAIL))
        self.fail2ban.wait_until(lambda: not self._find_elements(), "empty sets")

    def is_banned(self, address: str) -> bool:
        """Whether an address is in the kernel."""
        return any(ip_address(address) in network for network in self._find_elements())

    def _find_elements(self) -> list[Network]:
        with self.server.enter(), contextlib.closing(Sets()) as sets:
            names = _SETS.intersection(sets.names())
            return [element.network for name in names for element in sets.elements(name)]
