"""The installed service under systemd, in its sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Callable

import pytest

from demo.lab.wait import wait_until
from tests.host.machine import Machine, boot

pytestmark = pytest.mark.systemd

LOG = "/var/log/ideolab/nginx-error.log"
#: sends one line of nginx's about an address
SEND = """
import socket, sys
text = "2026/11/22 15:34:01 [info] 7#7: *1 client timed out, client: %s, server: x" % sys.argv[1]
nginx = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
nginx.sendto(b"<190>Nov 22 15:34:01 nginx: " + text.encode(), "/run/ideolab/nginx.sock")
"""
#: which way of reading this sandbox allows
READER = """
import sys
sys.path.insert(0, "/usr/local/lib/ideolab-f2b")
from ideolab_f2b.intake import reader
print(type(reader.best_reader()).__name__)
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """With the pack, and the intake started."""
    with boot() as machine:
        machine.install()
        machine.run("systemctl", "start", "ideolab-intake")
        wait_for_intake(
            machine, lambda: machine.shell("test -S /run/ideolab/nginx.sock && echo yes || true") == "yes\n"
        )
        yield machine


def wait_for_intake(machine: Machine, is_so: Callable[[], bool]) -> None:
    """Return when it is so; the error shows the journal of the intake."""
    wait_until(is_so, lambda: machine.shell("journalctl -u ideolab-intake; ls -la /run/ideolab"))


def send(machine: Machine, user: str, address: str) -> int:
    words = ["runuser", "-u", user, "--", "python3", "-c", SEND, address]
    return machine.run(*words, check=False).returncode


def came(machine: Machine, address: str) -> bool:
    return machine.run("grep", "-q", f"client: {address},", LOG, check=False).returncode == 0


def test_nginx_may_send_and_others_may_not(machine: Machine) -> None:
    """root and the workers' user get through the file's access list, which stops everybody else."""
    sent = {
        user: send(machine, user, f"192.0.2.{number}")
        for number, user in enumerate(("root", "www-data", "nobody"))
    }
    wait_for_intake(machine, lambda: came(machine, "192.0.2.0") and came(machine, "192.0.2.1"))

    assert sent == {"root": 0, "www-data": 0, "nobody": 1}
    assert machine.shell("stat -c '%U %A' /run/ideolab/nginx.sock") == "ideolab srw-rw----\n"
    assert machine.shell(f"stat -c '%U:%G %a' {LOG}").split()[1] == "640"


def test_a_restart_finds_its_place_again(machine: Machine) -> None:
    """And a kill does, too: systemd starts it anew."""
    machine.run("systemctl", "restart", "ideolab-intake")
    wait_for_intake(
        machine, lambda: send(machine, "www-data", "192.0.2.3") == 0 and came(machine, "192.0.2.3")
    )
    machine.run("systemctl", "kill", "--signal=KILL", "ideolab-intake")
    wait_for_intake(
        machine, lambda: send(machine, "www-data", "192.0.2.4") == 0 and came(machine, "192.0.2.4")
    )


def test_a_deleted_socket_comes_back(machine: Machine) -> None:
    """The sandbox lets it write there."""
    machine.run("rm", "/run/ideolab/nginx.sock")
    wait_for_intake(
        machine, lambda: send(machine, "www-data", "192.0.2.5") == 0 and came(machine, "192.0.2.5")
    )


def test_the_sandbox_keeps_the_fast_way_of_reading(machine: Machine) -> None:
    """ctypes loads where memory is never writable and executable."""
    options = [
        "MemoryDenyWriteExecute=yes",
        "NoNewPrivileges=yes",
        "SystemCallFilter=@system-service",
        "User=ideolab",
    ]
    words = ["systemd-run", "--quiet", "--pipe", "--wait", *(f"--property={one}" for one in options)]

    assert machine.out(*words, "/usr/bin/python3", "-I", "-c", READER) == "Recvmmsg\n"
