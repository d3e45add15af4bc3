"""Programs that must succeed: what they print is the error."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from ideolab_f2b.install import run as running
from ideolab_f2b.install.errors import CommandError
from ideolab_f2b.install.run import run, succeeds


def test_a_program_that_fails_says_why() -> None:
    """Its command line, and both of its outputs."""
    with pytest.raises(CommandError) as caught:
        run("sh", "-c", "echo out; echo err >&2; exit 3")

    assert str(caught.value) == "sh -c echo out; echo err >&2; exit 3: out\nerr"


def test_a_program_that_fails_silently() -> None:
    """The exit code is all there is to say."""
    with pytest.raises(CommandError, match=r"^sh -c exit 3: exit 3$"):
        run("sh", "-c", "exit 3")


def test_a_program_that_is_missing() -> None:
    """As for one that fails."""
    with pytest.raises(CommandError, match="No such file or directory: '/no/program'"):
        run("/no/program")


def test_a_program_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended after a limit."""
    monkeypatch.setattr(running, "PATIENCE_S", 0.2)

    with pytest.raises(CommandError, match=r"sleep 60: .* timed out after"):
        run("sleep", "60")


def test_a_daemon_that_keeps_its_output_open_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe would stay open as long as the daemon lives."""
    begun, pid = time.monotonic(), tmp_path / "pid"
    run("sh", "-c", f"sleep 60 & echo $! >{pid}")
    os.kill(int(pid.read_text()), signal.SIGKILL)

    assert time.monotonic() - begun < 50


def test_whether_a_program_succeeds() -> None:
    """An error becomes False."""
    assert (succeeds("true"), succeeds("false"), succeeds("/no/program")) == (True, False, False)
