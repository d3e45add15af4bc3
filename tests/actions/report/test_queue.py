"""queue: a record goes to the disk, or into memory while the disk takes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from ideolab_f2b.actions.report import queue, spool
from ideolab_f2b.actions.report.queue import RecordQueue
from ideolab_f2b.actions.report.record import from_line
from ideolab_f2b.complaint import Complaint

INFO = {"ip": "198.51.100.7", "time": 100.0, "bantime": 600, "failures": 1, "matches": ""}


def make(directory: Path) -> tuple[RecordQueue, list[str]]:
    said: list[str] = []
    return RecordQueue(directory, Complaint(said.append, 600.0)), said


def test_records_wait_on_disk(tmp_path: Path) -> None:
    """The first one opens the spool; no two have the same id."""
    waiting, said = make(tmp_path / "state")
    waiting.put("ban", "j", INFO)
    waiting.put("unban", "j", INFO)
    records = [from_line(line) for number in waiting.segments() for line in waiting.spool.read(number)]

    assert [(record.type, record.address) for record in records] == [
        ("ban", "198.51.100.7"), ("unban", "198.51.100.7")
    ]  # fmt: skip
    assert len({record.id for record in records}) == 2
    assert (waiting.depth, said) == (2, [])
    waiting.spool.close()


def test_records_in_memory_can_be_put_back(tmp_path: Path) -> None:
    """In their old order; without a spool there are no segments."""
    (tmp_path / "state").write_text("no directory")
    waiting, said = make(tmp_path / "state")
    for kind in ("ban", "unban", "restored"):
        waiting.put(kind, "j", INFO)
    batch = waiting.take_from_memory()
    assert (len(batch), waiting.depth, waiting.segments()) == (3, 0, [])
    waiting.put("ban", "j", INFO)
    waiting.put_back(batch)

    assert [record.type for record in waiting.take_from_memory()] == ["ban", "unban", "restored", "ban"]
    assert said == [
        f"{tmp_path}/state: [Errno 17] File exists: '{tmp_path}/state'; "
        "bans are kept in memory until they are reported"
    ]


def test_what_is_lost_is_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is room for one on disk."""
    monkeypatch.setattr(queue, "MOST_ON_DISK", 1)
    waiting, said = make(tmp_path / "state")
    for _each in range(3):
        waiting.put("ban", "j", INFO)

    assert (waiting.depth, waiting.lost, waiting.take_lost(), waiting.take_lost()) == (1, 2, 2, 0)
    assert said == ["events are lost: nothing can be written, and there is no more room to wait"]
    waiting.spool.close()


def test_a_directory_of_another_server_is_said(tmp_path: Path) -> None:
    """It does not stop the jail."""
    first, second = make(tmp_path / "state")[0], make(tmp_path / "state")
    first.open()
    second[0].open()

    assert second[1] == [
        f"{tmp_path}/state is in use by another fail2ban-server; "
        "bans are kept in memory until they are reported"
    ]
    first.spool.close()


def test_a_full_disk_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ban tries another segment, whose name is in the error."""

    def full(path: Path) -> NoReturn:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(spool, "_create", full)
    waiting, said = make(tmp_path / "state")
    for _each in range(3):
        waiting.put("ban", "j", INFO)

    (text,) = said
    assert text.startswith(f"{tmp_path}/state: [Errno 28] No space left on device: '{tmp_path}/state/spool.")
    assert waiting.depth == 3
    waiting.spool.close()
