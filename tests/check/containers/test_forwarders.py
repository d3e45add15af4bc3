"""Programs of engines that listen on this host for a container."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.check.containers import forwarders

_LISTEN = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
input()
"""


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
        # only what this test has started
        proc = tmp_path / "proc"
        proc.mkdir()
        (proc / str(child.pid)).symlink_to(f"/proc/{child.pid}")
        assert forwarders.find([port, 1], proc) == ({port: name} if found else {})
        assert forwarders.find([1], proc) == {}
        child.communicate("\n", timeout=60)
