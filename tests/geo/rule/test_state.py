"""What is remembered of a list: written, read back, broken, forgotten."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ideolab_f2b.geo.rule import applied_list
from ideolab_f2b.geo.rule.plan import RuleProblemError
from ideolab_f2b.geo.rule.state import APPLIED, TRIAL, StateFiles
from tests.geo.rule.conftest import make_list
from tests.geo.rule.test_applied_list import ONE


def test_save_and_load(tmp_path: Path) -> None:
    """Settings and prefixes come back as they were; the files are root's alone."""
    files = StateFiles(tmp_path / "geo")
    assert (files.load(APPLIED), files.is_any()) == (None, False)

    files.save(APPLIED, ONE, make_list())

    assert files.load(APPLIED) == ONE
    found = files.load_list(APPLIED)
    assert [list(found.prefixes(version)) for version in (4, 6)] == [
        list(make_list().prefixes(version)) for version in (4, 6)
    ]
    assert files.is_any()
    assert stat.S_IMODE((tmp_path / "geo/applied.json").stat().st_mode) == 0o600


def test_trial(tmp_path: Path) -> None:
    """A trial becomes what is applied, or is forgotten."""
    files = StateFiles(tmp_path)
    files.save(TRIAL, ONE, make_list())
    files.keep_trial()
    assert (files.load(TRIAL), files.load(APPLIED)) == (None, ONE)
    files.forget(APPLIED, TRIAL)
    assert sorted(path.name for path in tmp_path.iterdir()) == []


def test_nobody_else_holds_the_lock(tmp_path: Path) -> None:
    """Who may open a file for reading may lock it: a list could never be confirmed, paused or removed."""
    lock = tmp_path / "lock"
    lock.touch(0o644)
    lock.chmod(0o644)

    for _turn in range(2):
        with StateFiles(tmp_path / "geo", lock).lock():
            assert stat.S_IMODE(lock.stat().st_mode) == 0o600
        lock.unlink()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"token": 1}', applied_list.pack(ONE).decode()[:40]],
)
def test_broken_files(tmp_path: Path, text: str) -> None:
    """The error names the file and the way out."""
    (tmp_path / "applied.json").write_text(text)
    with pytest.raises(
        RuleProblemError, match=r"applied\.json cannot be read: .*; sudo ideolab-f2b geo apply"
    ):
        StateFiles(tmp_path).load(APPLIED)
