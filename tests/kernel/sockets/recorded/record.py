"""Records the dumps beside it from real sockets: `python3 tests/kernel/sockets/recorded/record.py`, as root.

privileged.dump and unprivileged.dump hold the same sockets; the kernel tells root more attributes of each.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[3]))

from ideolab_f2b.kernel.netlink import Channel  # noqa: E402
from ideolab_f2b.kernel.sockets import sock_diag  # noqa: E402
from ideolab_f2b.kernel.sockets.dump import Parser  # noqa: E402
from ideolab_f2b.kernel.sockets.inet_diag import BOTH_FAMILIES, SOCK_DIAG, dump_request  # noqa: E402
from ideolab_f2b.kernel.sockets.tcp_info import layout  # noqa: E402
from tests.kernel.scene import Scene, scene  # noqa: E402


def dump() -> bytes:
    """The datagrams of one dump, one after another."""
    buffer = memoryview(bytearray(65536))
    parser, found = Parser(layout, "recording"), b""
    request = dump_request(443, sock_diag.STATES, with_info=True)
    with Channel(SOCK_DIAG) as channel:
        for used in channel.datagrams(BOTH_FAMILIES, request, buffer):
            found += bytes(buffer[:used])
            list(parser.records(buffer[:used]))
            if parser.is_finished:
                return found
    raise AssertionError("unreachable: datagrams() ends by its last message")


def play(stage: Scene) -> None:
    """One connection of each kind, the source address names the kind."""
    with stage.listen("192.0.2.1") as v4:
        stage.pair(v4, "198.51.100.1")
        partial, _server = stage.pair(v4, "198.51.100.2")
        partial.sendall(bytes(200))
        _stuck, server = stage.pair(v4, "198.51.100.4", window=2304)
        stage.fill(server)
        gone, _server = stage.pair(v4, "198.51.100.5")
        gone.shutdown(socket.SHUT_WR)
        stage.half_open("198.51.100.6")
        time.sleep(0.2)
    both = stage.listen("::")
    stage.pair(both, "203.0.113.7")
    stage.half_open("203.0.113.8")
    served, server = stage.pair(both, "2001:db8:c::3")
    served.sendall(bytes(517))
    server.recv(517, socket.MSG_WAITALL)
    server.sendall(bytes(3000))
    served.recv(3000, socket.MSG_WAITALL)
    stage.connect("2001:db8:c::9")


def main() -> None:
    """Make connections of every kind and record what the kernel tells of them."""
    with scene() as stage:
        play(stage)
        time.sleep(3)
        with stage.server.enter():
            (HERE / "privileged.dump").write_bytes(dump())
            os.setresuid(65534, 65534, 0)
            unprivileged = dump()
            os.setresuid(0, 0, 0)
            (HERE / "unprivileged.dump").write_bytes(unprivileged)


if __name__ == "__main__":
    main()
