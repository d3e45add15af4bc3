"""The file of rejected lines: bounded, and each line once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ideolab_accesslog.events.file import rejects
from ideolab_accesslog.events.file.lines import FileLine
from ideolab_accesslog.events.file.rejects import RejectedLine, RejectFile
from ideolab_f2b import files


def make(position: int, data: bytes = b"x\n") -> RejectedLine:
    return RejectedLine(FileLine(position, data), "why")


def test_lines_that_are_there_are_not_added_again(tmp_path: Path) -> None:
    """An import that was killed comes again; a line of another file is another one."""
    file = RejectFile(tmp_path / "new" / "rejected")
    file.append("head", [make(5), make(9)])
    file.append("head", [make(9), make(12, b"\x00\xff\n")])
    file.append("other", [make(5)])

    records = [json.loads(line) for line in file.path.read_text().splitlines()]
    assert [(one["head"], one["position"], one["why"], one["line"]) for one in records] == [
        ("head", 5, "why", "x"),
        ("head", 9, "why", "x"),
        ("head", 12, "why", "\x00\xff"),
        ("other", 5, "why", "x"),
    ]


def test_its_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One older file stays beside it, and nobody waits for another; of a long line the beginning is kept."""
    waits = list[Path]()
    monkeypatch.setattr(files, "await_rotation", waits.append)
    monkeypatch.setattr(rejects, "FILE_MAX", 20_000)
    file = RejectFile(tmp_path / "rejected")
    for number in range(8):
        file.append("head", [make(number, b"x" * 100_000)])
    monkeypatch.setattr(rejects, "PART_BYTES", 5_000)
    file.append("head", [make(number, b"\0" * 100) for number in range(8, 500)])

    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(sizes) == {"rejected", "rejected.1"}
    assert max(sizes.values()) < 30_000
    assert waits == [file.path]


def test_half_a_record_costs_no_other(tmp_path: Path) -> None:
    """The disk was full, and is not any more."""
    file = RejectFile(tmp_path / "rejected")
    file.append("head", [make(5)])
    with file.path.open("a") as damaged:
        damaged.write('{"at":"2026-')
    file.append("head", [make(9)])

    first, _half, last = file.path.read_text().splitlines()
    assert [json.loads(line)["position"] for line in (first, last)] == [5, 9]


def test_a_damaged_end_stops_nothing(tmp_path: Path) -> None:
    """Half a record of a full disk, or a file of somebody else."""
    file = RejectFile(tmp_path / "rejected")
    for text in ('{"head":', "[]", "[" * 60_000, '{"head":"head","position":"x"}'):
        file.path.write_text(f"{text}\n")
        file.append("head", [make(5)])
        assert len(file.path.read_text().splitlines()) == 2
