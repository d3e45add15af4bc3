"""The verb `unban`: what it asks for, and its exit code (test_ban.py has it with a real fail2ban)."""

from __future__ import annotations

import io
import sys
from ipaddress import ip_network

import pytest

from ideolab_f2b import cli
from ideolab_f2b.bans import unban_all
from ideolab_f2b.bans.result import BanResult
from ideolab_f2b.bans.unban_all import LiftedBans
from ideolab_f2b.commands import unban


@pytest.mark.parametrize(("result", "code"), [("unbanned", 0), ("not-banned", 0), ("error", 1)])
def test_each_address_is_lifted_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], result: str, code: int
) -> None:
    """However often it is named; exit 1 when it is still banned."""
    asked: list[object] = []

    def lift(*words: object) -> list[BanResult]:
        asked.append(words)
        return [BanResult("198.51.100.7", result)]

    monkeypatch.setattr(unban, "unban", lift)

    assert cli.main(["unban", "198.51.100.7", "198.51.100.7/32", "--socket", "/s"]) == code
    assert asked == [([ip_network("198.51.100.7")], ("-s", "/s"))]
    assert capsys.readouterr().out == f"{result:<10} 198.51.100.7\n"


class Terminal(io.StringIO):
    """What a person types at the question."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stdin", "words", "is_lifted"),
    [
        (Terminal("y\n"), [], True),
        (Terminal("Yes\n"), [], True),
        (Terminal("\n"), [], False),
        (Terminal(""), [], False),
        (Terminal(""), ["--yes"], True),
        (io.StringIO(""), [], True),
    ],
)
def test_all_asks_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stdin: io.StringIO,
    words: list[str],
    is_lifted: bool,
) -> None:
    """A script has meant what it says; a person is shown how much it is."""
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(unban_all, "find", lambda _options: {"ideolab-manual": ["198.51.100.7"]})
    monkeypatch.setattr(
        unban_all, "unban_all", lambda bans, _options: [LiftedBans(jail, None, 1) for jail in bans]
    )

    assert cli.main(["unban", "--all", *words]) == (0 if is_lifted else 1)

    out, err = capsys.readouterr()
    assert out == ("unbanned   1 in ideolab-manual\n" if is_lifted else "")
    assert ("Lift all 1 bans of ideolab-manual? [y/N] " in err) == (isinstance(stdin, Terminal) and not words)


@pytest.mark.parametrize("words", [[], ["--all", "198.51.100.7"], ["198.51.100.7", "--all"], ["--yes"]])
def test_addresses_or_all(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Neither nothing nor both."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["unban", *words])

    assert caught.value.code == 2
    assert "--all" in capsys.readouterr().err.splitlines()[-1]
