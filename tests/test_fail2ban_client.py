"""What fail2ban's programs print -> what we take from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import fail2ban_client

STATUS = "Status\n|- Number of jail:\t3\n`- Jail list:\tideolab-connmon, ideolab-manual, sshd\n"


def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A fail2ban-client that is this shell script, and the only program there."""
    program = tmp_path / "fail2ban-client"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_the_jails_of_a_status() -> None:
    """Several, and none."""
    assert fail2ban_client.parse_jails(STATUS) == {"ideolab-connmon", "ideolab-manual", "sshd"}
    assert fail2ban_client.parse_jails("Status\n|- Number of jail:\t0\n`- Jail list:\t\n") == set()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "19:15:43,5 fail2ban.configreader [1]: WARNING 'allowipv6' not defined in 'Definition'.\n"
            "19:15:43,5 fail2ban [1]: ERROR   Failed during configuration: Have not found any log file\n"
            "19:15:43,5 fail2ban [1]: ERROR   Async configuration of server failed\n",
            "Failed during configuration: Have not found any log file",
        ),
        (
            "x fail2ban.transmitter [1]: ERROR   Command ['server-stream', [['set', 'a', 1]]] has failed. "
            "Received RuntimeError('not today')\nx fail2ban [1]: ERROR   NOK: ('not today',)\n",
            "RuntimeError('not today')",
        ),
        ("Traceback (most recent call last):\nImportError: no module\n", "ImportError: no module"),
        ("", "it gave no reason"),
    ],
)
def test_the_reason_is_the_errors_own_words(text: str, said: str) -> None:
    """Without the warnings around it, and without the whole configuration."""
    assert fail2ban_client.reason(text) == said


def test_a_server_that_is_down_is_told_from_one_that_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one needs a start, the other a person."""
    fake(
        tmp_path,
        monkeypatch,
        'echo "ERROR  Failed to access socket path: /s. Is fail2ban running?" >&2; exit 255',
    )
    with pytest.raises(fail2ban_client.ServerDownError, match="Is fail2ban running"):
        fail2ban_client.jails()
    assert not fail2ban_client.is_up()

    fake(
        tmp_path,
        monkeypatch,
        'echo "ERROR  Permission denied to socket: /s, (you must be root)" >&2; exit 255',
    )
    with pytest.raises(fail2ban_client.ClientError, match="you must be root") as caught:
        fail2ban_client.jails()
    assert not isinstance(caught.value, fail2ban_client.ServerDownError)


def test_without_fail2ban_there_is_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the distribution's Python is taken for its."""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert not fail2ban_client.is_installed()
    assert fail2ban_client.python() == "/usr/bin/python3"
    with pytest.raises(fail2ban_client.ServerDownError, match="fail2ban is not installed"):
        fail2ban_client.ask("ping")


def test_the_python_of_fail2ban_is_its_own_first_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a distribution has no fail2ban-python; such as a venv's."""
    server = tmp_path / "fail2ban-server"
    server.write_text("#!/opt/f2b/bin/python3.12 -s\n")
    server.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert fail2ban_client.python() == "/opt/f2b/bin/python3.12"


def test_actions_and_stats_of_a_jail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stats are JSON, or nothing at all."""
    fake(tmp_path, monkeypatch, 'printf "The jail x has the following actions:\\nideolab-ban, mail\\n"')
    assert fail2ban_client.actions("x") == {"ideolab-ban", "mail"}
    assert fail2ban_client.stats("x", "ideolab-ban") is None
    assert fail2ban_client.read_protection("x", "ideolab-ban") is None

    fake(tmp_path, monkeypatch, 'echo \'{"set": "s"}\'')
    assert fail2ban_client.stats("x", "ideolab-ban") == {"set": "s"}
    assert fail2ban_client.read_protection("x", "ideolab-ban") == {"set": "s"}
