"""table: what a person reads with --explain."""

from __future__ import annotations

import time
from dataclasses import replace

from ideolab_f2b.connmon.output import table
from ideolab_f2b.connmon.output.table import TableFormat
from ideolab_f2b.connmon.pressure.state import Pressure
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.connmon.tick import PortTick

WHEN = time.mktime((2026, 11, 22, 14, 52, 1, 0, 0, -1))
BAD = Suspect("198.51.100.10", "ip", 2, 40, 1, {"mute": 40}, ("40 mute (limit 6)",))
GOOD = Suspect("198.51.100.114", "ip", 1, 60, 1, {"idle": 55, "active": 5}, ("60 connections (limit 50)",))


WIDE = TableFormat(width=120)


def lines(findings: Findings, form: TableFormat = WIDE) -> list[str]:
    return table.format_table([PortTick(WHEN, 443, findings, 0.0)], form).split("\n")


def test_suspects_first_then_everyone() -> None:
    """Who, how many, the score, who would be banned, what they do, and why."""
    findings = Findings([BAD], {"mute": 40, "idle": 55, "active": 5}, 100, 100, None, lambda: [BAD, GOOD])

    assert lines(findings) == [
        "14:52:01 port 443: 100 connections (40 mute, 55 idle, 5 active), 1 suspect",
        "who             connections  score  ban  doing              why",
        "198.51.100.10   40           2      yes  40 mute            40 mute (limit 6)",
        "198.51.100.114  60           1      -    55 idle, 5 active  60 connections (limit 50)",
        "ban = yes: ideolab-connmon bans addresses, ideolab-connmon-net networks",
    ]


def test_a_narrow_terminal() -> None:
    """No line is wider than it: reasons are wrapped, then stand below; who has none, has what he does."""
    quiet = replace(GOOD, why=())
    bad = replace(BAD, why=("40 mute (sent no byte) for 8 s or more (limit 8)", "and " + "so on, " * 40))
    findings = Findings([bad], {"mute": 40}, 100, 100, None, lambda: [bad, quiet])

    assert lines(findings, TableFormat(width=80))[1:-1] == [
        "who             connections  score  ban  why",
        "198.51.100.10   40           2      yes  40 mute (sent no byte) for 8 s or more",
        "                                         (limit 8); and so on, so on, so on, so",
        "                                         on, so on, so on, so on, so on, so ...",
        "198.51.100.114  60           1      -    55 idle, 5 active",
    ]
    narrow = lines(findings, TableFormat(width=50))
    assert max(map(len, narrow)) <= 50
    assert narrow[2:5] == [
        "who             connections  score  ban",
        "    why",
        "198.51.100.10   40           2      yes",
    ]


def test_a_phase_for_each_connection() -> None:
    """Those with most connections are named."""
    many = replace(GOOD, phases={"mute": 1, "idle": 9, "trickle": 5, "slow-read": 7, "half-open": 90})

    assert "  9 idle, 7 slow-read, 5 trickle ...  60 conn" in lines(Findings(explain=lambda: [many]))[2]


def test_the_state_of_the_server_stands_above_the_table() -> None:
    """Between the head and the first row."""
    full = Pressure("exhausted", 510, 512, "nginx", 3, 511, "nginx has said so", 0.0)
    found = lines(Findings(pressure=full, explain=lambda: [GOOD]))

    assert found[1].startswith("the server is exhausted: nginx has said so (510 slots taken of 512 ")
    assert found[2].startswith("who ")


def test_the_worst_row_first() -> None:
    """Whatever the order in which they were found."""
    worse, larger = replace(BAD, score=5, address="198.51.100.11"), replace(BAD, connections=99)

    found = lines(Findings([BAD, worse, larger]))

    assert [line.split()[:3] for line in found[2:5]] == [
        ["198.51.100.11", "40", "5"],
        ["198.51.100.10", "99", "2"],
        ["198.51.100.10", "40", "2"],
    ]


def test_many_are_cut_with_a_count() -> None:
    """A table longer than the screen says how many of each kind it leaves out."""
    calm = [Suspect(f"198.51.100.{number}", "ip", 0, 1, 1, {"idle": 1}) for number in range(9)]
    bad = [replace(BAD, address=f"203.0.113.{number}") for number in range(7)]
    form = TableFormat(width=120, rows=4)

    assert lines(Findings(explain=lambda: calm), form)[-1] == "... and 5 more: 5 without a suspicion"
    found = lines(Findings(bad, explain=lambda: [*bad, *calm]), form)
    assert found[-2] == "... and 12 more: 3 suspects, 9 without a suspicion"
    assert len(found) == 1 + 1 + 4 + 2


def test_a_row_of_several_lines_is_not_torn() -> None:
    """One that has no room for its last line is counted instead; the first is shown whatever its size."""
    bad = [replace(BAD, why=("word " * 30,), address=f"203.0.113.{number}") for number in range(3)]

    found = lines(Findings(bad), TableFormat(width=80, rows=5))

    assert [line for line in found if line.startswith("203")] == [found[2]]
    assert found[-2] == "... and 2 more: 2 suspects"


def test_colour() -> None:
    """The row of a suspect is red where colours are wanted, and nowhere else."""
    findings = Findings([BAD], explain=lambda: [BAD, GOOD])

    found = lines(findings, TableFormat(width=120, has_colour=True))

    assert found[2] == f"\x1b[1;31m{lines(findings)[2]}\x1b[0m"
    assert [line for line in found if "\x1b" in line] == [found[2]]


def test_nobody_there() -> None:
    """An idle server has a head line and no table."""
    assert lines(Findings()) == ["14:52:01 port 443: 0 connections (none), 0 suspects", "nobody is connected"]
