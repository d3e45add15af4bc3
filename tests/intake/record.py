"""Writes down what a real nginx sends while it is being lied to: `python3 -m tests.intake.record`, as root.

Each line of the result is one datagram, as Python writes bytes.
"""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from pathlib import Path

from tests.intake import forgery
from tests.intake.front import HEADER_TIMEOUT_S, front

RECORDED = Path(__file__).parent / "recorded"
HONEST, CONNECTIONS = "203.0.113.95", 3


def _version() -> str:
    done = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True)
    found = re.search(r"nginx/([\d.]+)", done.stderr)
    assert found
    return found[1]


def _collect(receiver: socket.socket, datagrams: list[bytes]) -> None:
    while data := receiver.recv(65536):
        datagrams.append(data)


def main() -> None:
    """Lie to nginx and write down what it sends."""
    datagrams: list[bytes] = []
    with front("f2bint-record") as place, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(place.socket))
        place.socket.chmod(0o666)
        thread = threading.Thread(target=_collect, args=(receiver, datagrams), daemon=True)
        thread.start()
        with place.client.enter():
            forgery.send_all(HEADER_TIMEOUT_S + 1)
            forgery.stay_silent(HONEST, CONNECTIONS, HEADER_TIMEOUT_S + 1)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", str(place.socket))
        thread.join()
    lines = [f"{data!r}\n" for data in datagrams]
    (RECORDED / f"forged.{_version()}.txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
