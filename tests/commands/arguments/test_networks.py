"""What a person types after `ban` and `unban`, and what comes back for each word."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable

import pytest

from ideolab_f2b import cli
from ideolab_f2b.bans.result import BanResult, text_of
from ideolab_f2b.commands.arguments import networks
from ideolab_f2b.kernel.ipset.element import Network


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


def ban_all(asked: list[Network]) -> Iterable[BanResult]:
    return [BanResult(text_of(one), "banned", 1795359121) for one in asked]


def arguments(*words: str, json: bool = False) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    networks.add_arguments(parser)
    return parser.parse_args([*words, *(["--json"] if json else [])])


def ban_as(names: list[str]) -> list[BanResult]:
    return [BanResult(name, "unbanned", None, "ideolab-asn") for name in names]


def test_an_as_among_others(capsys: pytest.CaptureFixture[str]) -> None:
    """Each result stands in the place of its word."""
    given = arguments("as 64501", "198.51.100.7", "AS64500", "AS0", "AS64501")
    networks.run_each(given, ban_all, ban_as)

    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [
        ["unbanned", "AS64501"],
        ["banned", "198.51.100.7"],
        ["unbanned", "AS64500"],
        ["refused", "AS0"],
    ]


def test_a_wrong_word_among_others(capsys: pytest.CaptureFixture[str]) -> None:
    """It is named in its place, the others are done, and the exit code tells."""
    results = networks.run_each(arguments("198.51.100.7", "198.51.100.256", "2001:DB8::/64"), ban_all, ban_as)

    assert networks.exit_code(results) == 1
    assert capsys.readouterr().out == (
        "banned     198.51.100.7                             until 2026-11-22 14:52:01 UTC\n"
        "refused    198.51.100.256                           no address and no network\n"
        "banned     2001:db8::/64                            until 2026-11-22 14:52:01 UTC\n"
    )


def test_nothing_but_wrong_words_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is named, and nothing is asked."""
    with pytest.raises(SystemExit) as caught:
        networks.run_each(
            arguments("198.51.100.256", "example.org"), lambda _asked: pytest.fail("asked"), ban_as
        )

    assert caught.value.code == 2
    assert "198.51.100.256: no address and no network; example.org: " in capsys.readouterr().err


def test_answers_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One object for each word, also for the wrong one."""
    networks.run_each(arguments("198.51.100.7", "x", json=True), ban_all, ban_as)

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(each) for each in told] == [["version", "t", "address", "result", "until", "detail"]] * 2
    assert [(each["version"], each["result"]) for each in told] == [(1, "banned"), (1, "refused")]


@pytest.mark.parametrize(("result", "code"), [("banned", 0), ("already", 0), ("refused", 1), ("error", 1)])
def test_exit_codes(result: str, code: int) -> None:
    """1 as soon as one was refused or failed."""
    assert networks.exit_code([BanResult("198.51.100.7", "banned"), BanResult("x", result)]) == code
