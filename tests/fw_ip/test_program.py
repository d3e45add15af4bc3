"""The program itself: usage, bounds, and what it takes from its caller."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.fw_ip.conftest import PROGRAM

SUDOERS = PROGRAM.parents[1] / "deploy" / "sudoers.d" / "ideolab-fw-ip"


def run(*words: str, stdin: bytes = b"", **keywords: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(PROGRAM), *words], input=stdin, capture_output=True, timeout=120, **keywords)  # type: ignore[call-overload, no-any-return]


def test_it_imports_the_standard_library_only() -> None:
    """And none of what starts programs but what makes a preview, by fixed words and without a shell."""
    names = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name) or ""
        for node in ast.walk(ast.parse(PROGRAM.read_text()))
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }

    if sys.version_info >= (3, 10):
        assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
    assert not names & {"pty", "ctypes", "importlib"}
    assert PROGRAM.read_text().startswith("#!/usr/bin/python3 -I\n")


@pytest.mark.root
@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["flush"], "'flush' is no verb: ban, unban, check or preview is needed"),
        (["\x1b[31m"], "'\\x1b[31m' is no verb: ban, unban, check or preview is needed"),
        (["ban", "--all"], "there is no option '--all'"),
        (["check", "-v"], "there is no option '-v'"),
        (["--socket", "relative"], "an absolute path is needed behind --socket"),
        (["--socket"], "an absolute path is needed behind --socket"),
        (["ban", "--socket", "/s", "198.51.100.7"], "--socket stands before the verb"),
        (["unban", "--for", "1h", "198.51.100.7"], "--for belongs to ban"),
        (["ban", "198.51.100.7", "--for"], "--for '': no time"),
        (["ban", "--for=1x", "198.51.100.7"], "--for '1x': no time"),
        (["ban", "198.51.100.7", "--for", "1", "day"], "day is no address: a time is one word, as 1h30m"),
        (["ban", "-", "198.51.100.7"], "- stands alone: all addresses come on standard input then"),
    ],
)
def test_usage(words: list[str], error: str) -> None:
    """Exit 2, how it is used, last the word that is wrong, and nothing on stdout."""
    done = run(*words)

    assert (done.returncode, done.stdout) == (2, b"")
    assert b"ideolab-fw-ip unban ADDRESS|NETWORK|AS..." in done.stderr
    assert done.stderr.decode().splitlines()[-1].startswith(f"ideolab-fw-ip: {error}")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["ban", "--help"], ["help"]])
def test_help(words: list[str]) -> None:
    """Exit 0, the manual on stdout; it needs no right."""
    done = run(*words)

    assert (done.returncode, done.stderr) == (0, b"")
    assert b"ideolab-fw-ip unban ADDRESS|NETWORK|AS..." in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 79


def test_help_into_a_closed_pipe() -> None:
    """It ends quietly."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [str(PROGRAM), "--help"], stdout=writing, stderr=subprocess.PIPE, timeout=120, check=False
        )
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["ban", "198.51.100.7"], ["ban 198.51.100.7"]),
        (["ban", "--for", "1h30m", "198.51.100.7", "x"], ["ban 198.51.100.7 5400", "ban x 5400"]),
        (["ban", "198.51.100.7", "--for", "1 day"], ["ban 198.51.100.7 86400"]),
        (["ban", "198.51.100.7", "--for=Permanent"], ["ban 198.51.100.7 permanent"]),
        (["check", "198.51.100.7", "2001:db8::/64"], ["check 198.51.100.7", "check 2001:db8::/64"]),
        (["ban", "-", "--for", "2w"], ["ban 203.0.113.9 1209600"]),
        (["ban"], ["ban 203.0.113.9"]),
    ],
)
def test_words_become_lines(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch, words: list[str], lines: list[str]
) -> None:
    """The time stands before or behind the addresses; without addresses, or with -, they come on stdin."""
    monkeypatch.setattr(program, "lines_of_input", lambda _deadline, _most: ["203.0.113.9"])

    assert program.Words(words).lines(program.Deadline(30), 10) == lines


@pytest.mark.root
@pytest.mark.parametrize(
    ("stdin", "why"),
    [(b"", b"no line was read"), (b"\n" * 10001, b"too much"), (b"a" * (1 << 20) + b"a", b"too much")],
)
def test_the_input_is_bounded(stdin: bytes, why: bytes) -> None:
    """Nothing is done when it is too much, or nothing."""
    done = run(stdin=stdin)

    assert (done.returncode, done.stdout) == (2, b"")
    assert why in done.stderr


@pytest.mark.root
def test_only_root_runs_it(tmp_path: Path) -> None:
    """The kernel and fail2ban are root's."""
    copy = tmp_path / "ideolab-fw-ip"
    copy.write_bytes(PROGRAM.read_bytes())
    copy.chmod(0o755)
    for directory in (tmp_path, *tmp_path.parents):
        # with workers there is one more of pytest's directories
        if directory == tmp_path or directory.name.startswith(("pytest-", "popen-")):
            directory.chmod(0o755)
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(copy), "check", "198.51.100.7"],
        capture_output=True,
        timeout=120,
    )

    assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"ideolab-fw-ip: run it as root\n")


@pytest.mark.root
def test_the_caller_s_modules_are_not_imported(tmp_path: Path) -> None:
    """Neither from PYTHONPATH nor from the current directory."""
    (tmp_path / "json.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (tmp_path / "sitecustomize.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")

    run("ban", "x", cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)})

    assert not (tmp_path / "ran").exists()


@pytest.mark.root
def test_sudo_reads_the_rule() -> None:
    """visudo says so."""
    done = subprocess.run(
        ["visudo", "-c", "-q", "-f", str(SUDOERS)], capture_output=True, text=True, timeout=120
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_rule_allows_no_argument() -> None:
    """One user, one program, and `""` behind it."""
    lines = [line for line in SUDOERS.read_text().splitlines() if line and not line.startswith("#")]

    assert lines[0] == 'Cmnd_Alias IDEOLAB_FW_IP = /usr/local/sbin/ideolab-fw-ip ""'
    assert lines[-1] == "www-data ALL = (root) NOPASSWD: NOSETENV: IDEOLAB_FW_IP"
    assert [line.split()[0] for line in lines] == ["Cmnd_Alias", "Defaults!IDEOLAB_FW_IP", "www-data"]
