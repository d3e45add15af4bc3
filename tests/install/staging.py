"""A staging directory with a fail2ban, and the verbs that fill and empty it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ideolab_f2b import cli
from ideolab_f2b.manifest import Saved

MANIFEST = "var/lib/ideolab-f2b.manifest.json"


def tree(root: Path) -> dict[str, Saved | None]:
    """Everything below with mode and content."""
    return {str(path.relative_to(root)): Saved.of(path) for path in sorted(root.rglob("*"))}


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """With a fail2ban that has a jail.local of its own."""
    root = tmp_path / "root"
    (root / "etc" / "fail2ban").mkdir(parents=True)
    (root / "etc" / "fail2ban" / "jail.local").write_text("[DEFAULT]\nbantime = 1d\n")
    yield root


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, list[str], str]:
    """Run the command line in this process; return its exit code, lines and errors."""
    code = cli.main([str(word) for word in words])
    said = capsys.readouterr()
    return code, said.out.splitlines(), said.err
