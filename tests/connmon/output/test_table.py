"""table: what a person reads with --explain."""

from __future__ import annotations

import time

from ideolab_f2b.connmon.output import table
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.connmon.tick import PortTick

WHEN = time.mktime((2026, 11, 22, 14, 52, 1, 0, 0, -1))
BAD = Suspect("198.51.100.10", "ip", 2, 40, 1, {"mute": 40}, ("40 mute (limit 6)",))
GOOD = Suspect("198.51.100.114", "ip", 1, 60, 1, {"idle": 55, "active": 5}, ("60 connections (limit 50)",))


def test_suspects_first_then_everyone() -> None:
    """Who, what they do, the score, what would be banned and why."""
    findings = Findings([BAD], {"mute": 40, "idle": 55, "active": 5}, 100, 100, None, lambda: [BAD, GOOD])

    assert table.format_table([PortTick(WHEN, 443, findings, 0.0)]).split("\n") == [
        "14:52:01 port 443: 100 connections (40 mute, 55 idle, 5 active), 1 suspects",
        "who             connections  mute  partial-hello  handshake  trickle  slow-read  idle  active  "
        "score  would be banned  why",
        "198.51.100.10   40           40    .              .          .        .          .     .       "
        "2      ideolab-connmon  40 mute (limit 6)",
        "198.51.100.114  60           .     .              .          .        .          55    5       "
        "1      -                60 connections (limit 50)",
    ]


def test_many_are_cut_with_a_count() -> None:
    """A table longer than the screen says how many it leaves out."""
    many = [Suspect(f"198.51.100.{number}", "ip", 0, 1, 1, {"idle": 1}) for number in range(9)]

    text = table.format_table([PortTick(WHEN, 443, Findings(explain=lambda: many), 0.0)], rows=4)

    assert text.endswith("\n... and 5 more without a suspicion")


def test_nobody_there() -> None:
    """An idle server has a head line and no rows."""
    assert table.format_table([PortTick(WHEN, 443, Findings(), 0.0)]).startswith(
        "14:52:01 port 443: 0 connections (none), 0 suspects\nwho "
    )
