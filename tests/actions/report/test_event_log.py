"""event_log: which events are in the log already."""

from __future__ import annotations

import os
from pathlib import Path

from ideolab_f2b.actions.report import event_log
from ideolab_f2b.actions.report.event_log import EventLog
from ideolab_f2b.actions.report.events import build
from ideolab_f2b.actions.report.record import Record

BAN = Record("s-1", "ban", "sshd", "198.51.100.7", 1.5, 1.0, 60, 1, "", "")


def line(name: str, text: str = "") -> str:
    return f'{{"ts":"x","reason":"{text}","id":"{name}"}}\n'


def test_both_logs_are_searched(tmp_path: Path) -> None:
    """The rotated one too; a line that was cut, and what a client wrote, are no event."""
    log = tmp_path / "events.jsonl"
    log.with_name("events.jsonl.1").write_text(line("s-1"))
    log.write_text(line("s-2") + line("s-3", r"\"id\":\"s-4\"}") + '{"ts":"x","id":"s-5"')

    assert event_log.find(log, [f"s-{number}" for number in range(1, 7)]) == {"s-1", "s-2", "s-3"}
    assert event_log.find(log, []) == set()


def test_long_logs_are_searched_in_blocks(tmp_path: Path) -> None:
    """An id on the border of two is found."""
    log = tmp_path / "events.jsonl"
    names = [f"s-{number}" for number in range(30_000)]
    log.write_text("".join(line(name, "x" * 40) for name in names))

    assert log.stat().st_size > 2 << 20
    assert event_log.find(log, names) == set(names)


def test_no_log(tmp_path: Path) -> None:
    """Missing, a directory, a FIFO: nothing is written there."""
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "f")

    assert [event_log.find(tmp_path / name, ["s-1"]) for name in ("none", "d", "f")] == [set(), set(), set()]


def test_after_a_failure_only_what_is_missing_is_selected(tmp_path: Path) -> None:
    """A log that is certain is not searched."""
    log = EventLog(tmp_path / "events.jsonl")
    records = [BAN, BAN._replace(id="s-2")]
    log.append([build(BAN, None)])

    assert log.select_missing(records) == records[1:]
    log.is_certain = True
    assert log.select_missing(records) == records
