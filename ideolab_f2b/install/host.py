"""What this host has: the facts that the plan depends on."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from ideolab_f2b import fail2ban_client
from ideolab_f2b.install.site import Site
from ideolab_f2b.places import COLLECTORS, runs_systemd

_JOURNAL = """
from systemd import journal
reader = journal.Reader()
reader.seek_tail()
raise SystemExit(0 if reader.get_previous() else 1)
"""


@dataclass(frozen=True)
class Host:
    """`runs_systemd`: it is PID 1; `has_systemd`: it is installed, so that its units have a place."""

    runs_systemd: bool = True
    has_systemd: bool = True
    has_pyinotify: bool = True
    has_journal: bool = True
    collectors: tuple[str, ...] = ()


def probe(site: Site) -> Host:
    """Find out what the host has; a staging directory is taken for a host with all that is usual."""
    collectors = tuple(path for path in COLLECTORS if site.at(path).is_dir())
    if not site.is_live:
        return Host(runs_systemd=False, collectors=collectors)
    return Host(
        runs_systemd=runs_systemd(),
        has_systemd=runs_systemd() or Path("/lib/systemd/systemd").exists(),
        has_pyinotify=_runs("import pyinotify"),
        has_journal=_runs(_JOURNAL),
        collectors=collectors,
    )


def _runs(program: str) -> bool:
    """Return whether a program succeeds in fail2ban's Python."""
    try:
        words = [fail2ban_client.python(), "-c", program]
        return subprocess.run(words, capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False
