"""state: the counters on disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ideolab_f2b import metrics
from ideolab_f2b.actions.report import state
from ideolab_f2b.actions.report.state import State


def test_there_and_back(tmp_path: Path) -> None:
    """With the last segment; only root reads it."""
    one = State(done=7)
    one.counters.count_ban("sshd", "ip", "inet")
    one.save(tmp_path)

    again, complaint = state.load(tmp_path, tmp_path / "none.prom")
    assert (again.counters.values, again.done, complaint) == (one.counters.values, 7, "")
    assert (tmp_path / "counters.json").stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["counters.json"]


def test_a_damaged_file_is_kept_aside(tmp_path: Path) -> None:
    """The last export says where to go on."""
    one = State()
    one.counters.count_ban("sshd", "ip", "inet")
    metrics.write(tmp_path / "a.prom", one.counters.collect())
    (tmp_path / "counters.json").write_text("{")

    again, complaint = state.load(tmp_path, tmp_path / "a.prom")
    assert again.counters.values == one.counters.values
    assert "counters.json cannot be used" in complaint and "kept as counters.json.corrupt" in complaint
    assert (tmp_path / "counters.json.corrupt").read_text() == "{"


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """A first start has nothing to load; a save says what is wrong."""
    found, complaint = state.load(tmp_path / "none", tmp_path / "a.prom")

    assert (found.done, complaint) == (0, "")
    with pytest.raises(OSError, match="No such file"):
        found.save(tmp_path / "none")


def test_what_a_killed_save_left_is_removed(tmp_path: Path) -> None:
    """And nothing else."""
    State(done=7).save(tmp_path)
    for name in (".counters.json.a1b2c3d4.tmp", ".counters.json.x.tmp", ".other.json.x.tmp", "spool.1.tmp"):
        (tmp_path / name).write_text("half")
    found, complaint = state.load(tmp_path, tmp_path / "none.prom")

    assert (found.done, complaint) == (7, "")
    assert sorted(os.listdir(tmp_path)) == [".other.json.x.tmp", "counters.json", "spool.1.tmp"]
