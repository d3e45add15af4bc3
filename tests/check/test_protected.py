"""Who is protected, as `check` says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.check import protected
from ideolab_f2b.check.protected import Answer
from ideolab_f2b.check.verdict import Verdict
from ideolab_f2b.config import Settings

OWN, SSH = ("192.0.2.1", "an own address of this host"), ("198.51.100.7", "logged in over SSH")
ALLOWED = ("203.0.113.9", "listed in ignoreip")


def say(**answers: Answer) -> list[str]:
    return [str(verdict) for verdict in protected.judge(answers)]


def test_each_reason_has_a_line() -> None:
    """Where jails differ, the line says which."""
    told = say(a=Answer((SSH, OWN, ALLOWED), 0, ""), b=Answer((SSH, OWN, ("192.0.2.2", OWN[1])), 0, ""))

    assert told == [
        "ok       protected: logged in over SSH: 198.51.100.7",
        "ok       protected: an own address of this host: 192.0.2.1, 192.0.2.2 (only b)",
        "ok       protected: listed in ignoreip: 203.0.113.9 (only a)",
    ]


def test_nobody_is_logged_in() -> None:
    """That is said: an administrator at the console wants to know it."""
    told = say(a=Answer((OWN,), 0, ""))

    assert told[1:] == ["ok       protected: nobody is logged in over SSH at this moment"]


def test_what_is_not_known() -> None:
    """Then the list of root's is the way out."""
    assert say(a=Answer((), 0, ""), b=Answer((), 0, "/proc hides the processes of others (hidepid)")) == [
        "unknown  protected: who is logged in over SSH is not known (only b): /proc hides the processes of"
        " others (hidepid)\n         -> write addresses that must stay reachable into /etc/ideolab/never-ban"
    ]


def test_a_long_list_is_cut() -> None:
    """A line stays readable, and says what it leaves out; so does the server's answer."""
    rows = tuple((f"198.51.100.{number}", "listed in ignoreip") for number in range(25))

    told = say(a=Answer((*rows, SSH), 1234, ""))

    assert told[0].endswith("198.51.100.18, 198.51.100.19 and 5 more")
    assert told[2] == "ok       protected: 1234 more are not listed here; none of them is banned either"


@pytest.mark.parametrize(
    "answer", [None, {}, {"listed": [[1]], "left_out": 0, "ssh_trouble": ""}, {"degraded": "x"}]
)
def test_answers_that_are_none(answer: Any) -> None:
    """An older action knows no such question."""
    assert protected.read(answer) is None


def ask(monkeypatch: pytest.MonkeyPatch, jails: set[str], answer: Any) -> list[Verdict]:
    monkeypatch.setattr(fail2ban_client, "jails", lambda: jails)
    monkeypatch.setattr(fail2ban_client, "actions", lambda _jail, _options=(): {"iptables"})
    monkeypatch.setattr(fail2ban_client, "read_protection", lambda _jail, _action: answer)
    return list(protected.protection(Settings()))


def test_the_server_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only about our jails."""
    answer = {"listed": [list(SSH)], "left_out": 0, "ssh_trouble": ""}

    found = ask(monkeypatch, {"sshd", "ideolab-connmon"}, answer)

    assert [verdict._asdict() for verdict in found] == [
        {"check": "protected", "state": "ok", "text": "logged in over SSH: 198.51.100.7", "mend": ""}
    ]
    assert ask(monkeypatch, {"sshd"}, answer) == []


def test_an_older_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs on with the code that it has loaded."""
    (found,) = ask(monkeypatch, {"ideolab-connmon"}, None)

    assert (found.state, found.text) == ("unknown", "ideolab-connmon does not say whom it spares")


def test_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known without one."""
    monkeypatch.setenv("PATH", str(tmp_path))

    (found,) = protected.protection(Settings())

    assert (found.state, found.text) == ("unknown", "this needs fail2ban, which is down")


def test_a_client_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not root may not ask."""

    def refuse() -> set[str]:
        raise fail2ban_client.ClientError("Permission denied to socket")

    monkeypatch.setattr(fail2ban_client, "jails", refuse)

    (found,) = protected.protection(Settings())

    assert (found.state, found.text) == ("unknown", "this needs fail2ban: Permission denied to socket")


def test_what_the_lists_do_not_say() -> None:
    """A word that is nothing is wrong, once for all jails; a name without an answer is unknown."""
    bad, name = 'never-ban: "huh" (line 2)', "office.example.net protects nobody yet"

    told = say(a=Answer((OWN, SSH), 0, "", (bad,), (name,)), b=Answer((OWN, SSH), 0, "", (bad,)))

    assert told[2:] == [
        f"wrong    protected: {bad}\n         -> correct it there; the file counts within seconds, settings"
        " of a jail after fail2ban-client reload",
        f"unknown  protected: {name} (only a)\n         -> write its addresses beside the name, or mend DNS"
        " on this host",
    ]


def test_lists_in_the_answer() -> None:
    """An action of an older version says nothing of them."""
    answer = {"listed": [], "left_out": 0, "ssh_trouble": ""}

    newer = {**answer, "troubles": ["a"], "unknown": ["b"]}

    assert protected.read(newer) == Answer((), 0, "", ("a",), ("b",))
    assert protected.read(answer) == Answer((), 0, "")
