"""Why the last build failed."""

from __future__ import annotations

from pathlib import Path

from ideolab_f2b.geo import last_failure
from ideolab_f2b.geo.last_failure import BuildFailure


def test_a_failure_is_kept_until_a_build_is_good(tmp_path: Path) -> None:
    """Its first 500 characters."""
    last_failure.record(tmp_path, BuildFailure(12.5, "e" * 600))
    kept = last_failure.read(tmp_path)
    last_failure.clear(tmp_path)
    last_failure.clear(tmp_path)

    assert kept == (12.5, "e" * 500)
    assert last_failure.read(tmp_path) is None


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    """The error itself is told; a broken file is a failure too, and not a good build."""
    last_failure.record(tmp_path / "missing", BuildFailure(12.5, "x"))
    (tmp_path / "failed").write_bytes(b"\xff{")

    assert last_failure.read(tmp_path / "missing") is None
    assert last_failure.read(tmp_path) == (0.0, f"{tmp_path}/failed cannot be read")
