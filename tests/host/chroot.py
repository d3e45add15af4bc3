"""A host without systemd: an overlay of this machine's root in namespaces of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from demo.lab.wait import wait_until
from tests.host.overlay import CHECKOUT, MOUNT, Host, copy_checkout

_START = """
mkdir -p "$1/root$3" && mount --bind "$2" "$1/root$3"
mount -t proc proc "$1/root/proc"
mount -t sysfs sysfs "$1/root/sys"
mount --rbind /dev "$1/root/dev"
mount -t tmpfs tmpfs "$1/root/run"
mkdir -p "$1/root/run/lock"
ip link set lo up
exec chroot "$1/root" /bin/sleep infinity
"""
_PRIVATE = ("unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")


class Chroot(Host):
    """A host without systemd; `make_chroot` makes it."""

    def __init__(self, process: subprocess.Popen[bytes], directory: Path) -> None:
        self.enter = ["nsenter", "-t", str(_init(process)), "-m", "-n", "-p", "-r", "-w"]
        self.upper = Path(f"/proc/{process.pid}/root{directory}/mount/upper")


def _init(process: subprocess.Popen[bytes]) -> int:
    """Return the host's PID 1 as it is called outside; without it nsenter would stay on this host."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    found: list[int] = []

    def find() -> list[int]:
        pids = children.read_text().split()
        found.extend(int(pid) for pid in pids if Path(f"/proc/{pid}/comm").read_text().strip() == "sleep")
        return found

    wait_until(find, "the chroot is not up", is_alive=lambda: process.poll() is None)
    return found[0]


@contextlib.contextmanager
def make_chroot() -> Iterator[Chroot]:
    """Make a host for the time of the `with`; all of it is thrown away."""
    with tempfile.TemporaryDirectory(prefix="f2binst-") as name:
        directory = Path(name)
        (directory / "mount").mkdir()
        copy_checkout(directory / "checkout")
        places = [f"{directory}/mount", f"{directory}/checkout", str(CHECKOUT)]
        process = subprocess.Popen(
            [*_PRIVATE, "/bin/bash", "-c", MOUNT + _START, "chroot", *places],
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            yield Chroot(process, directory)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
