"""The verb `unban`: what it asks for, and its exit code (test_ban.py has it with a real fail2ban)."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from ideolab_f2b import cli
from ideolab_f2b.bans.result import BanResult
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
