"""iptables that fails or is not there."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import pytest

from ideolab_f2b.firewall.iptables import RuleError, RuleUnseenError
from ideolab_f2b.geo.rule.ipset import tables


def test_table_that_is_missing() -> None:
    """The error names the program, what it says, and the way out."""

    def fail(words: Sequence[str], _text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(words, 1, "", "iptables-save v1.8.9: Cannot initialize\nmore")

    with pytest.raises(RuleError, match=r"iptables-save -t raw: .*Cannot initialize; .*backend = nft"):
        tables.read_both(4, fail)


def test_program_that_hangs() -> None:
    """Nothing is known then: the list may be in force."""

    def hang(words: Sequence[str], _text: str) -> subprocess.CompletedProcess[str]:
        raise subprocess.TimeoutExpired(words, 15)

    with pytest.raises(RuleUnseenError, match="ip6tables-save: "):
        tables.read_both(6, hang)


def test_what_is_read() -> None:
    """A table without anything of ours has nothing; one that lost its jump is not linked."""

    def save(words: Sequence[str], _text: str) -> subprocess.CompletedProcess[str]:
        rules = ":ideolab-geo - [0:0]\n[0:0] -A PREROUTING -j LOG\n" if "raw" in words else ""
        return subprocess.CompletedProcess(words, 0, rules, "")

    assert tables.read_both(4, save) == {
        "raw": tables.TableState({}, False, 0),
        "mangle": tables.TableState({}, False, 0),
    }
