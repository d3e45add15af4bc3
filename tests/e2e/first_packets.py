"""Sends datagrams from a peer from the first moment of the network on, and writes down whose arrive.

It runs in a test host.

usage: first_packets.py FILE ADDRESS...
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE, PEER, PORT = "198.51.100.1", "198.51.100.2", 2222
#: linux/in.h: bind to an address that is only routed here
IP_FREEBIND = 15
#: seconds between two rounds
PACE_S = 0.02


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
    """Send from each address, round after round, in the namespace of the peer."""
    with open(f"/proc/{peer}/ns/net") as namespace:
        _enter(namespace.fileno())
    senders = []
    for address in addresses:
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        sender.bind((address, 0))
        senders.append(sender)
    while True:
        for sender in senders:
            sender.sendto(b"x", (HERE, PORT))
        time.sleep(PACE_S)


def _enter(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0):
        raise OSError(ctypes.get_errno(), "setns")


def main(path: Path, addresses: list[str]) -> None:
    """Write {address: [datagrams, seconds of the first]} after each that arrives."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("", PORT))
    peer = connect()
    child = os.fork()
    if child == 0:
        send(peer, addresses)
    seen: dict[str, list[float]] = {}
    while True:
        source = receiver.recvfrom(10)[1][0]
        row = seen.setdefault(source, [0, time.time()])
        row[0] += 1
        path.with_suffix(".new").write_text(json.dumps(seen))
        path.with_suffix(".new").replace(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
