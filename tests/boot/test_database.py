"""Reads the bans of a database that is whole, locked, cut off in the middle, broken, or none at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from ideolab_f2b.boot import database
from ideolab_f2b.boot.database import DatabaseError, StoredBan
from tests.boot.fail2ban_database import add, make

NOW = 1_800_000_000
ROWS = [
    ("a", "198.51.100.7", NOW - 60, 600),
    ("b", "198.51.100.7", NOW - 60, -1),
    ("b", "2001:db8::/64", NOW - 60, -2),
    ("b", "198.51.100.8", NOW - 600, 600),
]
BANS = [
    StoredBan("a", "198.51.100.7", NOW - 60, 600),
    StoredBan("b", "198.51.100.7", NOW - 60, -1),
    StoredBan("b", "2001:db8::/64", NOW - 60, -2),
]


def read(path: Path, limit: int = 100) -> list[StoredBan]:
    return sorted(database.read(str(path), NOW, limit))


def take(path: Path) -> tuple[list[StoredBan], str]:
    """Return the bans that were read, and what was said of the others."""
    found: list[StoredBan] = []
    try:
        found += database.read(str(path), NOW)
    except DatabaseError as error:
        return found, str(error)
    return found, ""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make(tmp_path / "fail2ban.sqlite3", ROWS)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as found:
        yield found


def test_bans_that_are_not_over(path: Path) -> None:
    """Each once for a jail; nothing is written beside the file."""
    before = path.read_bytes()

    assert read(path) == BANS

    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert len(read(path, limit=2)) == 2


def test_an_as_above_the_cap(tmp_path: Path) -> None:
    """Root's order is in the data of the ban; other data says nothing."""
    path = make(tmp_path / "a.sqlite3", [("n", "AS64500", NOW, -1)], '{"forced": true, "matches": []}')
    with opened(path) as other:
        for number, data in enumerate(('{"forced": 1}', "[" * 9000, "[]", None, b"\xff"), 64501):
            other.execute("INSERT INTO bips VALUES(?, 'n', ?, -1, 1, ?)", (f"AS{number}", NOW, data))
        other.execute("INSERT INTO bips VALUES('198.51.100.7', 'n', ?, -1, 1, '{\"forced\": true}')", (NOW,))

    assert [ban.identity for ban in read(path) if ban.is_forced] == ["AS64500"]
    assert len(read(path)) == 7


def test_a_name_with_every_character(tmp_path: Path) -> None:
    """It is part of an address of a file."""
    assert read(make(tmp_path / "a?b#c %20.sqlite3", ROWS)) == BANS


def test_rows_that_fail2ban_never_wrote(path: Path) -> None:
    """They are left out: text as a time, a blob as an address, no number at all."""
    with opened(path) as other:
        add(other, [
            ("a", b"\xff\xfe", NOW, 600), ("a", "x", "never", -1), ("a", "y", float("inf"), -1),
            (b"a", "z", NOW, -1), ("a", "w", NOW, "ever"), ("a", b"\xed\xb2\x80", 1, -1),
        ])  # fmt: skip
        other.execute("UPDATE bips SET jail = CAST(x'ff61' AS TEXT) WHERE ip = 'w'")

    assert read(path) == BANS


def test_a_lock_of_somebody(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for, and then what is in the file counts."""
    monkeypatch.setattr(database, "LOCK_S", 0.1)
    with opened(path) as other:
        other.execute("BEGIN EXCLUSIVE")

        assert read(path) == BANS


def test_a_journal_of_a_power_cut(path: Path, tmp_path: Path) -> None:
    """What was half written is rolled back, in a copy: the file stays as it is for fail2ban."""
    cut = tmp_path / "cut"
    cut.mkdir()
    with opened(path) as other:
        other.execute("PRAGMA cache_size = 1")
        other.execute("BEGIN IMMEDIATE")
        add(other, ((f"j{number}", "203.0.113.9", NOW, -1) for number in range(5000)))
        for each in (path, Path(f"{path}-journal")):
            shutil.copy(each, cut)
        other.execute("ROLLBACK")
    before = {each.name: each.read_bytes() for each in cut.iterdir()}
    assert before.keys() == {path.name, f"{path.name}-journal"}

    assert read(cut / path.name) == BANS

    assert {each.name: each.read_bytes() for each in cut.iterdir()} == before


def test_a_write_ahead_log_of_a_power_cut(path: Path, tmp_path: Path) -> None:
    """Its bans count, though they are not in the file yet."""
    cut = tmp_path / "cut"
    cut.mkdir()
    with opened(path) as other:
        other.execute("PRAGMA journal_mode = WAL")
        add(other, [("c", "203.0.113.9", NOW, -1)])
        for each in (path, Path(f"{path}-wal")):
            shutil.copy(each, cut)

    assert read(cut / path.name) == [*BANS, StoredBan("c", "203.0.113.9", NOW, -1)]


def test_a_journal_that_is_too_large_to_copy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then what is in the file counts."""
    monkeypatch.setattr(database, "COPY_LIMIT", 10)
    with opened(path) as other:
        other.execute("PRAGMA journal_mode = WAL")
        add(other, [("c", "203.0.113.9", NOW, -1)])

        assert BANS[0] in read(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no such table: bips; fail2ban restores its bans when it starts"),
        (b"nonsense" * 2000, "file is not a database; fail2ban repairs it when it starts"),
    ],
)
def test_no_database(tmp_path: Path, content: bytes, why: str) -> None:
    """It is named, with what becomes of the bans."""
    path = tmp_path / "fail2ban.sqlite3"
    path.write_bytes(content)

    found, said = take(path)

    assert (found, said.startswith(f"{path}: {why}")) == ([], True), said


def test_a_database_that_is_broken_in_the_middle(tmp_path: Path) -> None:
    """What comes before counts, and the rest is said to be missing; it never crashes."""
    rows = [("a", f"198.18.{number >> 8}.{number & 255}", NOW, 600) for number in range(5000)]
    path = make(tmp_path / "fail2ban.sqlite3", rows, "x" * 300)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(os.urandom(size // 4))

    found, said = take(path)

    assert len(found) < 5000
    assert said.startswith(f"{path}: ")


@pytest.mark.parametrize("name", ["gone", "directory", "pipe"])
def test_what_cannot_be_opened(tmp_path: Path, name: str) -> None:
    """Missing, or no file: a pipe is not waited for."""
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe")

    found, said = take(tmp_path / name)

    why = "it is not there: fail2ban makes it when it starts" if name == "gone" else "it is no regular file"
    assert (found, said.startswith(f"{tmp_path / name}: {why}")) == ([], True), said


def test_no_database_on_the_disk() -> None:
    """dbfile = None."""
    with pytest.raises(DatabaseError, match="it restores no bans either"):
        list(database.read("", NOW))


def test_a_database_that_takes_too_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A huge file does not keep the boot waiting."""
    monkeypatch.setattr(database, "_STEPS", 1)
    ticks = count(0, 100)

    with pytest.raises(DatabaseError, match="not all bans were read in 10 s; fail2ban restores the others"):
        list(database.read(str(path), NOW, clock=lambda: next(ticks)))
