"""Switches the timer on that puts the list back each minute, and off; nothing without systemd."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from ideolab_f2b.places import GEO_RULE_TIMER, find_program, runs_systemd

#: where the installer has put the unit
_UNIT = Path("/etc/systemd/system", GEO_RULE_TIMER)
_COMMAND_S = 30

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def switch(is_on: bool, run: Run = subprocess.run, unit: Path = _UNIT) -> list[str]:
    """Enable and start the timer, or stop and disable it; return what went wrong."""
    program = find_program("systemctl")
    if program is None or not runs_systemd() or not unit.exists():
        return []
    words = [program, "--quiet", "enable" if is_on else "disable", "--now", GEO_RULE_TIMER]
    try:
        done = run(words, capture_output=True, text=True, timeout=_COMMAND_S, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        return [f"{GEO_RULE_TIMER}: {error}"]
    if done.returncode == 0:
        return []
    said = (done.stderr or done.stdout).strip().splitlines() or [f"exit {done.returncode}"]
    return [f"{GEO_RULE_TIMER}: {said[0]}"]
