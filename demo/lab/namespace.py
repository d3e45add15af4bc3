"""Two network namespaces joined by a veth pair; nothing of the lab touches any other network."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from demo.lab.error import LabError

SERVERS = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8:0:1::1"}
_CLONE_NEWNET = 0x40000000

_MAC = {"veth0": "02:00:00:00:00:01", "veth1": "02:00:00:00:00:02"}
#: neighbours are given: to find an IPv6 one takes seconds while a link comes up
_SERVER = f"""\
link set lo up
addr add 192.0.2.1/24 dev veth0
-6 addr add 2001:db8:0:1::1/64 dev veth0 nodad
link set veth0 up
neigh add 192.0.2.254 lladdr {_MAC["veth1"]} dev veth0
-6 neigh add 2001:db8:0:1::254 lladdr {_MAC["veth1"]} dev veth0
route add 198.51.100.0/24 via 192.0.2.254
route add 203.0.113.0/24 via 192.0.2.254
-6 route add 2001:db8:c::/48 via 2001:db8:0:1::254
"""
#: a local route makes each address of a network the client's own (AnyIP)
_CLIENT = f"""\
link set lo up
addr add 192.0.2.254/24 dev veth1
-6 addr add 2001:db8:0:1::254/64 dev veth1 nodad
link set veth1 up
neigh add 192.0.2.1 lladdr {_MAC["veth0"]} dev veth1
-6 neigh add 2001:db8:0:1::1 lladdr {_MAC["veth0"]} dev veth1
route add local 198.51.100.0/24 dev lo
route add local 203.0.113.0/24 dev lo
-6 route add local 2001:db8:c::/48 dev lo
"""


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise LabError(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Namespace:
    """A network namespace by its name; programs run in it, and a thread can step into it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs a program in the namespace."""
        return ["ip", "netns", "exec", self.name, *words]

    def run(self, *words: str) -> str:
        """Return the standard output of a program; LabError when it fails."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise LabError(f"{' '.join(words)}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def delete(self) -> None:
        """Delete the namespace and the interfaces in it; nothing happens when it is gone."""
        if Path("/run/netns", self.name).exists():
            _ip("netns", "del", self.name)

    @contextlib.contextmanager
    def enter(self) -> Iterator[None]:
        """Keep the calling thread in the namespace during `with`; a socket made there stays there."""
        with open("/proc/thread-self/ns/net") as home:
            with open(Path("/run/netns", self.name)) as there:
                _setns(there.fileno())
            try:
                yield
            finally:
                _setns(home.fileno())


def _setns(descriptor: int) -> None:
    # os.setns exists from Python 3.12 on
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET):
        code = ctypes.get_errno()
        raise LabError(f"cannot enter a network namespace: {os.strerror(code)}; root is needed")


@contextlib.contextmanager
def link_namespaces(prefix: str) -> Iterator[tuple[Namespace, Namespace]]:
    """Make (server, client) with a cable between them; both are deleted at the end, whatever happens."""
    server, client = (Namespace(f"{prefix}-{os.getpid()}-{role}") for role in ("server", "client"))
    with contextlib.ExitStack() as undo:
        for namespace in (server, client):
            # first: a Ctrl-C may come in between
            undo.callback(namespace.delete)
            _ip("netns", "add", namespace.name)
        _ip("link", "add", "veth0", "address", _MAC["veth0"], "netns", server.name, "type", "veth",
            "peer", "name", "veth1", "address", _MAC["veth1"], "netns", client.name)  # fmt: skip
        for namespace, lines in ((server, _SERVER), (client, _CLIENT)):
            for line in lines.splitlines():
                _ip("-n", namespace.name, *line.split())
        yield server, client
