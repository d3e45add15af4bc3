"""Logins to a real sshd, and what only looks like one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.lab.child import REPOSITORY
from demo.lab.namespace import Namespace
from ideolab_f2b.actions.protected.ssh import processes
from ideolab_f2b.actions.protected.ssh.sessions import SshSessions
from tests.lab.sshd import PROGRAM, UID, Sshd

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def sshd(network: tuple[Namespace, Namespace], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    running = Sshd(*network, tmp_path_factory.mktemp("sshd"), 22, 2222)
    yield running
    running.stop()


def find(server: Namespace, looks: int = 2) -> dict[str, tuple[int, int, bool]]:
    """Return {address: (port, uid, whether it is logged in now)} after so many looks."""
    subject = SshSessions()
    with server.enter():
        pause_s = subject.look()
        for _look in range(looks - 1):
            time.sleep(pause_s)
            pause_s = subject.look()
    # an sshd of another test, in a network namespace of its own, may be running meanwhile
    assert not subject.trouble or subject.trouble.startswith("the connection of ")
    return {str(each.address): (each.port, each.uid, each.is_open) for each in subject.now()}


def test_logins(network: tuple[Namespace, Namespace], sshd: Sshd) -> None:
    """A user and root; a command, ports only, forwarded ports that a stranger uses; both ports."""
    sshd.log_in("198.51.100.7", 22)
    sshd.log_in("198.51.100.8", 2222, "-N")
    sshd.log_in("198.51.100.9", 2222, user="root")
    sshd.log_in("2001:db8:c::1", 22, "-N", user="root")
    for number, user in ((11, "root"), (12, "f2btest")):
        sshd.log_in(f"198.51.100.{number}", 22, "-N", "-R", f"0.0.0.0:90{number}:192.0.2.1:22", user=user)
    strangers = [sshd.connect(f"198.51.100.{number + 100}", 9000 + number) for number in (11, 12)]

    assert find(network[0], looks=1) == {}
    assert find(network[0]) == {
        "198.51.100.7": (22, UID, True),
        "198.51.100.8": (2222, UID, True),
        "198.51.100.9": (2222, 0, True),
        "2001:db8:c::1": (22, 0, True),
        "198.51.100.11": (22, 0, True),
        "198.51.100.12": (22, UID, True),
    }
    for stranger in strangers:
        stranger.close()
    sshd.log_out()


def test_no_logins(network: tuple[Namespace, Namespace], sshd: Sshd) -> None:
    """Connections that say nothing, that hold the banner, that begin a key exchange, and refused keys."""
    links = [sshd.connect("198.51.100.66", port) for port in (22, 2222) for _number in range(4)]
    for link in links[::2]:
        link.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")
    sshd.try_login("198.51.100.67", 22, "root")

    assert find(network[0]) == {}
    for link in links:
        link.close()


def test_an_sshd_of_a_user(network: tuple[Namespace, Namespace], tmp_path: Path) -> None:
    """He may let in whom he wants: that is no login to this host."""
    own = Sshd(*network, tmp_path, 2244, as_uid=UID)
    try:
        own.log_in("198.51.100.68", 2244)
        titles = [process.title for process in processes.read().processes.values() if process.uid == UID]
        assert any(title.startswith("sshd: ") and "[" not in title for title in titles)
        assert find(network[0]) == {}
    finally:
        own.stop()


@pytest.mark.parametrize("is_link", [True, False], ids=["link", "copy"])
def test_an_sshd_with_another_name(
    network: tuple[Namespace, Namespace], tmp_path: Path, is_link: bool
) -> None:
    """Its PAM service is called as the program, so a second sshd gets a link or a copy."""
    program = tmp_path / "sshd-second"
    if is_link:
        program.symlink_to(PROGRAM)
    else:
        shutil.copy(PROGRAM, program)
    second = Sshd(*network, tmp_path, 2255, program=program)
    try:
        second.log_in("198.51.100.20", 2255)
        second.log_in("198.51.100.21", 2255, user="root")
        with second.connect("198.51.100.66", 2255):
            assert find(network[0], looks=3) == {
                "198.51.100.20": (2255, UID, True),
                "198.51.100.21": (2255, 0, True),
            }
    finally:
        second.stop()


_TELL = """\
from ideolab_f2b.actions.protected.ssh import processes
view = processes.read()
print(sorted(process.uid for process in view.processes.values()), view.trouble)
"""
#: the group that may see all is root's where none is named
_HIDE = "mount -t proc -o hidepid=2,gid=9 proc /proc && "


@pytest.mark.parametrize(
    ("before", "said"),
    [("", "processes cannot be looked into: CAP_SYS_PTRACE"), (_HIDE, "/proc hides the processes of others")],
)
def test_a_server_that_may_not_look(
    network: tuple[Namespace, Namespace], sshd: Sshd, before: str, said: str
) -> None:
    """A unit without CAP_SYS_PTRACE proves no session, and says why, with and without hidepid."""
    sshd.log_in("198.51.100.7", 22)
    words = ("--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", sys.executable, "-c", _TELL)
    done = subprocess.run(
        network[0].command("sh", "-c", f'{before}exec setpriv "$@"', "sh", *words),
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert str(UID) not in done.stdout
    assert said in done.stdout
    sshd.log_out()
