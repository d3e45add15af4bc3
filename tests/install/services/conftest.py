"""A PATH with programs of the test first in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.install.services.programs import Programs


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """A directory of programs that comes first in PATH."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    return Programs(tmp_path / "bin")
