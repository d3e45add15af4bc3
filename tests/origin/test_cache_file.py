"""cache_file: where a cache is opened, where it is not, and where a broken one goes."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from ideolab_f2b.origin import cache_file
from ideolab_f2b.origin.cache_file import BrokenError


def test_a_new_file_is_root_s_alone_and_has_our_table(tmp_path: Path) -> None:
    """Opened again, it is the same."""
    path = tmp_path / "cache.sqlite3"
    for _again in range(2):
        database = cache_file.connect(path)
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("origin",)]
        assert database.execute("PRAGMA user_version").fetchone() == (cache_file.VERSION,)
        database.close()

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_database_of_something_else_is_broken(tmp_path: Path) -> None:
    """Its tables are not touched."""
    path = tmp_path / "cache.sqlite3"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE theirs (a)")
    database.close()

    with pytest.raises(BrokenError, match="is a database of something else"):
        cache_file.connect(path)


@pytest.mark.parametrize("suffix", ["", "-journal", "-wal", "-shm"])
def test_a_link_is_not_followed(tmp_path: Path, suffix: str) -> None:
    """Neither in the file's place nor in that of what SQLite keeps beside it."""
    path, victim = tmp_path / "cache.sqlite3", tmp_path / "victim"
    victim.write_text("mine")
    os.symlink(victim, f"{path}{suffix}")

    with pytest.raises(PermissionError, match="is not a plain file of this user or of root; remove it"):
        cache_file.connect(path)
    assert victim.read_text() == "mine"


def test_a_broken_file_is_kept_without_its_journal(tmp_path: Path) -> None:
    """A journal of it would be played into the next one."""
    path = tmp_path / "cache.sqlite3"
    path.write_text("broken")
    Path(f"{path}-journal").write_text("half")

    assert cache_file.set_aside(path) == Path(f"{path}.corrupt")
    assert [entry.name for entry in tmp_path.iterdir()] == ["cache.sqlite3.corrupt"]
