"""What is read of sshd's processes, and what of them is not believed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ideolab_f2b.actions.protected.ssh import processes
from ideolab_f2b.actions.protected.ssh.processes import Process
from tests.actions.protected.ssh.conftest import ALICE, FIRST, Tree


def test_a_process(tree: Tree) -> None:
    """All that a proof needs; a process of another program is none of them."""
    tree.add(20, "sshd: alice@pts/0", 300, 301, parent=10, uid=ALICE, started=777)
    tree.add(21, "-bash", program="bash", parent=20, uid=ALICE)

    process = Process(20, 777, 10, ALICE, "sshd: alice@pts/0")
    assert tree.view() == processes.View({20: process})
    assert tree.inodes(process) == {300, 301}


@pytest.mark.parametrize(
    "program", ["sshd", "sshd-session", "sshd-second", "sshd_sftp", "sshd.old", "sshd-with-a-long-name"]
)
@pytest.mark.parametrize("end", ["", " (deleted)"])
def test_the_programs(tree: Tree, program: str, end: str) -> None:
    """Root's copies too; the sessions of an sshd that was upgraded meanwhile run the old file."""
    tree.add(20, "sshd: alice", program=program + end, uid=ALICE)

    assert list(tree.view().processes) == [20]


def test_a_link_to_the_program(tree: Tree) -> None:
    """A process is called as the link, and runs the file."""
    tree.add(20, "sshd-second: alice", program="sshd", comm="sshd-second", uid=ALICE)

    assert list(tree.view().processes) == [20]


@pytest.mark.parametrize("program", ["sshd-auth", "sshd-auth (deleted)", "bash", "ssh", "sshd2", "my-sshd"])
def test_other_programs(tree: Tree, program: str) -> None:
    """Whatever they call themselves; sshd-auth of OpenSSH 10 only serves who has not logged in."""
    tree.add(20, "sshd: alice", program=program, comm="sshd-x")

    assert tree.view().processes == {}


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
def test_a_program_that_others_can_write(tree: Tree, mode: int) -> None:
    """It may be anything."""
    tree.add(20, "sshd: alice")
    tree.program("sshd", mode)

    assert tree.view().processes == {}


def test_a_program_of_a_user(tree: Tree) -> None:
    """A copy of sshd is his who copied it."""
    tree.add(20, "sshd: alice")

    assert processes.read(tree.proc, os.geteuid() + 1).processes == {}


@pytest.mark.parametrize("kind", sorted(FIRST))
def test_a_container(tree: Tree, kind: str) -> None:
    """The root of a container makes processes of any shape: they prove nothing out here."""
    tree.add(20, "sshd: alice")
    tree.namespaces(20, {kind: f"{kind}:[4026532999]"})

    assert tree.view().processes == {}


def test_uids_that_differ(tree: Tree) -> None:
    """A program with the setuid bit keeps the uid of who started it."""
    tree.add(20, "sshd: root@pts/0", uid=f"{ALICE}\t0\t0\t0")

    assert tree.view().processes[20].uid is None


@pytest.mark.parametrize(("comm", "seen"), [("sshd) S 1 (", [20]), ("a b", []), ("\udcff\n", [])])
def test_a_name_that_misleads(tree: Tree, comm: str, seen: list[int]) -> None:
    """A process chooses its name; the numbers behind it are the kernel's."""
    tree.add(20, "sshd: alice", parent=10, uid=ALICE, started=777)
    stat = (tree.proc / "20" / "stat").read_bytes()
    (tree.proc / "20" / "stat").write_bytes(
        stat.replace(b"(sshd)", f"({comm})".encode("utf-8", "surrogateescape"))
    )

    found = tree.view().processes
    assert list(found) == seen
    assert all((each.parent, each.started) == (10, 777) for each in found.values())


def test_a_name_with_a_uid_in_it(tree: Tree) -> None:
    """/proc writes a carriage return as it is: nobody becomes root by his name."""
    tree.add(20, "sshd: root@pts/0", uid=ALICE)
    status = (tree.proc / "20" / "status").read_bytes()
    (tree.proc / "20" / "status").write_bytes(b"Name:\tsshd\rUid:\t0\t0\n" + status)

    assert tree.view().processes[20].uid == ALICE


@pytest.mark.parametrize("name", ["stat", "status", "cmdline", "exe"])
def test_processes_that_end_meanwhile(tree: Tree, name: str) -> None:
    """A process without one of its files is passed over."""
    tree.add(20, "sshd: alice", 300)
    tree.add(30, "sshd: bob", 400)
    (tree.proc / "20" / name).unlink()

    assert list(tree.view().processes) == [30]
    assert tree.view().trouble == ""


def test_a_pid_that_went_to_another(tree: Tree) -> None:
    """The sockets of another process are not those of the one that had its pid."""
    tree.add(20, "sshd: alice", 300, started=777)

    assert tree.inodes(Process(20, 776, 1, ALICE, "sshd: alice")) == set()
    assert tree.inodes(Process(21, 777, 1, ALICE, "sshd: alice")) == set()


def test_proc_that_hides(tree: Tree, tmp_path: Path) -> None:
    """What cannot be seen is told: no session is proved there."""
    assert (
        processes.read(tmp_path / "none").trouble
        == f"{tmp_path}/none cannot be read: No such file or directory"
    )

    shutil.rmtree(tree.proc / "1")
    assert tree.view().trouble == f"{tree.proc} hides the processes of others (hidepid)"
    # refused instead of hidden: an error other than that there is none
    (tree.proc / "1" / "stat").mkdir(parents=True)
    assert tree.view().trouble == (
        f"{tree.proc} does not show the processes of others: hidepid,"
        " or SELinux forbids it (ausearch -m avc -c fail2ban-server)"
    )


def test_a_process_that_cannot_be_looked_into(tree: Tree) -> None:
    """A fail2ban without CAP_SYS_PTRACE sees that there is an sshd, and not what it runs."""
    tree.add(20, "sshd: alice")
    (tree.proc / "20" / "exe").unlink()
    # reading it as a link is an error other than that of a process that ended
    (tree.proc / "20" / "exe").mkdir()

    view = tree.view()

    assert view.processes == {}
    assert view.trouble == (
        "1 processes cannot be looked into: CAP_SYS_PTRACE is missing,"
        " or SELinux forbids it (ausearch -m avc -c fail2ban-server)"
    )


def test_dropbear(tree: Tree) -> None:
    """Its processes look alike before and after a login: no session of it is proved, and that is said."""
    tree.add(20, "/usr/sbin/dropbear", program="dropbear")
    tree.add(21, "/usr/sbin/dropbear", 300, parent=20, program="dropbear")

    assert tree.view() == processes.View({}, "dropbear runs here, and does not show who has logged in")


def test_no_sshd(tree: Tree) -> None:
    """Nothing was seen, so nobody says that nobody is logged in: it may run by a name of its own."""
    tree.add(20, "ssh-for-admins: alice@pts/0", 300, program="ssh-for-admins")
    assert (
        tree.view().trouble == "no sshd of root's is to be seen: none runs, or its file is called otherwise"
    )

    tree.add(30, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups")
    assert tree.view().trouble == ""


def test_fail2ban_in_a_container(tree: Tree) -> None:
    """The sshd of the host is not to be seen from there; one in the same container is."""
    inside = {"pid": "pid:[4026532999]"}
    tree.namespaces("self", inside)
    assert tree.view().trouble == "fail2ban runs in a container in which no sshd is to be seen"

    tree.add(20, "sshd: alice")
    tree.namespaces(20, inside)
    assert (list(tree.view().processes), tree.view().trouble) == ([20], "")


def test_a_kernel_without_namespaces(tree: Tree) -> None:
    """There all processes are in the same one."""
    tree.add(20, "sshd: alice")
    for pid in ("self", "20"):
        shutil.rmtree(tree.proc / pid / "ns")

    assert (list(tree.view().processes), tree.view().trouble) == ([20], "")


@pytest.mark.root
def test_a_program_that_an_upgrade_took_away(tmp_path: Path) -> None:
    """In the real /proc the link still leads to the file that runs, whose owner and mode are known."""
    program = tmp_path / "sshd"
    shutil.copy("/bin/sleep", program)
    program.chmod(0o755)
    with subprocess.Popen([str(program), "60"]) as running:
        try:
            program.unlink()
            process = processes.read().processes[running.pid]
            assert (process.uid, process.parent, process.title) == (0, os.getpid(), f"{program} 60")
            assert processes.socket_inodes(process) == set()
        finally:
            running.kill()
    assert running.pid not in processes.read().processes
