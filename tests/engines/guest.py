"""A guest on a bridge, as LXC and libvirt have them: its ports are published by nft, not by an engine."""

from __future__ import annotations

import subprocess
from pathlib import Path

from demo.lab.child import Child
from demo.lab.namespace import Namespace
from demo.lab.wait import wait_until
from tests.engines.room import Inside
from tests.engines.subnet import Subnet

_BRIDGE, _CABLE = "lxcbr0", "vethguest"
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
        subprocess.run(["ip", "-n", namespace.name, *line.split()], check=True, timeout=60)


class Guest:
    """One guest behind `port` of the server; `start` gives it a new namespace each time."""

    def __init__(self, server: Namespace, subnet: Subnet, port: int) -> None:
        self._server, self._subnet = server, subnet
        self._namespace = Inside(f"{server.name}-guest")
        self._child: Child | None = None
        numbers = {"v4": subnet.v4, "v6": subnet.v6}
        _ip(server, _HOST.format(**numbers))
        command = server.command("nft", "-f", "-")
        subprocess.run(command, input=_PUBLISH.format(port=port, **numbers), text=True, check=True, timeout=60)

    @property
    def name(self) -> str:
        """The name of its namespace."""
        return self._namespace.name

    def start(self, words: list[str], output: Path) -> None:
        """Make its namespace, join it to the bridge and run a program in it."""
        subprocess.run(["ip", "netns", "add", self.name], check=True, timeout=60)
        _ip(self._server, f"link add {_CABLE} type veth peer name eth0 netns {self.name}")
        _ip(self._server, f"link set {_CABLE} master {_BRIDGE} up")
        _ip(self._namespace, _GUEST.format(v4=self._subnet.v4, v6=self._subnet.v6))
        self._child = Child(self._namespace, output, *words)

    def find_pid(self) -> int:
        """Return the number of its process."""
        assert self._child is not None
        return self._child.pid

    def stop(self) -> None:
        """End its program and its namespace; return when its cable is gone, which the kernel does later."""
        if self._child is None:
            return
        self._child.stop()
        self._child = None
        self._namespace.delete()
        wait_until(lambda: _CABLE not in self._server.run("ip", "-o", "link"), "the guest's cable is still there")
