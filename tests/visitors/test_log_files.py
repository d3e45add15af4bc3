"""Which logs there are, and the pieces of one."""

from __future__ import annotations

import os
from pathlib import Path

from ideolab_f2b.visitors import log_files


def test_newest_first(tmp_path: Path) -> None:
    """By the time of the last line, each once, however many names match."""
    for name, when in (("a.log", 100), ("a.log.1", 300), ("b.log", 200), ("old.log", 10)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (when, when))

    found = log_files.find((f"{tmp_path}/*.log", f"{tmp_path}/a*"), 50)

    assert [(one.path.name, one.written) for one in found] == [
        ("a.log.1", 300),
        ("b.log", 200),
        ("a.log", 100),
    ]


def test_pieces(tmp_path: Path) -> None:
    """The end of a long one."""
    path = tmp_path / "a.log"
    path.write_bytes(b"x" * 10 + b"y" * 20)

    assert b"".join(log_files.read_pieces(path, 20)) == b"y" * 20
    assert b"".join(log_files.read_pieces(path, 1000)) == b"x" * 10 + b"y" * 20
