"""What the tests of the intake share: a short directory, for the path of a socket may have 108 bytes."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ideolab_f2b.complaint import AGAIN_S, Complaint
from ideolab_f2b.intake import reader
from ideolab_f2b.intake.nginx_socket import NginxSocket
from ideolab_f2b.intake.recvmmsg import Recvmmsg
from ideolab_f2b.intake.recvmsg import Recvmsg


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty directory with a short name."""
    with tempfile.TemporaryDirectory(prefix="f2bint-") as directory:
        yield Path(directory)


@pytest.fixture
def pair(place: Path) -> Iterator[tuple[socket.socket, socket.socket]]:
    """(sender, receiver); neither waits."""
    kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
    with socket.socket(socket.AF_UNIX, kind) as sender, socket.socket(socket.AF_UNIX, kind) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        receiver.bind(str(place / "s"))
        sender.connect(str(place / "s"))
        yield sender, receiver


@pytest.fixture
def said() -> list[str]:
    """What was complained of."""
    return []


@pytest.fixture
def complaint(said: list[str]) -> Complaint:
    """Speaks into `said`."""
    return Complaint(lambda text: said.append(f"intake: {text}"), AGAIN_S)


@pytest.fixture(params=[Recvmmsg, Recvmsg])
def nginx_socket(
    request: pytest.FixtureRequest, place: Path, complaint: Complaint, monkeypatch: pytest.MonkeyPatch
) -> Iterator[NginxSocket]:
    """Open at nginx.sock of the place, in each way of reading, for datagrams of the user of the tests."""
    monkeypatch.setattr(reader, "best_reader", request.param)
    found = NginxSocket(place / "nginx.sock", {os.geteuid()}, complaint)
    found.open()
    yield found
    found.close()
