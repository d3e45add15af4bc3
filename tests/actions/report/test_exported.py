"""exported: a .prom file read back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ideolab_f2b import metrics
from ideolab_f2b.actions.report import exported
from ideolab_f2b.metrics import Sample


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    """Also labels that had to be escaped."""
    path = tmp_path / "a.prom"
    labels = ("sshd", 'q"}\\\n x')
    metrics.write(path, [Sample("a_total", "A.", "counter", ("jail", "set"), {labels: 2e9})])

    assert exported.read(path) == {"a_total": {(("jail", "sshd"), ("set", 'q"}\\\n x')): 2e9}}


@pytest.mark.parametrize("text", ["", "# HELP a b", "a", 'a{b="c} 1', "a nan", "a{b=} x", "\0\xff"])
def test_what_is_no_metric_is_passed_over(text: str) -> None:
    """Somebody else may write in that directory."""
    assert exported.parse(text) == {}


def test_only_files_are_read(tmp_path: Path) -> None:
    """A FIFO would hold the thread for ever, a link would be followed by root."""
    fifo, link = tmp_path / "fifo", tmp_path / "link"
    os.mkfifo(fifo)
    (tmp_path / "a.prom").write_text("a_total 1\n")
    link.symlink_to(tmp_path / "a.prom")

    assert [exported.read(path) for path in (fifo, link, tmp_path / "none")] == [{}, {}, {}]
