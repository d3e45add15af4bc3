"""alert: the file that the intake touches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ideolab_f2b.connmon.pressure import alert


def test_the_age_is_that_of_the_file(tmp_path: Path) -> None:
    """No file: there was no alert. A file of the future: the clock was set, and nobody can say."""
    path = tmp_path / "worker-connections"
    assert alert.age_s(path) is None

    path.touch()
    os.utime(path, (100.0, 100.0))

    assert alert.age_s(path, lambda: 102.5) == 2.5
    assert alert.age_s(path, lambda: 99.5) == -0.5
    assert alert.age_s(path, lambda: 50.0) is None


def test_what_cannot_be_seen_is_an_error(tmp_path: Path) -> None:
    """It must not look like a server without an alert."""
    (tmp_path / "file").touch()

    with pytest.raises(NotADirectoryError):
        alert.age_s(tmp_path / "file" / "alert")
