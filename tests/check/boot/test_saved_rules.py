"""Saved firewall rules that hold ours: the verdict says whether they load at a boot."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.check.boot.saved_rules import judge_ban_list, judge_files
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.firewall.saved.rules import SavedRule, SavedRules

PATH, NFTABLES = Path("/etc/iptables/rules.v4"), Path("/etc/nftables.conf")
MAKER = "boot ideolab-ban-list"
MADE = ok(MAKER, "ideolab-ban-list.service starts with this host")
MASKED = wrong(MAKER, "is masked", "unmask it")
FAILED = wrong(MAKER, "has failed: look", "restart it")
UNSEEN = unknown(MAKER, "systemctl does not say whether it starts with this host")
OURS = SavedRules([SavedRule(PATH, False)], 1, [])
PORTS = SavedRules([SavedRule(PATH, False, True)], 1, [])
OF_NFT = SavedRules([SavedRule(NFTABLES, True)], 1, [])
LOADS_NOTHING = "and iptables-restore loads NOTHING of a file whose sets are not there"
LOST = "AFTER THE NEXT BOOT THIS HOST HAS NO FIREWALL"


@pytest.mark.parametrize(
    ("found", "maker", "said"),
    [
        (SavedRules([], 0, []), MASKED, ["ok       saved rules: no firewall is saved here"]),
        (SavedRules([], 3, []), MADE, ["ok       saved rules: none of 3 files holds our rule"]),
        # a fault of ours is told also where nobody needs it now
        (
            SavedRules([], 3, []), FAILED,
            ["ok       saved rules: none of 3 files holds our rule", str(FAILED)],
        ),
        (
            SavedRules([], 1, [PATH]), MADE,
            ["unknown  saved rules: /etc/iptables/rules.v4 cannot be read\n"
             "         -> sudo ideolab-f2b check"],
        ),
        (
            OURS, MADE,
            [f"ok       saved rules: {PATH} holds our rule, and its sets are made before that is loaded"],
        ),
        (
            PORTS, MADE,
            [f"ok       saved rules: {PATH} holds our rule, and its sets are made before that is loaded"],
        ),
        (
            OURS, MASKED,
            [f"wrong    saved rules: {PATH} holds our rule, {LOADS_NOTHING}: {LOST}\n"
             f"         -> {OURS.rules[0].mend}", str(MASKED)],
        ),
        (
            OURS, UNSEEN,
            [f"unknown  saved rules: {PATH} holds our rule, {LOADS_NOTHING}; {UNSEEN.text}\n"
             f"         -> {OURS.rules[0].mend}"],
        ),
    ],
)  # fmt: skip
def test_verdicts(found: SavedRules, maker: Verdict, said: list[str]) -> None:
    """What iptables saves loads once its sets are there."""
    assert list(map(str, judge_files(found, maker))) == said


def test_a_saved_table() -> None:
    """A boot loads it, and a reload nothing: fail2ban owns the table in the kernel by then."""
    rule = SavedRule(NFTABLES, by_nft=False, is_table=True)

    (said,) = judge_files(SavedRules([rule], 1, []), MADE)

    assert str(said) == (
        f"wrong    saved rules: {NFTABLES} holds our table, and nft loads NOTHING of it while fail2ban runs,"
        f" which owns the one in the kernel: a reload brings nothing new\n         -> {rule.mend}"
    )


@pytest.mark.parametrize(
    ("maker", "loaded", "so"),
    [
        (MADE, [NFTABLES], "after a boot this host has only what ideolab-ban-list.service loads of it,"
         " after a reload nothing new"),
        (MADE, [], LOST),
        (MASKED, [NFTABLES], LOST),
    ],
)  # fmt: skip
def test_what_nft_saves_never_loads(maker: Verdict, loaded: list[Path], so: str) -> None:
    """Whatever makes the sets; the unit loads the rest of the file of nft's own service."""
    said = str(next(judge_files(OF_NFT, maker, loaded)))

    assert said == (
        f"wrong    saved rules: {NFTABLES} holds our rule as nft shows it, and nft loads NOTHING of a file"
        f" with that: {so}\n         -> {OF_NFT.rules[0].mend}"
    )


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ({}, str(unknown(MAKER, "systemctl does not say whether it starts with this host"))),
        # before the first boot it has not run
        ({"UnitFileState": "enabled", "ActiveState": "inactive"}, str(MADE)),
        (
            {"UnitFileState": "enabled", "ActiveState": "failed"},
            f"wrong    {MAKER}: has failed: journalctl -b -u ideolab-ban-list.service says why\n"
            "         -> systemctl restart ideolab-ban-list.service",
        ),
        (
            {"UnitFileState": "disabled", "ActiveState": "active"},
            f"wrong    {MAKER}: does not start with this host (disabled)\n"
            "         -> systemctl enable ideolab-ban-list.service",
        ),
        (
            {"UnitFileState": "", "ActiveState": "inactive"},
            f"wrong    {MAKER}: has no unit\n         -> ideolab-f2b install",
        ),
        (
            {"UnitFileState": "masked", "ActiveState": "inactive"},
            f"wrong    {MAKER}: is masked\n         -> systemctl unmask ideolab-ban-list.service; "
            "systemctl enable ideolab-ban-list.service",
        ),
    ],
)
def test_the_unit(shown: dict[str, str], said: str) -> None:
    """Not there, not enabled, masked, failed."""
    assert str(judge_ban_list(shown)) == said
