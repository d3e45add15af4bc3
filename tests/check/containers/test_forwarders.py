"""Programs of engines that listen on this host for a container."""

from __future__ import annotations

import shutil
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.check.containers import forwarders
from ideolab_f2b.check.containers.forwarders import Proxy

_LISTEN = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
input()
"""


def test_command_lines(tmp_path: Path) -> None:
    """docker-proxy says what it does; another program by that name may say anything."""
    lines = {
        "1": ("docker-proxy", "docker-proxy -proto tcp -host-ip :: -host-port 8443 -container-ip 10.77.0.2"),
        "2": ("docker-proxy", "docker-proxy -host-port x -container-ip 10.77.0.2"),
        "3": ("docker-proxy", "docker-proxy -host-port 443"),
        "4": ("nginx", "nginx -host-port 443 -container-ip 10.77.0.2"),
        "5": ("docker-proxy", "docker-proxy -host-port 443 -container-ip fd00::2 -container-port"),
    }
    for number, (name, line) in lines.items():
        (tmp_path / number).mkdir()
        (tmp_path / number / "comm").write_text(f"{name}\n")
        (tmp_path / number / "cmdline").write_text(line.replace(" ", "\0"))
    found = [Proxy(443, ip_address("fd00::2").packed), Proxy(8443, ip_address("10.77.0.2").packed)]
    assert sorted(forwarders.find_proxies(range(1, 7), tmp_path)) == found


@pytest.mark.parametrize(("name", "found"), [("rootlessport", True), ("nginx", False)])
def test_who_has_the_listening_socket(tmp_path: Path, name: str, found: bool) -> None:
    """A program by the name of an engine's that listens there; no other one."""
    program = tmp_path / name
    shutil.copy(Path(sys.executable).resolve(), program)
    words = [str(program), "-c", _LISTEN]
    home = {"PYTHONHOME": sys.base_prefix}
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=home) as child:
        assert child.stdout is not None
        port = int(child.stdout.readline())
        wait_until(lambda: Path(f"/proc/{child.pid}/comm").read_text() == f"{name}\n", "it has no name yet")
        gone = 2**22 + 1
        assert forwarders.find([port, 1], [child.pid, gone]) == ({port: name} if found else {})
        assert forwarders.find([1], [child.pid]) == {}
        child.communicate("\n", timeout=60)
