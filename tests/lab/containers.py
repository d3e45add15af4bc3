"""Namespaces like those of container engines: a host with a bridge, containers behind it, clients outside."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from demo.lab.child import Child
from demo.lab.error import LabError
from demo.lab.namespace import Namespace, _ip
from demo.lab.wait import wait_until

#: listens on the ports of its arguments, takes connections and holds them
_HOLD = """
import selectors, socket, sys
waiting, held = selectors.DefaultSelector(), []
for port in map(int, sys.argv[1:]):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
    waiting.register(listener, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _events in waiting.select():
        held.append(key.fileobj.accept()[0])
"""


#: of the bridge, of the host's end of its uplink, and of the other end
_BRIDGE = "02:77:00:00:00:01"
_UPLINK = "02:00:00:00:00:01"
_CLIENT = "02:00:00:00:00:02"


def _configure(name: str, *lines: str) -> None:
    """Run commands of ip(8) in a namespace, all by one process."""
    done = subprocess.run(
        ["ip", "-n", name, "-batch", "-"], input="\n".join(lines), capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        raise LabError(f"ip -n {name}: {done.stderr.strip()}")


def _set(namespace: Namespace, setting: str) -> None:
    # /proc/sys/net shows the namespace of the thread that reads
    with namespace.enter():
        Path("/proc/sys/net", setting).write_text("1")


class Container:
    """One namespace behind the host's bridge, with a process that listens on ports."""

    def __init__(self, lab: ContainerLab, number: int) -> None:
        self._lab, self.number = lab, number
        self.address, self.address6 = f"10.77.0.{number}", f"fd00:77::{number}"
        self.namespace = Namespace(f"{lab.prefix}-c{number}")
        self.veth = f"v{number}"
        self._children: list[Child] = []

    def start(self, *ports: int) -> None:
        """Make the namespace as an engine does, and start a program that listens."""
        name, host = self.namespace.name, self._lab.host.name
        _ip("netns", "add", name)
        mac = f"02:77:00:00:00:{self.number:02x}"
        _ip("link", "add", self.veth, "netns", host, "type", "veth",
            "peer", "name", "eth0", "address", mac, "netns", name)  # fmt: skip
        # neighbours are given: to find an IPv6 one takes seconds while a link comes up
        _configure(
            host,
            *(
                f"neigh replace {each} lladdr {mac} dev br0 nud permanent"
                for each in (self.address, self.address6)
            ),
            f"link set {self.veth} master br0 up",
        )
        _configure(
            name,
            "link set lo up",
            f"addr add {self.address}/24 dev eth0",
            f"addr add {self.address6}/64 dev eth0 nodad",
            "link set eth0 up",
            f"neigh add 10.77.0.1 lladdr {_BRIDGE} dev eth0",
            f"neigh add fd00:77::1 lladdr {_BRIDGE} dev eth0",
            "route add default via 10.77.0.1",
            "route add ::/0 via fd00:77::1",
        )
        self.run(*ports)

    def run(self, *ports: int) -> None:
        """Start a program that listens on the ports."""
        output = self._lab.directory / f"c{self.number}-{len(self._lab.pids)}"
        child = Child(self.namespace, output, sys.executable, "-c", _HOLD, *map(str, ports))
        self._children.append(child)
        child.wait_until(lambda: output.read_text() == "ready\n", "ready")
        self._lab.tell(child.pid)

    @property
    def netns(self) -> int:
        """The inode of the namespace."""
        return Path("/run/netns", self.namespace.name).stat().st_ino

    def stop(self) -> None:
        """End the program and delete the namespace."""
        while self._children:
            self._children.pop().stop()
        self.namespace.delete()


class ContainerLab:
    """A host with a bridge (10.77.0.1, fd00:77::1), and clients behind its own uplink (198.51.100.0/24)."""

    def __init__(self, prefix: str, directory: Path, undo: contextlib.ExitStack) -> None:
        self.prefix, self.directory, self._undo = f"{prefix}-{os.getpid()}", directory, undo
        self.host, self.client = (Namespace(f"{self.prefix}-{role}") for role in ("host", "client"))
        #: the processes that an opener may look at
        self.pids: list[int] = []
        self._containers: list[Container] = []
        self.pids_file = directory / "pids"
        self.pids_file.write_text("")

    def container(self, number: int, *ports: int) -> Container:
        """Start a container; `number` is the last part of its addresses, 2 or more."""
        made = Container(self, number)
        self._containers.append(made)
        self._undo.callback(made.stop)
        made.start(*ports)
        return made

    @property
    def namespaces(self) -> list[Namespace]:
        """Those of the containers, in their order."""
        return [each.namespace for each in self._containers]

    def tell(self, pid: int) -> None:
        """Let the opener look at a process."""
        self.pids.append(pid)
        # at once: the opener may read meanwhile
        fresh = self.pids_file.with_suffix(".new")
        fresh.write_text(" ".join(map(str, self.pids)))
        fresh.replace(self.pids_file)

    def keep(self, opened: socket.socket) -> socket.socket:
        """Close a socket when the lab ends, not before."""
        return self._undo.enter_context(opened)

    def run_program(self, output: Path, *words: str) -> None:
        """Start a program of the host that the opener may look at; it ends with the lab."""
        child = Child(self.host, output, *words)
        self._undo.callback(child.stop)
        child.wait_until(lambda: bool(output.read_text()) or "-c" in words, "ready")
        self.tell(child.pid)

    def start_opener(self, containers: str = "auto", *users: str, path: Path | None = None) -> Opener:
        """Start `ideolab-f2b netns` on the host; it ends with the lab."""
        opener = Opener(self, containers, users, path or self.directory / "sock")
        self._undo.callback(opener.stop)
        return opener


class Opener:
    """The service as a process of the host's namespace; `users` may ask beside root."""

    def __init__(self, lab: ContainerLab, containers: str, users: tuple[str, ...], path: Path) -> None:
        self.path = str(path)
        config = lab.directory / f"f2b-{path.name}.conf"
        config.write_text(f"[connmon]\ncontainers = {containers}\n")
        words = [word for user in users for word in ("--user", user)] or ["--user", "65534"]
        self._child = Child(
            lab.host, lab.directory / f"opener-{path.name}", sys.executable, "-m", "ideolab_f2b", "netns",
            "--socket", self.path, "--pids", str(lab.pids_file), "--config", str(config), *words,
        )  # fmt: skip
        self.pid = self._child.pid
        self._child.wait_until(self._is_listening, "listening")

    def _is_listening(self) -> bool:
        # its file is there before it listens
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
            try:
                link.connect(self.path)
            except (FileNotFoundError, ConnectionRefusedError):
                return False
        return True

    @property
    def output(self) -> str:
        """What it has said."""
        return self._child.output.read_text()

    def stop(self) -> None:
        """End it."""
        self._child.stop()


@contextlib.contextmanager
def build_lab(prefix: str, directory: Path) -> Iterator[ContainerLab]:
    """Make the host and its clients; all is deleted at the end."""
    with contextlib.ExitStack() as undo:
        lab = ContainerLab(prefix, directory, undo)
        for namespace in (lab.host, lab.client):
            undo.callback(namespace.delete)
            _ip("netns", "add", namespace.name)
        host, client = lab.host.name, lab.client.name
        _ip("link", "add", "up0", "address", _UPLINK, "netns", host, "type", "veth",
            "peer", "name", "up1", "address", _CLIENT, "netns", client)  # fmt: skip
        _configure(
            host,
            "link set lo up",
            f"link add br0 address {_BRIDGE} type bridge",
            "addr add 10.77.0.1/24 dev br0",
            "addr add fd00:77::1/64 dev br0 nodad",
            "link set br0 up",
            "addr add 192.0.2.1/24 dev up0",
            "addr add 2001:db8:0:1::1/64 dev up0 nodad",
            "link set up0 up",
            f"neigh add 192.0.2.254 lladdr {_CLIENT} dev up0",
            f"neigh add 2001:db8:0:1::254 lladdr {_CLIENT} dev up0",
            "route add default via 192.0.2.254",
            "route add ::/0 via 2001:db8:0:1::254",
        )
        for setting in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            _set(lab.host, setting)
        # an address that only a local route owns
        _set(lab.client, "ipv6/ip_nonlocal_bind")
        _configure(
            client,
            "link set lo up",
            "addr add 192.0.2.254/24 dev up1",
            "addr add 2001:db8:0:1::254/64 dev up1 nodad",
            "link set up1 up",
            f"neigh add 192.0.2.1 lladdr {_UPLINK} dev up1",
            f"neigh add 2001:db8:0:1::1 lladdr {_UPLINK} dev up1",
            "route add local 198.51.100.0/24 dev lo",
            "route add local 2001:db8:c::/48 dev lo",
            "route add 10.77.0.0/24 via 192.0.2.1",
            "route add fd00:77::/64 via 2001:db8:0:1::1",
        )
        yield lab


def list_descriptors(pid: int) -> list[str]:
    """Return what an opener holds once nobody is connected: its two sockets that listen are its only ones."""

    def read() -> list[str]:
        return sorted(os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir())

    def is_alone() -> bool:
        with contextlib.suppress(FileNotFoundError):
            held[:] = read()
        return sum(one.startswith("socket:") for one in held) == 2

    held: list[str] = []
    wait_until(is_alone, lambda: f"it holds {held}")
    return held


def list_links(namespace: Namespace) -> str:
    """Return the interfaces of a namespace."""
    return subprocess.run(
        ["ip", "-n", namespace.name, "-o", "link"], capture_output=True, text=True, timeout=60, check=True
    ).stdout
