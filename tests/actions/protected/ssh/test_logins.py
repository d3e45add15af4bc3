"""Which of sshd's processes have let somebody in: every shape that OpenSSH 7.5 to 10 has."""

from __future__ import annotations

import pytest

from tests.actions.protected.ssh.conftest import ALICE, SSHD, Tree

LISTENER = "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"

#: (pid, parent, title, uid); the processes from 100 on have let somebody in
SHAPES = {
    "a shell, Debian 11 and 12, Ubuntu, RHEL": [
        (10, 1, LISTENER, 0), (20, 10, "sshd: alice [priv]", 0), (100, 20, "sshd: alice@pts/0", ALICE),
    ],
    "a shell, OpenSSH before 8.2": [
        (10, 1, "sshd: /usr/sbin/sshd", 0), (20, 10, "sshd: alice [priv]", 0),
        (100, 20, "sshd: alice@pts/0", ALICE),
    ],
    "a command, scp, internal-sftp": [
        (20, 10, "sshd: alice [priv]", 0), (100, 20, "sshd: alice@notty", ALICE),
        (31, 100, "sshd: alice@internal-sftp", ALICE),
    ],
    "ports only: ProxyJump, -N -L": [(20, 10, "sshd: alice [priv]", 0), (100, 20, "sshd: alice", ALICE)],
    "several sessions over one connection": [
        (20, 10, "sshd: alice [priv]", 0), (100, 20, "sshd: alice@pts/0,pts/1,notty", ALICE),
    ],
    "a name of a directory": [
        (20, 10, "sshd: alice@corp.example [priv]", 0), (100, 20, "sshd: alice@corp.example@pts/0", ALICE),
        (21, 10, "sshd: CORP\\domain user [priv]", 0), (101, 21, "sshd: CORP\\domain user@notty", 11105),
    ],
    "root, until OpenSSH 9.7": [(10, 1, LISTENER, 0), (100, 10, "sshd: root@pts/0", 0)],
    "root, ports only, until OpenSSH 9.7": [(10, 1, LISTENER, 0), (100, 10, "sshd: root", 0)],
    "root, the listener was restarted": [(100, 1, "sshd: root@notty", 0)],
    "root, RHEL and OpenSSH 9.8": [
        (20, 10, "sshd-session: root [priv]", 0), (100, 20, "sshd-session: root@pts/0", 0),
    ],
    "OpenSSH 9.8 and later": [
        (10, 1, LISTENER, 0), (20, 10, "sshd-session: alice [priv]", 0),
        (100, 20, "sshd-session: alice@pts/0", ALICE),
    ],
    "another name of the program, with a PAM service of its own": [
        (10, 1, "sshd-second: /usr/sbin/sshd-second -D [listener] 0 of 10-100 startups", 0),
        (20, 10, "sshd-second: alice [priv]", 0), (100, 20, "sshd-second: alice@pts/0", ALICE),
        (101, 10, "sshd-second: root@pts/1", 0),
    ],
    "socket activation: systemd is the parent": [
        (20, 1, "sshd: alice [priv]", 0), (100, 20, "sshd: alice@pts/0", ALICE),
    ],
}  # fmt: skip


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_who_has_logged_in(tree: Tree, shape: str) -> None:
    """Their own process, and none of those that stand beside it."""
    tree.add_pairs(SHAPES[shape])

    assert tree.who() == [pid for pid, _parent, _title, _uid in SHAPES[shape] if pid >= 100]


#: nobody is logged in
OUTSIDE = {
    "it has only connected": [(20, 10, "sshd: [accepted]", 0), (21, 20, "sshd: [net]", SSHD)],
    "it has named a user": [(20, 10, "sshd: alice [priv]", 0), (21, 20, "sshd: alice [net]", SSHD)],
    "it has named root": [(20, 10, "sshd: root [priv]", 0), (21, 20, "sshd: root [net]", SSHD)],
    "it has named nobody that there is": [
        (20, 10, "sshd: unknown [priv]", 0), (21, 20, "sshd: unknown [net]", SSHD),
    ],
    "it asks for a password by PAM": [(20, 10, "sshd: root [priv]", 0), (21, 20, "sshd: root [pam]", 0)],
    "it has named a user of a directory": [
        (20, 10, "sshd: root@corp [priv]", 0), (21, 20, "sshd: root@corp [net]", SSHD),
    ],
    "OpenSSH 9.8": [(20, 10, "sshd-session: [accepted]", 0), (21, 20, "sshd-session: [net]", SSHD)],
    "OpenSSH 10, from the start": [
        (20, 10, "sshd-session: [rexeced]", 0), (21, 20, "sshd-auth: [session-auth early]", SSHD),
    ],
    "OpenSSH 10, a name": [(20, 10, "sshd-session: root [priv]", 0), (21, 20, "sshd-auth: root [net]", SSHD)],
    "OpenSSH 10, on its way in": [(20, 10, "sshd-session: root [postauth]", 0)],
    "before the login with a title as after it": [
        (20, 10, "sshd: x [priv]", 0), (21, 20, "sshd: alice@pts/0", SSHD),
    ],
    "a program of AuthorizedKeysCommand that has not begun": [
        (20, 10, "sshd: alice [priv]", 0), (21, 20, "sshd: alice [priv]", 1001),
    ],
    "only the listener": [
        (10, 1, LISTENER, 0), (11, 1, "/usr/sbin/sshd -D", 0), (12, 1, "sshd: /usr/sbin/sshd -i", 0),
    ],
    "another name of the program": [
        (10, 1, "sshd-second: /usr/sbin/sshd-second", 0), (20, 10, "sshd-second: root [priv]", 0),
        (21, 20, "sshd-second: root [net]", SSHD), (22, 10, "sshd-second: unknown [priv]", 0),
    ],
    "an sshd of a user": [
        (20, 1, "sshd: /home/mallory/sshd [listener] 0 of 10-100 startups", ALICE),
        (21, 20, "sshd: mallory [priv]", ALICE), (22, 21, "sshd: mallory@pts/0", ALICE),
        (23, 1, "sshd: root@pts/0", ALICE), (24, 10, "sshd: root@pts/0", ALICE),
    ],
    "root's process with another name": [(20, 1, "sshd: rootkit@pts/0", 0), (21, 1, "sshd: alice@pts/0", 0)],
}  # fmt: skip


@pytest.mark.parametrize("shape", sorted(OUTSIDE))
def test_who_has_not(tree: Tree, shape: str) -> None:
    """However far a connection has come, and whatever a local user makes."""
    tree.add_pairs(OUTSIDE[shape])

    assert tree.who() == []


def test_a_parent_of_another_program(tree: Tree) -> None:
    """Root's cron or sudo starts what a user wants: only below root's sshd a user's sshd is a session."""
    tree.add(20, "sudo -u alice sshd", program="sudo")
    tree.add(21, "sshd: alice@pts/0", parent=20, uid=ALICE)

    assert tree.who() == []


def test_a_monitor_of_two_uids(tree: Tree) -> None:
    """A program with the setuid bit is no monitor of root's."""
    tree.add(20, "sshd: alice [priv]", uid=f"{ALICE}\t0\t0\t0")
    tree.add(21, "sshd: alice@pts/0", parent=20, uid=ALICE)

    assert tree.who() == []
