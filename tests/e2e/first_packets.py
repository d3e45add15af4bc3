"""Sends datagrams from a peer from the first moment of the network on, and writes down whose arrive.

It runs in a test host, as the service that makes the network.

usage: first_packets.py FILE ADDRESS...
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE, PEER = "198.51.100.1", "198.51.100.2"
#: the firewalls of the test let the first one in
PORTS = (2222, 2223)
#: linux/in.h: bind to an address that is only routed here
IP_FREEBIND = 15
#: seconds between two rounds
PACE_S = 0.02
#: datagrams after which the network is called up: in each round the banned addresses have sent too
ENOUGH = 5


def connect() -> int:
    """Make the network: a link to a namespace in which all other addresses are; return its process."""
    peer = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
    # the namespace is there once the process has become `sleep`
    while Path(f"/proc/{peer.pid}/comm").read_text() != "sleep\n":
        time.sleep(0.001)
    inside = f"nsenter -t {peer.pid} -n"
    for line in (
        f"ip link add here0 type veth peer name peer0 netns {peer.pid}",
        f"{inside} ip address add {PEER}/24 dev peer0",
        f"{inside} ip link set peer0 up",
        f"{inside} ip link set lo up",
        f"{inside} ip route add local 203.0.113.0/24 dev lo",
        f"ip address add {HERE}/24 dev here0",
        "ip link set here0 up",
        f"ip route add 203.0.113.0/24 via {PEER}",
    ):
        subprocess.run(line.split(), check=True)
    return peer.pid


def send(peer: int, addresses: list[str]) -> None:
    """Send from each address to each port, round after round, in the namespace of the peer."""
    with open(f"/proc/{peer}/ns/net") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0):
            raise OSError(ctypes.get_errno(), "setns")
    senders = []
    for address in addresses:
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        sender.bind((address, 0))
        senders.append(sender)
    while True:
        for sender in senders:
            for port in PORTS:
                sender.sendto(b"x", (HERE, port))
        time.sleep(PACE_S)


def say_ready() -> None:
    """Tell systemd that the network is up: what is ordered after it starts now."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])


def main(path: Path, addresses: list[str]) -> None:
    """Write {address and port: datagrams} after each that arrives."""
    receivers = []
    for port in PORTS:
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.bind(("", port))
        receivers.append(receiver)
    peer = connect()
    if os.fork() == 0:
        send(peer, addresses)
    seen: dict[str, int] = {}
    while True:
        for receiver in select.select(receivers, [], [])[0]:
            source = receiver.recvfrom(10)[1][0]
            key = f"{source} {receiver.getsockname()[1]}"
            seen[key] = seen.get(key, 0) + 1
            path.with_suffix(".new").write_text(json.dumps(seen))
            path.with_suffix(".new").replace(path)
            if seen[key] == ENOUGH:
                say_ready()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
