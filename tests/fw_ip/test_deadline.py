"""Callers who send nothing, read nothing or come in crowds: none of them keeps another waiting."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from demo.lab.wait import wait_until
from tests.fw_ip.conftest import PROGRAM, Host

pytestmark = [pytest.mark.root, pytest.mark.redteam]

WEB = "33"
#: more answers than a pipe holds
MANY = "".join(f"unban 10.{number >> 8}.{number & 255}.1\n" for number in range(4000))


@contextlib.contextmanager
def caller(host: Host, **pipes: int) -> Iterator[subprocess.Popen[bytes]]:
    """A run by sudo whose caller does nothing of itself; ended at the end."""
    words = [str(PROGRAM), "--socket", str(host.server.socket)]
    given = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **pipes}
    with subprocess.Popen(
        host.namespace.command("env", "-i", "PATH=/usr/bin:/bin", f"SUDO_UID={WEB}", *words),
        start_new_session=True,
        **given,  # type: ignore[call-overload]
    ) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def send(process: subprocess.Popen[bytes], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(text.encode())
    process.stdin.flush()


def test_a_caller_who_does_not_read_holds_no_lock(empty: Host) -> None:
    """Its answers fill the pipe; root's and another caller's ban go through meanwhile."""
    with caller(empty) as process:
        send(process, "ban 198.51.100.9\n" + MANY)
        assert process.stdin is not None
        process.stdin.close()
        empty.server.wait_until(lambda: empty.banned() == ["198.51.100.9"], "the ban of the caller")
        begin = time.monotonic()
        results = [empty.fw_ip("ban", "198.51.100.7"), empty.fw_ip("ban", "198.51.100.8", sudo_uid=WEB)]
        took = time.monotonic() - begin

        assert [done.code for done in results] == [0, 0]
        assert process.poll() is None
        # the deadline of the other run would be 30 s
        assert took < 20


def test_a_caller_who_does_not_send_holds_no_lock(empty: Host) -> None:
    """Byte by byte, and no end."""
    with caller(empty) as process:
        send(process, "ban 198.51.1")
        assert empty.fw_ip("ban", "198.51.100.7", sudo_uid=WEB).code == 0
        send(process, "00.8 ")
        assert empty.fw_ip("ban", "198.51.100.9").code == 0
        assert process.poll() is None


def test_a_crowd_of_callers_is_refused(empty: Host) -> None:
    """After eight of a user; root and other users go on, and an end frees a place."""
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(caller(empty)) for _number in range(8)]
        for process in crowd:
            # a pipe takes it when nobody reads too: wait until each is there
            send(process, "check 198.51.100.7\n")
        wait_until(
            lambda: empty.fw_ip("check", "198.51.100.7", sudo_uid=WEB).code == 2,
            "nobody is refused",
            every_s=0.2,
        )
        refused = empty.fw_ip("ban", "198.51.100.7", sudo_uid=WEB)

        assert (refused.code, refused.lines) == (2, [])
        assert refused.stderr == "busy: 8 runs of uid 33 are not finished; nothing was done\n"
        assert empty.fw_ip("ban", "198.51.100.7").code == 0
        assert empty.fw_ip("ban", "198.51.100.8", sudo_uid="34").code == 0
    assert empty.fw_ip("ban", "198.51.100.9", sudo_uid=WEB).code == 0


def test_a_terminal_cannot_stop_a_run(empty: Host) -> None:
    """The web user can make a terminal of its own, and ^Z would stop root's process while it has the lock."""
    with caller(empty) as process:
        send(process, "check 198.51.100.7\n")
        wait_until(lambda: ignores(process.pid, signal.SIGTSTP), "SIGTSTP is not ignored")
        for number in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGHUP):
            os.kill(process.pid, number)
        out, _err = process.communicate(timeout=60)

        assert (process.returncode, out.count(b"not-banned")) == (0, 1)


def ignores(pid: int, number: int) -> bool:
    """Whether the process ignores the signal."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    ignored = next(line for line in status if line.startswith("SigIgn"))
    return bool(int(ignored.split()[1], 16) >> number - 1 & 1)


def test_a_caller_who_went_away_is_no_traceback(empty: Host) -> None:
    """What was ordered is done, so that it is not exit code 2; nobody reads of it."""
    with caller(empty) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        process.stdout.close()
        send(process, "ban 198.51.100.7\n")
        process.stdin.close()

        assert process.wait(60) == 1
        assert process.stderr.read() == b""
    assert empty.banned() == ["198.51.100.7"]


def test_answers_that_are_not_read_end_with_the_time(program: ModuleType) -> None:
    """The one deadline is that of the whole run."""
    reading, writing = os.pipe()
    kept = os.dup(1)
    orders = [program.Order("check 198.51.100.7")] * 4000
    os.dup2(writing, 1)
    try:
        with pytest.raises(program.HelperError, match="not within 30 s"):
            program.write_answers(orders, program.Deadline(0.3))
    finally:
        os.dup2(kept, 1)
        for descriptor in (reading, writing, kept):
            os.close(descriptor)


def test_root_comes_before_all_callers_by_sudo(
    program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits longer does not matter; the one who has the lock keeps nobody from waiting."""
    monkeypatch.setattr(program, "LOCK", f"{tmp_path}/lock")
    own, turns, go = program.Lock(program.Deadline(60)), tmp_path / "turns", tmp_path / "go"

    def take_turn(rights: object, name: str) -> None:
        with program.Lock(program.Deadline(60)).alone(rights), turns.open("a", 1) as file:
            print(name, file=file)
            wait_until(go.exists, "no end")

    def is_taken(byte: int) -> bool:
        taken = own._take(byte, fcntl.LOCK_SH)
        if taken:
            own._release(byte)
        return not taken

    web, ends = program.Rights(is_root=False), []
    try:
        for rights, byte in ((web, own.RUN), (web, own.SUDO), (program.ROOT, own.ROOT)):
            ends.append(fork(functools.partial(take_turn, rights, "root" if rights.is_root else "sudo")))
            wait_until(functools.partial(is_taken, byte), f"nobody takes byte {byte}")
        go.touch()
        wait_until(lambda: turns.read_text().count("\n") == 3, "not all turns")
    finally:
        for pid in ends:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(own._file)

    assert turns.read_text().split() == ["sudo", "root", "sudo"]


def fork(call: Callable[[], None]) -> int:
    """Run it in a process of its own: locks are a process's."""
    pid = os.fork()
    if not pid:
        signal.alarm(60)
        try:
            call()
        finally:
            os._exit(1)
    return pid


def test_the_lock_is_root_s(program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else opens it; a link in its place is not followed."""
    path = f"{tmp_path}/lock"
    monkeypatch.setattr(program, "LOCK", path)
    with program.Lock(program.Deadline(5)).alone(program.ROOT):
        assert os.stat(path).st_mode & 0o777 == 0o600
    os.rename(path, f"{path}.real")
    os.symlink(f"{path}.real", path)
    with pytest.raises(OSError, match="symbolic links"):
        program.Lock(program.Deadline(5))


def test_a_short_burst_of_a_user_is_served(empty: Host) -> None:
    """Twenty threads of a site at once: they wait for each other."""
    with ThreadPoolExecutor(20) as pool:
        runs = list(pool.map(lambda number: empty.fw_ip("ban", f"10.1.0.{number}", sudo_uid=WEB), range(20)))

    # on a machine that is busy itself a few may
    assert sum(run.code == 0 for run in runs) >= 12, [run.stderr for run in runs]
    assert len(empty.banned()) == sum(run.code == 0 for run in runs)
