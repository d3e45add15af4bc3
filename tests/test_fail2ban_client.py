"""What fail2ban's programs print -> what we take from it."""

from __future__ import annotations

import contextlib
import pickle
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.fail2ban_client import ClientError, ServerDownError

END = b"<F2B_END_COMMAND>"
STATUS = "Status\n|- Number of jail:\t3\n`- Jail list:\tideolab-connmon, ideolab-manual, sshd\n"


def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A fail2ban-client that is this shell script, and the only program there."""
    program = tmp_path / "fail2ban-client"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The socket of this test's server, so that no test asks a server of this machine."""
    monkeypatch.setattr(fail2ban_client, "SOCKET", str(tmp_path / "socket"))
    return tmp_path / "socket"


class Server:
    """Answers one question after another with these bytes."""

    def __init__(self, path: Path) -> None:
        self.answer, self.asked = b"", list[object]()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with connection:
                question = b""
                while not question.endswith(END):
                    question += connection.recv(1 << 16)
                self.asked.append(pickle.loads(question[: -len(END)]))  # noqa: S301 - this test's own
                connection.sendall(self.answer)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def say(self, value: object, code: int = 0) -> None:
        self.answer = pickle.dumps((code, value)) + END


@pytest.fixture
def server(path: Path) -> Iterator[Server]:
    server = Server(path)
    yield server
    server.close()


class Address:
    """As fail2ban's IPAddr is pickled."""

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, ("198.51.100.7",)


class Command:
    """What an answer would run if it could name a function."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self._path,)


def test_a_socket_is_asked_without_a_program(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each question of the check has its answer there; a start of fail2ban-client costs 0.06 s of CPU."""
    monkeypatch.setenv("PATH", str(tmp_path))

    server.say([("Number of jail", 2), ("Jail list", "a, b")])
    assert fail2ban_client.jails() == {"a", "b"}
    server.say(["ideolab-ban", "mail"])
    assert fail2ban_client.actions("a") == {"ideolab-ban", "mail"}
    server.say(["/var/log/a.log"])
    assert fail2ban_client.logs("a") == ["/var/log/a.log"]
    server.say([Address(), "2001:db8::/64"])
    assert fail2ban_client.bans("a") == fail2ban_client.ignoreip("a") == ["198.51.100.7", "2001:db8::/64"]
    server.say('{"set": "s"}')
    assert fail2ban_client.stats("a", "ideolab-ban") == {"set": "s"}
    server.say([("Filter", [("Total failed", 3), ("Journal matches", [])]), ("Actions", [])])
    assert fail2ban_client.filter_state("a") == {"Total failed": "3", "Journal matches": ""}
    server.say("pong")
    assert fail2ban_client.is_up()
    assert server.asked[:2] == [["status"], ["get", "a", "actions"]]


def test_nothing_that_an_answer_names_is_called(server: Server, tmp_path: Path) -> None:
    """A pickle may name any function; here it names nothing but text."""
    server.say([Command(tmp_path / "ran")])

    with pytest.raises(ClientError):
        fail2ban_client.jails()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("answer", [b"", b"no pickle" + END, pickle.dumps((0, 5)) + END, b"half"])
def test_a_broken_answer_is_an_error(server: Server, answer: bytes) -> None:
    """Of the class that every caller expects."""
    server.answer = answer

    with pytest.raises(ClientError):
        fail2ban_client.jails()
    assert fail2ban_client.stats("a", "ideolab-ban") is None


def test_a_refusal_says_why(server: Server) -> None:
    """In the server's words."""
    server.say(KeyError("Invalid Action name: x"), code=1)

    with pytest.raises(ClientError, match="Invalid Action name: x"):
        fail2ban_client.ask_action("a", "x", "stats")


def test_an_answer_that_does_not_come(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that hangs is down for whoever asks."""
    monkeypatch.setattr(fail2ban_client, "ANSWER_TIMEOUT_S", 0.2)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        with pytest.raises(ServerDownError):
            fail2ban_client.jails()


def test_the_filter_in_the_words_of_the_program() -> None:
    """Where the socket is elsewhere."""
    text = (
        "Status for the jail: a\n|- Filter\n|  |- Currently failed:\t0\n|  |- Total failed:\t3\n"
        "|  `- File list:\t/var/log/a.log\n`- Actions\n   |- Currently banned:\t0\n"
    )
    assert fail2ban_client._parse_status(text) == {
        "Currently failed": "0",
        "Total failed": "3",
        "File list": "/var/log/a.log",
    }


def test_the_jails_of_a_status() -> None:
    """Several, and none."""
    assert fail2ban_client.parse_jails(STATUS) == {"ideolab-connmon", "ideolab-manual", "sshd"}
    assert fail2ban_client.parse_jails("`- Jail list:\tmy own jail, sshd") == {"my own jail", "sshd"}
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
