"""A fail2ban configuration to try."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """The distribution's configuration with one jail of the admin's, whose shell action leaves a trace."""
    etc = tmp_path / "fail2ban"
    shutil.copytree("/etc/fail2ban", etc)
    for own in (*etc.glob("*.local"), *etc.glob("jail.d/*"), *etc.glob("*/*.local")):
        own.unlink()
    (tmp_path / "their.log").touch()
    (etc / "filter.d" / "theirs.conf").write_text("[Definition]\nfailregex = ^bad <ADDR>$\n")
    (etc / "action.d" / "trace.conf").write_text(f"[Definition]\nactionstart = touch {tmp_path}/trace\n")
    (etc / "jail.d" / "theirs.conf").write_text(
        f"[theirs]\nenabled = true\nfilter = theirs\nlogpath = {tmp_path}/their.log\naction = trace\n"
    )
    return etc
