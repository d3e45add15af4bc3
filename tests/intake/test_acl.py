"""acl: who may write to a socket file."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ideolab_f2b.intake import acl


def test_the_attribute_as_the_kernel_reads_it() -> None:
    """Version 2; owner and users read and write, group and others nothing; users in order."""
    assert acl.encode([33, 7]).hex() == (
        "02000000"
        "01000600ffffffff"
        "0200060007000000"
        "0200060021000000"
        "04000000ffffffff"
        "10000600ffffffff"
        "20000000ffffffff"
    )


@pytest.mark.root
def test_the_named_users_and_nobody_else(place: Path) -> None:
    """A process of user 33 may send, one of user 34 may not, whatever the umask was."""
    place.chmod(0o755)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(place / "s"))
        acl.apply(place / "s", [33])
        found = {uid: _sends(uid, place / "s") for uid in (33, 34)}

    assert found == {33: True, 34: False}
    assert os.stat(place / "s").st_mode & 0o007 == 0


def _sends(uid: int, path: Path) -> bool:
    script = "import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', sys.argv[1])"
    words = ["setpriv", f"--reuid={uid}", "--clear-groups", sys.executable, "-c", script, str(path)]
    return subprocess.run(words, capture_output=True, timeout=120).returncode == 0


def test_a_file_system_without_lists_is_an_error(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """The caller decides what to do then."""
    with pytest.raises(OSError, match="Operation not supported"):
        acl.apply(Path("/proc/self/stat"), [33])
