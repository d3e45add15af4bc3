"""What an administrator reads, and what a program reads."""

from __future__ import annotations

import json

import pytest

from ideolab_f2b.bans import text
from ideolab_f2b.bans.ban_row import BanRow
from ideolab_f2b.bans.comparison import BanComparison
from ideolab_f2b.bans.jail_bans import Ban, JailBans
from ideolab_f2b.origin.origin import Origin

A, B, C = (4, 0xC6336407, 32), (4, 0xCB007100, 24), (6, 0x20010DB8 << 96, 32)
BAN = Ban(900, 600)
JAIL = JailBans("ideolab-connmon", "ideolab_connmon", False, {A: BAN, B: Ban(900, -1)})
LOOK = BanComparison(
    1000.0,
    (JAIL, JailBans("sshd", None, False, {A: BAN})),
    (
        BanRow(A, "ok", "ideolab-connmon", "ideolab_connmon", BAN, True, 500),
        BanRow(A, "elsewhere", "sshd", None, BAN),
        BanRow(B, "missing", "ideolab-connmon", "ideolab_connmon", Ban(900, -1)),
        BanRow(C, "stale", "ideolab-connmon", "ideolab_connmon", None, True, 90000),
    ),
    {"ideolab_connmon": 2},
)
ORIGINS = {
    "198.51.100.7": Origin("198.51.100.7", "64500", "EXAMPLE", "FR", "198.51.100.0/24", "cymru"),
    "203.0.113.0/24": Origin("203.0.113.0/24"),
}


def test_table() -> None:
    """Drift first, the way out last."""
    assert list(text.table(LOOK, ORIGINS)) == [
        "  ADDRESS         JAIL             BAN ENDS IN  IN KERNEL      ORIGIN",
        "! 203.0.113.0/24  ideolab-connmon  never        missing        -",
        "! 2001:db8::/32   ideolab-connmon  not banned   stale (1d 1h)  -",
        "  198.51.100.7    ideolab-connmon  8m 20s       8m 20s         AS64500 EXAMPLE FR",
        "  198.51.100.7    sshd             8m 20s       -              AS64500 EXAMPLE FR",
        "3 bans in 2 jails, 2 elements in the kernel; drift: 1 missing, 1 stale"
        " -> sudo ideolab-f2b check --repair",
    ]


def test_json() -> None:
    """Every field of a ban, whatever its state."""
    told = json.loads(text.to_json(LOOK, ORIGINS))

    assert {key: value for key, value in told.items() if key != "bans"} == {
        "version": 1,
        "t": 1000.0,
        "fail2ban": "up",
        "jails": [
            {
                "jail": "ideolab-connmon", "set": "ideolab_connmon", "backend": "ipset", "bans": 2,
                "queued": False, "ports": None,
            },
            {
                "jail": "sshd", "set": None, "backend": None, "bans": 1,
                "queued": False, "ports": None,
            },
        ],
        "elements": {"ideolab_connmon": 2},
        "drift": {"missing": 1, "short": 0, "stale": 1},
    }  # fmt: skip
    assert told["bans"][0] == {
        "address": "198.51.100.7", "jail": "ideolab-connmon", "set": "ideolab_connmon", "state": "ok",
        "since": 900, "bantime": 600, "until": 1500, "in_kernel": True, "element_s": 500, "prefixes": None,
        "asn": "64500", "asname": "EXAMPLE", "country": "FR", "prefix": "198.51.100.0/24",
    }  # fmt: skip
    assert [(ban["state"], ban["in_kernel"], ban["until"]) for ban in told["bans"][1:]] == [
        ("elsewhere", None, 1500), ("missing", False, None), ("stale", True, None),
    ]  # fmt: skip


def test_fail2ban_is_down() -> None:
    """What the kernel holds, by its sets."""
    down = BanComparison(
        1000.0, (), (BanRow(A, "unwatched", None, "ideolab_connmon", None, True, 500),), {"x": 1}, "gone"
    )

    assert list(text.table(down, {})) == [
        "  ADDRESS       JAIL                 BAN ENDS IN  IN KERNEL  ORIGIN",
        "  198.51.100.7  set ideolab_connmon  -            8m 20s     -",
        "1 element in the kernel; they end by themselves",
    ]
    told = json.loads(text.to_json(down, {}))
    assert (told["fail2ban"], told["error"]) == ("gone", "fail2ban is down: gone")


def test_nothing_to_show() -> None:
    """No table of no rows."""
    assert list(text.table(BanComparison(1.0, (JailBans("j", "s", True, {}),), (), {"s": 0}), {})) == [
        "0 bans in 1 jail, 0 elements in the kernel; j still restoring"
    ]


def test_hostile_as_name_moves_no_cursor() -> None:
    """Whois text is whatever somebody wrote there."""
    hostile = Origin("198.51.100.7", "64500", "A\x1b[2J\r\nB" + "x" * 99, "FR", None, "cymru")

    (line,) = (line for line in text.table(LOOK, {"198.51.100.7": hostile}) if "sshd" in line)

    assert "AS64500 A?[2J??Bxxx" in line
    assert line.endswith("x… FR")
    assert line.isprintable()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m 0s"), (3599, "59m 59s"), (86399, "23h 59m"),
     (86400, "1d 0h"), (604799, "6d 23h"), (3.2e9, "37037d 0h")],
)  # fmt: skip
def test_durations(seconds: float, said: str) -> None:
    """Two units are enough."""
    assert text.format_duration(seconds) == said
