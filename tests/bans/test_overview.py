"""The pack in a few lines, and what of it is wrong."""

from __future__ import annotations

from datetime import datetime, timezone
from ipaddress import ip_network
from typing import Any

import pytest

from ideolab_f2b import metrics
from ideolab_f2b.bans.ban_row import BanRow
from ideolab_f2b.bans.comparison import BanComparison
from ideolab_f2b.bans.jail_bans import Ban, JailBans
from ideolab_f2b.bans.overview import ConnmonState, Overview, PortState, read_connmon
from ideolab_f2b.event import Event
from ideolab_f2b.kernel.ipset.element import key_of

NOW = 1795359121.0
KEY = key_of(ip_network("198.51.100.7"))
BAN = Ban(NOW - 100, 3600)
JAILS = (
    JailBans("ideolab-connmon", "ideolab_connmon", False, {KEY: BAN}),
    JailBans("ideolab-manual", "ideolab_manual", False, {}),
    JailBans("sshd", None, False, {KEY: BAN}),
)
SEEN = BanComparison(NOW, JAILS, (), {"ideolab_connmon": 1, "ideolab_manual": 0})
CONNMON = ConnmonState(NOW - 2, 3, (PortState(443, "busy", 120, 1024),))
LAST = Event(
    datetime.fromtimestamp(NOW - 182, timezone.utc), "ban", ip="198.51.100.7", jail="ideolab-connmon",
    bantime=3600, until=datetime.fromtimestamp(NOW + 3418, timezone.utc), reason="40 mute",
)  # fmt: skip


def overview(**changes: Any) -> Overview:
    return Overview(SEEN, CONNMON, LAST, 90.0)._replace(**changes)


def test_all_is_well() -> None:
    """A few lines that fit a terminal."""
    assert list(overview().lines()) == [
        "fail2ban  up; bans by jail of the pack: ideolab-connmon 1, ideolab-manual 0; 1\n"
        "          in other jails",
        "kernel    2 bans in 3 jails, 1 element in the kernel",
        "connmon   2s ago; port 443 busy, 120 slots taken of 1,024; 3 suspects",
        "last ban  198.51.100.7 by ideolab-connmon, 3m 2s ago: 40 mute",
        "sudo ideolab-f2b check tries every part; nothing is wrong here",
    ]


def test_for_programs() -> None:
    """The same names as everywhere."""
    told = overview().fields()

    assert list(told) == ["fail2ban", "jails", "elements", "drift", "connmon", "last_ban", "wrong"]
    assert told["jails"][0] == {
        "jail": "ideolab-connmon",
        "set": "ideolab_connmon",
        "backend": "ipset",
        "bans": 1,
        "queued": False,
        "ports": None,
    }
    assert told["connmon"] == {
        "last": NOW - 2, "suspects": 3,
        "ports": [{"port": 443, "state": "busy", "slots": 120, "capacity": 1024}], "containers": None,
    }  # fmt: skip
    assert told["last_ban"] == {
        "address": "198.51.100.7", "jail": "ideolab-connmon", "since": NOW - 182, "bantime": 3600, "in": None,
        "until": NOW + 3418, "reason": "40 mute",
    }  # fmt: skip


STALE = BanRow(KEY, "stale", None, "old", None, True, None)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, []),
        ({"seen": BanComparison(NOW, (), (), {}, "gone")}, ["fail2ban is down: gone"]),
        ({"seen": BanComparison(NOW, JAILS[2:], (), {})}, ["no jail of the pack runs"]),
        (
            {"seen": BanComparison(NOW, JAILS, (STALE,), {"old": 1})},
            ["the kernel differs from fail2ban: 1 stale"],
        ),
        (
            {"connmon": ConnmonState()},
            ["connmon has written no metrics: it does not run, or cannot write them"],
        ),
        ({"connmon": CONNMON._replace(last=NOW - 600)}, ["connmon last did its work 10m 0s ago"]),
        ({"is_observing": True}, ["observe = yes: connmon bans nobody"]),
    ],
)
def test_what_is_wrong(changes: dict[str, Any], wrong: list[str]) -> None:
    """Each has its line, and the last line says what to type."""
    found = overview(**changes)

    assert found.wrong() == wrong
    lines = list(found.lines())
    assert [line[10:].split(":")[0] for line in lines if line.startswith("wrong ")] == [
        each.split(":")[0] for each in wrong
    ]
    assert lines[-1].endswith("says what mends it") == bool(wrong)


def test_what_connmon_has_written() -> None:
    """Its own metrics; a port that has none is left out."""
    text = """\
ideolab_f2b_last_success_timestamp_seconds{job="connmon"} 1.795359121e+09
ideolab_f2b_suspects{scope="ip"} 2.0
ideolab_f2b_suspects{scope="net"} 1.0
ideolab_connmon_pressure{port="443"} 2.0
ideolab_connmon_slots{port="443"} 700.0
ideolab_connmon_capacity{port="443"} 768.0
ideolab_connmon_pressure{port="8443"} 0.0
ideolab_connmon_pressure{port="x"} 0.0
"""

    assert read_connmon(metrics.parse(text)) == ConnmonState(
        NOW, 3, (PortState(443, "exhausted", 700, 768), PortState(8443, "calm", 0, 0))
    )
    assert read_connmon({}) == ConnmonState()


def test_containers() -> None:
    """How many are looked into; where the state of one is not known, the port's is not calm."""
    found = read_connmon(
        metrics.parse(
            'ideolab_f2b_last_success_timestamp_seconds{job="connmon"} 1.795359121e+09\n'
            "ideolab_f2b_namespaces 12.0\n"
            'ideolab_connmon_slots{port="443"} 7.0\n'
        )
    )
    last = Event(LAST.ts, "ban", ip="198.51.100.7", jail="ideolab-connmon", namespace="lxc:c1\x1b")
    told = overview(connmon=found, last_ban=last)

    assert found == ConnmonState(NOW, 0, (PortState(443, "unknown", 7, 0),), 12)
    assert {
        "connmon   0s ago; port 443 unknown, 7 slots taken of an unknown number; 12\n"
        "          containers; 0 suspects",
        "last ban  198.51.100.7 by ideolab-connmon in lxc:c1?, 3m 2s ago",
    } <= set(told.lines())
    assert told.fields()["last_ban"]["in"] == "lxc:c1\x1b"


@pytest.mark.parametrize("number", ["+Inf", "1e300", "1e400", "1.2.3", "1e", "e", ".", "9" * 5000])
def test_numbers_that_cannot_be(number: str) -> None:
    """The metrics belong to the user of connmon, and root reads them."""
    text = f"""\
ideolab_f2b_last_success_timestamp_seconds{{job="connmon"}} {number}
ideolab_f2b_suspects {number}
ideolab_connmon_pressure{{port="443"}} 2.0
ideolab_connmon_slots{{port="443"}} {number}
ideolab_connmon_pressure{{port="{"4" * 5000}"}} 2.0
"""

    assert read_connmon(metrics.parse(text)) == ConnmonState(None, 0, (PortState(443, "exhausted", 0, 0),))


def test_the_last_ban_moves_no_cursor() -> None:
    """The log of events belongs to the user of connmon."""
    last = Event(LAST.ts, "ban", ip="\x1b[2J", jail="\x1b[31m", reason="\x07")

    assert "last ban  ?[2J by ?[31m, 3m 2s ago: ?" in overview(last_ban=last).lines()


def test_no_ban_and_no_connmon() -> None:
    """They are said to be unknown."""
    lines = list(overview(connmon=ConnmonState(), last_ban=None).lines())

    assert lines[-4:-2] == [
        "connmon   unknown: it has written no metrics",
        "last ban  none in the log of events",
    ]
