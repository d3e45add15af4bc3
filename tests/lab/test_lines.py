"""The lines that tests write for connmon and the app are lines of our grammar."""

from __future__ import annotations

import time
from pathlib import Path

from ideolab_f2b.logline import read_date, read_line
from tests.lab import lines


def test_suspects() -> None:
    """An address and a network, each with the counts that connmon gives."""
    address = read_line(lines.suspect("198.51.100.7", phases={"mute": 238, "handshake": 2}))
    network = read_line(lines.suspect("203.0.113.0/24"))

    assert address is not None
    assert network is not None
    assert address[1:5] == (
        "connmon", "suspect", "198.51.100.7",
        {"scope": "ip", "score": "5", "connections": "240", "mute": "238", "handshake": "2", "port": "443"},
    )  # fmt: skip
    assert network[1:5] == (
        "connmon", "suspect", "203.0.113.0/24",
        {"scope": "net", "score": "4", "addresses": "61", "connections": "240", "mute": "240", "port": "443"},
    )  # fmt: skip
    assert address.when is not None


def test_a_line_by_hand() -> None:
    """It has whole seconds, so `when` is unknown, and the date lies as far back as asked."""
    text = lines.by_hand("198.51.100.7", "-7", ago_s=100)

    assert read_line(text) == (None, "manual", "ban", "198.51.100.7", {"ttl": "-7"}, {"actor": "alice"})
    assert 98 < time.time() - (read_date(text) or 0) < 130


def test_dates() -> None:
    """Only the date loses its fraction, and a bare date is one of whole seconds."""
    assert lines.drop_fraction("2026-11-22T14:52:01.123+0000 x: y 1.2.3.456 a=1.234") == (
        "2026-11-22T14:52:01+0000 x: y 1.2.3.456 a=1.234"
    )
    assert len(lines.format_date()) == len("2026-11-22T14:52:01+0000")


def test_lines_are_added(tmp_path: Path) -> None:
    """Behind what is there."""
    log = tmp_path / "log"
    lines.write_lines(log, "one")
    lines.write_lines(log, "two", "three")

    assert log.read_text() == "one\ntwo\nthree\n"
