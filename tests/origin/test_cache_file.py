"""cache_file: where a cache is opened, where it is not, and where a broken one goes."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from ideolab_f2b.origin import cache_file
from ideolab_f2b.origin.cache_file import BrokenError


def test_a_new_file_is_not_for_everybody_and_has_our_table(tmp_path: Path) -> None:
    """Opened again, it is the same."""
    path = tmp_path / "cache.sqlite3"
    for _again in range(2):
        database = cache_file.connect(path)
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("origin",)]
        assert database.execute("PRAGMA user_version").fetchone() == (cache_file.VERSION,)
        database.close()

    assert path.stat().st_mode & 0o777 == 0o640


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file to a group")
def test_the_group_of_the_directory_may_read_what_root_wrote(tmp_path: Path) -> None:
    """connmon is not root; a cache of before is opened to it too."""
    path = tmp_path / "cache.sqlite3"
    os.chown(tmp_path, 4711, 4712)
    cache_file.connect(path).close()
    assert (path.stat().st_uid, path.stat().st_gid) == (0, 4712)

    os.chown(path, 0, 0)
    path.chmod(0o600)
    cache_file.connect(path).close()
    assert (path.stat().st_gid, path.stat().st_mode & 0o777) == (4712, 0o640)


def test_the_file_of_somebody_else_keeps_its_mode(tmp_path: Path) -> None:
    """Nor does a second name of a file of ours change it."""
    path = tmp_path / "cache.sqlite3"
    cache_file.connect(path).close()
    path.chmod(0o600)
    os.link(path, tmp_path / "another")
    cache_file._let_group_read(path)

    assert path.stat().st_mode & 0o777 == 0o600


def test_who_only_reads_makes_nothing(tmp_path: Path) -> None:
    """Neither a file nor a row."""
    path = tmp_path / "cache.sqlite3"
    with pytest.raises(FileNotFoundError, match="does not exist"):
        cache_file.connect_read_only(path)
    assert list(tmp_path.iterdir()) == []

    cache_file.connect(path).close()
    database = cache_file.connect_read_only(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.execute("DELETE FROM origin")
    database.close()
