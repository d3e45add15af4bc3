"""record: what is kept of a ban, and what a killed server left of it."""

from __future__ import annotations

import pytest
from fail2ban.server.ipdns import IPAddr

from ideolab_f2b.actions.report import record
from ideolab_f2b.actions.report.record import Record, RecordError, from_line

INFO = {"ip": "198.51.100.7", "time": 100.0, "bantime": 600, "failures": 3, "matches": "é\nb\udc80"}
BAN = Record("s-1", "ban", "j", "198.51.100.7", 101.5, 100.0, 600, 3, "é\nb\udc80", "")


def test_there_and_back() -> None:
    """One ASCII line, whatever the log held."""
    line = record.from_action_info("ban", "j", INFO, "s-1", 101.5).to_line()

    assert line.count(b"\n") == 1 and line.isascii()
    assert from_line(line) == BAN


def test_an_unban_asks_for_no_lines() -> None:
    """They are the ban's."""
    assert record.from_action_info("unban", "j", INFO, "s-2", 1.0).matches == ""


def test_long_lines_are_cut() -> None:
    """The end is kept: the last line is the one that banned."""
    kept = record.from_action_info("ban", "j", {**INFO, "matches": "x" * 9000 + "end"}, "s-2", 1.0).matches

    assert (len(kept), kept[-4:]) == (record.MATCHES, "xend")


@pytest.mark.parametrize("line", [b"", b"[", b"{}", b"[1]", b'["s-1","party","j","a",1,1,1,1,"",""]', b"\xff",
                                  b'["s-1","ban","j","198.51.100.7",101.5,100'])  # fmt: skip
def test_what_is_no_record(line: bytes) -> None:
    """A cut line is one error."""
    with pytest.raises(RecordError, match="no record"):
        from_line(line)


@pytest.mark.parametrize(
    "text", ["198.51.100.7", "198.51.100.0/24", "2001:db8::7", "2001:db8::/48", "0.0.0.0", "bob"]
)
def test_an_address_comes_back_as_it_was(text: str) -> None:
    """fail2ban's own kind is packed as the number that it is."""
    line = record.from_action_info("ban", "j", {**INFO, "ip": IPAddr(text)}, "s-1", 1.0).to_line()

    assert from_line(line).address == text
