"""Who counts as logged in over SSH."""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path

import pytest

from ideolab_f2b.actions.protected import ssh_sessions

ALICE, MALLORY, BOB = ip_address("198.51.100.1"), ip_address("198.51.100.66"), ip_address("2001:db8::b")


def process(proc: Path, pid: int, comm: str, title: str, *inodes: int) -> None:
    descriptors = proc / str(pid) / "fd"
    descriptors.mkdir(parents=True)
    (proc / str(pid) / "comm").write_text(f"{comm}\n")
    (proc / str(pid) / "cmdline").write_bytes(title.encode() + b"\0" * 3)
    for number, inode in enumerate(inodes):
        os.symlink(f"socket:[{inode}]", descriptors / str(number + 3))
    os.symlink("/dev/null", descriptors / "0")


@pytest.mark.parametrize("program", ["sshd", "sshd-session"])
def test_only_who_has_logged_in(tmp_path: Path, program: str) -> None:
    """sshd's own process titles tell a session from a connection that has not logged in."""
    process(tmp_path, 1, "init", "/sbin/init", 99)
    process(tmp_path, 10, program, f"{program}: alice [priv]", 100)
    process(tmp_path, 11, program, f"{program}: alice@pts/0", 100)
    process(tmp_path, 20, program, f"{program}: root [priv]", 200)
    process(tmp_path, 21, program, f"{program}: root [net]", 200)
    process(tmp_path, 30, program, f"{program}: bob", 300)
    (tmp_path / "uptime").write_text("1 1")
    connections = [(ALICE, 100), (MALLORY, 200), (BOB, 300)]

    assert ssh_sessions.peers((22,), lambda _ports: connections, tmp_path) == {ALICE, BOB}


@pytest.mark.parametrize("title", ["sshd: [accepted]", "sshd: unknown [preauth]", "sshd: mallory [net]"])
def test_before_login(tmp_path: Path, title: str) -> None:
    """However far a connection has come: before the login it protects nobody."""
    process(tmp_path, 20, "sshd", title, 200)

    assert ssh_sessions.peers((22,), lambda _ports: [(MALLORY, 200)], tmp_path) == set()


def test_other_servers_count(tmp_path: Path) -> None:
    """A socket that no sshd holds may be a session: dropbear, or an sshd that we cannot see."""
    process(tmp_path, 20, "dropbear", "dropbear", 200)

    found = ssh_sessions.peers((22,), lambda _ports: [(ALICE, 200), (BOB, 999)], tmp_path)

    assert found == {ALICE, BOB}


def test_processes_that_end_meanwhile(tmp_path: Path) -> None:
    """A process without its files is passed over."""
    (tmp_path / "20").mkdir()
    (tmp_path / "30").mkdir()
    (tmp_path / "30" / "comm").write_text("sshd\n")

    assert ssh_sessions.not_logged_in(tmp_path) == set()


def test_nobody_is_connected(tmp_path: Path) -> None:
    """Without a connection no process is looked at."""
    assert ssh_sessions.peers((22,), lambda _ports: [], tmp_path / "none") == set()
