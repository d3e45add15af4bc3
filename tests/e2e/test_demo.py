"""scripts/demo as a person runs it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from demo import requirements
from demo.lab.child import REPOSITORY

pytestmark = [pytest.mark.root, pytest.mark.alone]

PARTS = ("action.d", "demo", "filter.d", "jail.d", "ideolab_f2b", "scripts")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what git holds, without virtual environment or caches."""
    for part in PARTS:
        shutil.copytree(REPOSITORY / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def _start(checkout: Path) -> subprocess.Popen[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL"))}
    return subprocess.Popen(
        [str(checkout / "scripts/demo")],
        cwd="/", env=kept, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def _host() -> list[str]:
    """Sets and rules of this host."""
    asked = (["ipset", "list"], ["iptables-save"], ["ip6tables-save"], ["ip", "address"], ["ip", "route"])
    return [re.sub(r"#.*|\[\d+:\d+\]|\d+sec", "", _output(words)) for words in asked]


def _output(words: list[str]) -> str:
    return subprocess.run(words, capture_output=True, text=True, timeout=120).stdout


def _left(pid: int) -> list[str]:
    """Namespaces, directories and processes that a demo left behind."""
    ours = f"f2bdemo-{pid}-"
    names = [name for name in _output(["ip", "netns", "list"]).split() if name.startswith(ours)]
    files = [str(path) for path in Path(tempfile.gettempdir()).glob(f"{ours}*")]
    return names + files + _output(["pgrep", "-f", ours]).split()


def test_demo_keeps_its_promise_and_leaves_nothing(checkout: Path) -> None:
    """From a bare copy, with the distribution's Python: all ok in under a minute, and the host as it was."""
    before, begun = _host(), time.monotonic()
    demo = _start(checkout)
    output, complaints = demo.communicate(timeout=180)
    took_s = time.monotonic() - begun

    assert (demo.returncode, complaints) == (0, ""), output
    assert took_s < 60
    assert "FAILED" not in output
    assert len(re.findall(r" ok$", output, re.MULTILINE)) == 7
    assert "\033" not in output
    assert _host() == before
    assert _left(demo.pid) == []
    assert not list(checkout.rglob("__pycache__"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_demo_leaves_nothing(checkout: Path, number: signal.Signals) -> None:
    """Ctrl-C in the middle of the attack ends what runs and deletes what was made."""
    demo = _start(checkout)
    assert demo.stdout is not None
    while " attack " not in demo.stdout.readline():
        assert demo.poll() is None
    demo.send_signal(number)
    _output_text, complaints = demo.communicate(timeout=180)

    assert (demo.returncode, complaints) == (130, "demo: stopped; everything is taken away again\n")
    assert _left(demo.pid) == []


def test_missing_programs_are_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without nginx and iptables the demo says which packages bring them."""
    monkeypatch.setattr(requirements, "SYSTEM_PATH", "/nowhere")
    monkeypatch.setattr(requirements, "PROGRAMS", {"nginx": "nginx-light", "iptables": "iptables"})
    monkeypatch.setattr(requirements, "MODULES", {})

    assert requirements.problem() == (
        "missing: nginx, iptables; install with:\n"
        "  apt-get install --no-install-recommends iptables nginx-light"
    )


def test_root_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user is told to use sudo."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert (
        requirements.problem()
        == "root is needed, for network namespaces and their firewall: sudo scripts/demo"
    )
