"""systemd as PID 1 on a throw-away overlay of this machine's root; each boot has a new network namespace."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Optional

from demo.lab.wait import wait_until
from tests.host.overlay import CHECKOUT, MOUNT, Host, copy_checkout

#: what a fresh host starts of /etc; all else there belongs to packages of this machine
_FRESH = re.compile(r"(fail2ban|ssh|systemd-.*|getty@.*)\.service|.*\.target")
#: two machines at a time would meet in one cgroup and in /run/systemd. 133: the machine rebooted; $3: a file,
#: its power was cut
_BOOT = """
[ -z "$2" ] || echo $$ >"$2/cgroup.procs"
mkdir -p /run/systemd
mount -t tmpfs tmpfs /run/systemd
cut=$3
shift 3
until systemd-nspawn "$@"; do [ $? = 133 ] || rm "$cut" || exit; done
"""


class Machine(Host):
    """A host with systemd; `boot` boots it."""

    def __init__(self, process: subprocess.Popen[bytes], directory: Path) -> None:
        self._process, self._directory = process, directory
        self.upper = Path(f"/proc/{process.pid}/root{directory}/mount/upper")
        self._enter()

    def _enter(self, not_pid: int = 0, until: Optional[Callable[[], object]] = None) -> None:
        leader = self._leader(not_pid)
        self.enter = ["nsenter", "-t", str(leader), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w"]
        if until is not None:
            wait_until(until, lambda: f"systemd is {self._state()}")
            return
        wait_until(
            lambda: self._state() in ("running", "degraded"),
            lambda: f"systemd is {self._state()}",
            every_s=0.2,
        )
        self.run("ip", "link", "set", "lo", "up")

    def _state(self) -> str:
        return self.run("systemctl", "is-system-running", check=False).stdout.strip()

    def _leader(self, not_pid: int) -> int:
        """Return the machine's PID 1 as it is called outside; without it nsenter would stay on this host."""
        found: list[int] = []

        def find() -> list[int]:
            grandchildren = (one for child in _children(self._process.pid) for one in _children(child))
            found.extend(pid for pid in grandchildren if pid != not_pid and _name(pid) == "systemd")
            return found

        wait_until(
            find,
            lambda: f"the machine does not boot: {(self._directory / 'console').read_text(errors='replace')}",
            is_alive=lambda: self._process.poll() is None,
        )
        return found[0]

    def reboot(self, until: Optional[Callable[[], object]] = None) -> None:
        """Reboot and wait until there is another PID 1; sets and rules are gone, as with the kernel.

        `until` is waited for instead of the end of the boot.
        """
        leader = int(self.enter[2])
        self.run("systemctl", "reboot", check=False)
        self._enter_next(leader, until)

    def cut_power(self) -> None:
        """Kill everything in the machine at once, and boot it again from the files that it had."""
        leader = int(self.enter[2])
        (self._directory / "cut").touch()
        os.kill(leader, signal.SIGKILL)
        self._enter_next(leader)

    def _enter_next(self, leader: int, until: Optional[Callable[[], object]] = None) -> None:
        wait_until(lambda: not Path(f"/proc/{leader}").exists(), "the machine does not go down")
        self._enter(not_pid=leader, until=until)


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _name(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


@contextlib.contextmanager
def boot(*allowed: str, shown: Mapping[Path, str] = MappingProxyType({})) -> Iterator[Machine]:
    """Boot a machine for the time of the `with`; all of it is thrown away, so no shutdown is waited for.

    `allowed` are units that may start in it though no fresh host has them; `shown` are directories of this
    machine, and where it has them, read-only.
    """
    with contextlib.ExitStack() as undo:
        directory = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="f2binst-")))
        name = f"f2binst-{uuid.uuid4().hex[:8]}"
        (directory / "mount").mkdir()
        copy_checkout(directory / "checkout")
        cgroup = undo.enter_context(_cgroup(name))
        binds = {directory / "checkout": str(CHECKOUT), **shown}
        process = _start(directory, name, cgroup, allowed, binds)
        undo.callback(_end, process)
        yield Machine(process, directory)


def _start(
    directory: Path, name: str, cgroup: str, allowed: Collection[str], binds: Mapping[Path, str]
) -> subprocess.Popen[bytes]:
    words = [
        "--quiet", "--register=no", "--keep-unit", f"--directory={directory}/mount/root", f"--machine={name}",
        "--private-network", *(f"--bind-ro={source}:{place}" for source, place in binds.items()),
        "--capability=CAP_NET_ADMIN,CAP_NET_RAW", "--drop-capability=CAP_SYS_RESOURCE",
        "--console=pipe", "--link-journal=no", "--resolv-conf=off", "--timezone=off",
        "--boot", *(f"systemd.mask={unit}" for unit in _foreign_units() if unit not in allowed),
    ]  # fmt: skip
    private = ["unshare", "-m", "--propagation", "private", "/bin/bash", "-c", MOUNT + _BOOT, "boot"]
    with open(directory / "console", "wb") as console:
        return subprocess.Popen(
            [*private, f"{directory}/mount", cgroup, f"{directory}/cut", *words],
            stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        )  # fmt: skip


def _foreign_units() -> list[str]:
    """Return the services, sockets and timers that would start on this machine and not on a fresh host."""
    enabled = {path.name for path in Path("/etc/systemd/system").glob("*.wants/*")}
    return sorted(unit for unit in enabled if not _FRESH.fullmatch(unit))


def _end(process: subprocess.Popen[bytes]) -> None:
    # the machine outlives a nspawn that is killed: its PID 1 first, whose namespace goes with it
    children = _children(process.pid)
    machine = [grandchild for child in children for grandchild in _children(child)]
    for pid in (*machine, process.pid, *children):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def _cgroup(name: str) -> Iterator[str]:
    """A place of its own in the cgroup2 hierarchy; "" where there is none."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    path = next((f"{where}/{name}" for _source, where, kind, *_rest in mounts if kind == "cgroup2"), "")
    if path:
        os.mkdir(path)
    yield path
    if path:
        # what was killed takes a moment to leave
        wait_until(lambda: _remove_cgroup(path), f"processes are left in {path}")


def _remove_cgroup(path: str) -> bool:
    """Remove what is empty; whether nothing is left."""
    for top, _directories, _files in os.walk(path, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(top)
    return not os.path.isdir(path)
