"""What a person types after `ban` and `unban`."""

from __future__ import annotations

import argparse

import pytest

from ideolab_f2b import cli
from ideolab_f2b.bans.result import BanResult
from ideolab_f2b.commands import networks
from ideolab_f2b.commands.networks import print_results


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90m", 5400), ("24h", 86400), ("7d", 604800), ("2w", 1209600), ("permanent", "permanent")],
)
def test_times(text: str, seconds: object) -> None:
    """A number and a unit, or for good."""
    assert networks.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0h", "-1", "1.5h", "soon", "24H", "1d2h", "٣"])
def test_what_is_no_time(text: str) -> None:
    """It is never taken for another one."""
    with pytest.raises(argparse.ArgumentTypeError, match="is not a time; write 90m, 24h, 7d or permanent"):
        networks.duration(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("AS64500", "an AS number cannot be banned yet"),
        ("198.51.100.7/24", "has host bits set"),
        ("fe80::1%eth0", "write the address without its interface"),
        ("example.org", "does not appear to be an IPv4 or IPv6 network"),
    ],
)
def test_what_is_no_address(text: str, why: str) -> None:
    """A name is not resolved, a network is meant as it is written."""
    with pytest.raises(argparse.ArgumentTypeError, match=why):
        networks.network(text)


@pytest.mark.parametrize(
    "words",
    [["ban"], ["unban"], ["ban", "x"], ["ban", "198.51.100.7", "--for"], ["unban", "x"]],
)
def test_usage_errors_exit_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is asked of fail2ban."""
    with pytest.raises(SystemExit) as caught:
        cli.main(words)

    assert caught.value.code == 2
    assert f"usage: ideolab-f2b {words[0]}" in capsys.readouterr().err


def test_answers_as_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """One table for all results; exit 1 as soon as one is refused."""
    answers = [
        BanResult("198.51.100.7", "banned", 1795359121),
        BanResult("2001:db8::/64", "already"),
        BanResult("192.0.2.1", "refused", None, "192.0.2.1 is an own address of this host"),
    ]

    assert (print_results(answers[:2], is_json=False), print_results(answers[2:], is_json=False)) == (0, 1)
    assert capsys.readouterr().out == (
        "banned     198.51.100.7                             until 2026-11-22 14:52:01 UTC\n"
        "already    2001:db8::/64                            permanent\n"
        "refused    192.0.2.1                                192.0.2.1 is an own address of this host\n"
    )


def test_answers_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One object for each address."""
    print_results([BanResult("198.51.100.7", "unbanned", None, "sshd")], is_json=True)

    assert capsys.readouterr().out == (
        '{"address": "198.51.100.7", "result": "unbanned", "until": null, "detail": "sshd"}\n'
    )
