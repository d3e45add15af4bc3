"""From where who types came, by the environment of the shells above."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from ideolab_f2b.geo.rule import caller


def process(proc: Path, pid: int, parent: int, *variables: str) -> None:
    directory = proc / str(pid)
    directory.mkdir(parents=True)
    (directory / "environ").write_bytes("\0".join(variables).encode() + b"\0")
    (directory / "stat").write_text(f"{pid} (a (b) c) S {parent} 1 1")


def test_own_environment(tmp_path: Path) -> None:
    """A root shell of sshd has it."""
    found = caller.find({"SSH_CONNECTION": "198.51.100.7 5000 192.0.2.1 22"}, tmp_path, 1)
    assert found == ip_address("198.51.100.7")


def test_below_sudo(tmp_path: Path) -> None:
    """sudo hides the variables; the shell above it has them. An IPv4 client of an IPv6 socket is IPv4."""
    process(tmp_path, 30, 20, "SUDO_USER=alice")
    process(tmp_path, 20, 10, "SSH_CLIENT=::ffff:198.51.100.7 5000 22", "HOME=/home/alice")
    assert caller.find({}, tmp_path, 30) == ip_address("198.51.100.7")


def test_nobody(tmp_path: Path) -> None:
    """A console, a process that has ended, and words that are no address."""
    process(tmp_path, 30, 20, "SSH_CONNECTION=somebody 1 2 3", "SSH_CLIENT=")
    assert caller.find({}, tmp_path, 30) is None
    process(tmp_path, 20, 0, "HOME=/root")
    assert caller.find({}, tmp_path, 30) is None


def test_interface(tmp_path: Path) -> None:
    """The address of a neighbour carries its interface."""
    assert caller.find({"SSH_CLIENT": "fe80::1%eth0 5000 22"}, tmp_path, 1) == ip_address("fe80::1")
