"""cli: what a person types, what they see, and the exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b import __version__, cli
from ideolab_f2b.fail2ban_client import ClientError, ServerDownError

REPOSITORY = Path(__file__).resolve().parents[1]


def test_a_wrong_config_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback for a typing error in f2b.conf."""
    path = tmp_path / "f2b.conf"
    path.write_text("[connmon]\nth_con_ip = 5\n")
    assert cli.main(["connmon", "--once", "--config", str(path)]) == 1

    assert capsys.readouterr().err.startswith(
        f"ideolab-f2b connmon: {path}: [connmon] has no key 'th_con_ip'; it knows capacity, "
    )


@pytest.mark.parametrize("words", [["conmon"], ["connmon", "--every", "0s"], ["connmon", "--tables"]])
def test_usage_errors_exit_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """argparse says what is wrong."""
    with pytest.raises(SystemExit) as caught:
        cli.main(words)

    assert caught.value.code == 2
    assert "usage: ideolab-f2b" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """For bug reports."""
    with pytest.raises(SystemExit):
        cli.main(["--version"])

    assert capsys.readouterr().out == f"ideolab-f2b {__version__}\n"


def test_root_without_the_sbin_directories_finds_its_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """`su` without a dash leaves such a PATH: nginx and iptables would be "not installed"."""
    monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")

    with pytest.raises(SystemExit):
        cli.main(["bans", "--help"])

    assert os.environ["PATH"].endswith(":/usr/local/sbin:/usr/sbin:/sbin")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["conmon"], "there is no verb 'conmon'; did you mean connmon?"),
        (["bna", "198.51.100.7"], "there is no verb 'bna'; did you mean ban?"),
        (["help", "lst"], "there is no verb 'lst'; did you mean list?"),
        (["frobnicate"], "there is no verb 'frobnicate'; ideolab-f2b help lists what there is"),
        (["bans", "--jsn"], "there is no option '--jsn'; did you mean --json?"),
        (
            ["ban", "198.51.100.7", "--fro", "1h"],
            "there is no option '--fro'; did you mean --for or --force?",
        ),
        (["bans", "198.51.100.7"], "it takes no word '198.51.100.7'"),
        (["ban", "198.51.100.7", "--for", "1", "day"], "day is no address: a time is one word, as 1h30m"),
    ],
)
def test_the_wrong_word_is_named(words: list[str], error: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With what was meant, where that can be seen."""
    with pytest.raises(SystemExit) as caught:
        cli.main(words)

    assert caught.value.code == 2
    assert f"error: {error}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["help"], "usage: ideolab-f2b [-h] [-V] VERB ..."),
        (["-h"], "usage: ideolab-f2b [-h] [-V] VERB ..."),
        (["help", "unban"], "usage: ideolab-f2b unban [-h]"),
        (["help", "list"], "usage: ideolab-f2b bans [-h]"),
        (["list", "--help"], "usage: ideolab-f2b bans [-h]"),
        (["-V"], f"ideolab-f2b {__version__}"),
        (["bans", "--version"], f"ideolab-f2b {__version__}"),
        (["check", "-V"], f"ideolab-f2b {__version__}"),
    ],
)
def test_help_and_version_everywhere(
    words: list[str], first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are asked for in each of the usual ways, and exit with 0."""
    with pytest.raises(SystemExit) as caught:
        cli.main(words)

    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith(first)


@pytest.mark.parametrize("verb", cli.VERBS)
def test_the_help_fits_a_terminal(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """80 columns, and each option has its words."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        cli.main([verb, "--help"])

    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 79] == []


def test_errors_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json an error is an object too, also one about the usage; stderr has it too."""
    with pytest.raises(SystemExit):
        cli.main(["ban", "x", "--json"])
    assert cli.main(["bans", "--json", "--config", str(tmp_path / "none")]) == 1

    out, err = capsys.readouterr()
    told = [json.loads(line) for line in out.splitlines()]
    assert [list(each) for each in told] == [["version", "t", "error"]] * 2
    assert told[1]["error"] == f"{tmp_path / 'none'}: there is no such file (--config)"
    assert len(err.splitlines()) >= 2


def run(*words: str, stdout: Any = subprocess.PIPE, before: tuple[str, ...] = ()) -> Any:
    return subprocess.run(
        [*before, sys.executable, "-m", "ideolab_f2b", *words],
        stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=120,
        cwd=REPOSITORY,
    )  # fmt: skip


@pytest.mark.parametrize("words", [["--help"], ["help", "ban"], ["origin", "127.0.0.1", "127.0.0.2"]])
def test_a_closed_pipe_is_no_error(words: list[str]) -> None:
    """`| head` has read enough."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run(*words, stdout=writing)
    finally:
        os.close(writing)

    assert done.returncode == 0
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


def test_a_full_disk_is_one_line() -> None:
    """The caller's file has nothing, and the exit code tells."""
    with open("/dev/full", "w") as full:
        done = run("help", stdout=full)

    assert done.returncode == 1
    assert done.stderr.splitlines() == ["ideolab-f2b: [Errno 28] No space left on device"]


def test_ctrl_c_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The shell's exit code for it, and nothing more."""

    def interrupt(_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("ideolab_f2b.commands.check.run", interrupt)

    assert cli.main(["check"]) == 130
    assert capsys.readouterr() == ("", "")


def test_who_is_not_root_gets_the_line_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, and the words that were typed behind sudo."""

    def ask(*_words: str, **_options: object) -> str:
        raise ClientError("Permission denied to socket: /var/run/fail2ban/fail2ban.sock, (you must be root)")

    monkeypatch.setattr("ideolab_f2b.fail2ban_client.ask", ask)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert cli.main(["ban", "198.51.100.7", "--reason", "a b"]) == 1
    assert capsys.readouterr().err == (
        "ideolab-f2b ban: Permission denied to socket: /var/run/fail2ban/fail2ban.sock, (you must be root); "
        "this needs root: sudo ideolab-f2b ban 198.51.100.7 --reason 'a b'\n"
    )


def test_a_server_that_is_down_has_its_way_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever verb asks it."""

    def ask(*_words: str, **_options: object) -> str:
        raise ServerDownError("fail2ban did not answer in 30 s")

    monkeypatch.setattr("ideolab_f2b.fail2ban_client.ask", ask)
    monkeypatch.setattr("ideolab_f2b.places.runs_systemd", lambda: True)

    assert cli.main(["unban", "--all"]) == 1
    assert capsys.readouterr().err == (
        "ideolab-f2b unban: fail2ban did not answer in 30 s; systemctl restart fail2ban\n"
    )


def test_the_name_alone_shows_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, as a usage error."""
    assert cli.main([]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert "watch the sockets of port 443" in err
