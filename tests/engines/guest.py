"""A guest on a bridge, as LXC and libvirt have them: its ports are published by nft, not by an engine."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

from demo.lab.child import Child
from demo.lab.error import LabError
from demo.lab.namespace import Namespace
from demo.lab.wait import wait_until
from tests.engines.room import Inside
from tests.engines.subnet import Subnet

_BRIDGE = "lxcbr0"
#: the host's end of the cable: the kernel refuses the name as long as the former guest's namespace lives
CABLE = "vethguest"
_HOST = f"""\
link add {_BRIDGE} type bridge
addr add {{v4}}.1/24 dev {_BRIDGE}
-6 addr add {{v6}}::1/64 dev {_BRIDGE} nodad
link set {_BRIDGE} up
"""
_GUEST = """\
link set lo up
link set eth0 up
addr add {v4}.2/24 dev eth0
-6 addr add {v6}::2/64 dev eth0 nodad
route add default via {v4}.1
-6 route add default via {v6}::1
"""
_PUBLISH = """\
table inet guest {{
  chain arriving {{
    type nat hook prerouting priority dstnat;
    iifname "veth0" meta nfproto ipv4 tcp dport {port} dnat ip to {v4}.2:443
    iifname "veth0" meta nfproto ipv6 tcp dport {port} dnat ip6 to [{v6}::2]:443
  }}
  chain passing {{
    type filter hook forward priority filter; policy accept;
    ct state established,related accept
  }}
}}
"""


def _ip(namespace: Namespace, lines: str) -> None:
    for line in lines.splitlines():
        namespace.run("ip", *line.split())


class _Process(Namespace):
    """The network namespace of a process, which has no name."""

    def command(self, *words: str) -> list[str]:
        return ["nsenter", "--target", self.name, "--net", *words]


class Guest:
    """One guest behind `port` of the server; `start` gives it a new namespace each time."""

    def __init__(self, server: Namespace, subnet: Subnet, port: int) -> None:
        self._server = Inside(server.name)
        self._numbers = {"v4": subnet.v4, "v6": subnet.v6}
        self._child: Child | None = None
        _ip(self._server, _HOST.format(**self._numbers))
        command = self._server.command("nft", "-f", "-")
        text = _PUBLISH.format(port=port, **self._numbers)
        subprocess.run(command, input=text, text=True, check=True, timeout=60)

    def start(self, words: list[str], output: Path) -> None:
        """Start a program in a namespace of its own, and join that to the bridge."""
        self._child = Child(self._server, output, "unshare", "--net", *words)
        pid, home = self._child.pid, Path("/run/netns", self._server.name).stat()
        wait_until(
            lambda: Path(f"/proc/{pid}/ns/net").stat().st_ino not in (home.st_ino, _find_own()),
            "no namespace",
        )
        _ip(self._server, f"link add {CABLE} type veth peer name eth0 netns {pid}")
        _ip(self._server, f"link set {CABLE} master {_BRIDGE} up")
        _ip(_Process(str(pid)), _GUEST.format(**self._numbers))

    def find_pid(self) -> int:
        """Return the number of its process."""
        assert self._child is not None
        return self._child.pid

    def stop(self) -> None:
        """End its program and take its cable away, as engines do."""
        if self._child is not None:
            self.end()
            # a banned peer acknowledges nothing more: what it left open keeps the namespace for minutes
            with contextlib.suppress(LabError):
                _ip(self._server, f"link del {CABLE}")

    def end(self) -> None:
        """End its program; its namespace and its cable go when nothing keeps them."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def has_cable(self) -> bool:
        """Whether the host's end of the cable is there."""
        return CABLE in self._server.run("ip", "-o", "link")


def _find_own() -> int:
    return Path("/proc/self/ns/net").stat().st_ino
