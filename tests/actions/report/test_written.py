"""written: which events are in the log already."""

from __future__ import annotations

import os
from pathlib import Path

from ideolab_f2b.actions.report import written


def line(name: str, text: str = "") -> str:
    return f'{{"ts":"x","reason":"{text}","id":"{name}"}}\n'


def test_both_logs_are_searched(tmp_path: Path) -> None:
    """The rotated one too; a line that was cut, and what a client wrote, are no event."""
    log = tmp_path / "events.jsonl"
    log.with_name("events.jsonl.1").write_text(line("s-1"))
    log.write_text(line("s-2") + line("s-3", r"\"id\":\"s-4\"}") + '{"ts":"x","id":"s-5"')

    assert written.among(log, [f"s-{number}" for number in range(1, 7)]) == {"s-1", "s-2", "s-3"}
    assert written.among(log, []) == set()


def test_long_logs_are_searched_in_blocks(tmp_path: Path) -> None:
    """An id on the border of two is found."""
    log = tmp_path / "events.jsonl"
    names = [f"s-{number}" for number in range(30_000)]
    log.write_text("".join(line(name, "x" * 40) for name in names))

    assert log.stat().st_size > 2 << 20
    assert written.among(log, names) == set(names)


def test_no_log(tmp_path: Path) -> None:
    """Missing, a directory, a FIFO: nothing is written there."""
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "f")

    assert [written.among(tmp_path / name, ["s-1"]) for name in ("none", "d", "f")] == [set(), set(), set()]
