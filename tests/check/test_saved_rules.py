"""Saved firewall rules that hold ours: the verdict says whether they load at a boot."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.check.boot import judge_files
from ideolab_f2b.firewall.saved_rules import SavedRule, SavedRules

PATH = Path("/etc/iptables/rules.v4")
MEND = "sed -i -E '/--match-set ideolab_ban /d' /etc/iptables/rules.v4"


@pytest.mark.parametrize(
    ("found", "makes_list", "said"),
    [
        (SavedRules([], 0, []), False, ["ok       saved rules: no firewall is saved here"]),
        (SavedRules([], 3, []), False, ["ok       saved rules: none of 3 files holds our rule"]),
        (
            SavedRules([], 1, [PATH]), True,
            ["unknown  saved rules: /etc/iptables/rules.v4 cannot be read\n"
             "         -> sudo ideolab-f2b check"],
        ),
        (
            SavedRules([SavedRule(PATH, False)], 1, []), True,
            ["ok       saved rules: /etc/iptables/rules.v4 holds our rule, and ideolab-ban-list.service "
             "makes its list before that is loaded"],
        ),
        (
            SavedRules([SavedRule(PATH, False, True)], 1, []), True,
            ["wrong    saved rules: /etc/iptables/rules.v4 holds our rules: the sets of its jails with "
             "scope=port are not there at a boot, and then nothing is loaded\n"
             f"         -> {SavedRule(PATH, False, True).mend}"],
        ),
        (
            SavedRules([SavedRule(PATH, False)], 1, []), False,
            ["wrong    saved rules: /etc/iptables/rules.v4 holds our rule: its list ideolab_ban is not there "
             f"at a boot, and then nothing of that file is loaded\n         -> {MEND}"],
        ),
        (
            SavedRules([SavedRule(Path("/etc/nftables.conf"), True)], 1, []), True,
            ["wrong    saved rules: /etc/nftables.conf holds our rule as nft shows it: nft loads nothing of "
             "that file at a boot\n"
             """         -> sed -i -E '/^\\s*xt match "?set"? .*drop$/d' /etc/nftables.conf"""],
        ),
    ],
)  # fmt: skip
def test_verdicts(found: SavedRules, makes_list: bool, said: list[str]) -> None:
    """What iptables saves loads once the list is there; what nft saves never does."""
    assert list(map(str, judge_files(found, makes_list=makes_list))) == said
