"""command: options, users, and what the kernel's queue holds."""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b import cli
from ideolab_f2b.commands import intake
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.config import ConfigError
from ideolab_f2b.intake import queue
from ideolab_f2b.places import INTAKE, restart


def test_users_by_name_and_number() -> None:
    """A name that this host does not have is left out: distributions call nginx's user differently."""
    assert intake.find_uids(["root", "no-such-user", "101"]) == {0, 101}


def test_no_user_at_all_is_an_error() -> None:
    """Everything would be refused."""
    with pytest.raises(ConfigError, match="senders: this host has none of these users: no-such-user"):
        intake.find_uids(["no-such-user"])


@pytest.mark.parametrize(
    ("length", "count"), [("10\n", 1), ("511\n", 1), ("512\n", 0), ("4096\n", 0), ("", 0)]
)
def test_a_short_queue_is_told(
    tmp_path: Path, complaint: Complaint, said: list[str], length: str, count: int
) -> None:
    """The kernel's own 10 lose lines in a burst; systemd sets 512 at boot."""
    path = tmp_path / "max_dgram_qlen"
    path.write_text(length)
    intake.check_queue(complaint, queue.read(path, tmp_path / "none"))

    assert len(said) == count
    assert all(text.endswith(f"sysctl -w net.unix.max_dgram_qlen=512; {restart(INTAKE)}") for text in said)


def test_small_sockets_of_nginx_are_told(complaint: Complaint, said: list[str]) -> None:
    """They are nginx's, so it is nginx that starts anew."""
    intake.check_queue(complaint, queue.Queue(512, 16_384))

    assert said[0].endswith(f"sysctl -w net.core.wmem_default=212992; {restart('nginx')}")


def test_a_missing_sysctl_is_no_matter(tmp_path: Path, complaint: Complaint, said: list[str]) -> None:
    """A sandbox may hide it."""
    intake.check_queue(complaint, queue.read(tmp_path / "none", tmp_path / "none"))

    assert said == []


TIMEOUT = (
    "2026/11/22 15:34:01 [info] 7#7: *1 client timed out (110: Connection timed out) while SSL handshaking, "
    "client: 192.0.2.7, server: x"
)


def test_the_whole_verb_in_this_process(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the command line to files that the options name; a stranger's datagram and a bad tag are told."""
    (place / "f2b.conf").write_text(f"[paths]\ntextfile_dir = {place}\n[intake]\nsenders = {os.geteuid()}\n")
    words = ["intake", "--config", str(place / "f2b.conf"), "--socket", str(place / "s")]
    words += ["--output", str(place / "error"), "--access-output", str(place / "access")]
    nginx = threading.Thread(target=_visit, args=(place / "s",))
    nginx.start()
    code = cli.main(words)
    nginx.join()

    assert code == 0
    assert (place / "error").read_text() == f"{TIMEOUT}\n"
    assert (place / "access").read_text() == '192.0.2.7 - - [x] "GET /\\x0a" 408 0 "-"\n'
    assert 'result="written"} 2.0' in (place / "ideolab_intake.prom").read_text()
    assert 'without nginx\'s header and tag=nginx or tag=nginx_access: "<190>Nov 22 15:34:01 x: y"' in (
        capsys.readouterr().err
    )


def _visit(path: Path) -> None:
    """Three messages, and the end."""
    wait_until(path.is_socket, f"{path} is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nginx:
        nginx.connect(str(path))
        nginx.send(b"<190>Nov 22 15:34:01 nginx: " + TIMEOUT.encode())
        nginx.send(b"<187>Nov 22 15:34:01 nginx: 2026/11/22 15:34:01 [alert] 7#7: 64 worker_connections")
        nginx.send(b'<190>Nov 22 15:34:01 vm nginx_access: 192.0.2.7 - - [x] "GET /\n" 408 0 "-"')
        nginx.send(b"<190>Nov 22 15:34:01 x: y")
    os.kill(os.getpid(), signal.SIGTERM)
