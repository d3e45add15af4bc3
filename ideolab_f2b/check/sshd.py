"""Checks that the sshd jail, for which the installer has written a section, reads what this host has."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.manifest import BLOCK
from ideolab_f2b.places import JAIL_LOCAL, NO_LOG, reinstall

#: Debian's; a jail that reads another one is the admin's
AUTH_LOG = Path("/var/log/auth.log")
_SECTION = re.compile(r"^\[sshd\]\n(.*?)(?=^\[|^# <<<|\Z)", re.M | re.S)
#: seconds; the journal may have many files
_PATIENCE_S = 20.0


def section(text: str) -> Optional[str]:
    """Return what our block of jail.local says of the sshd jail; None when it says nothing. Pure."""
    block = BLOCK.search(text.encode())
    found = _SECTION.search(block[0].decode()) if block else None
    return found[1] if found else None


def sshd_jail(_settings: Settings, path: Path = Path(JAIL_LOCAL)) -> Iterator[Verdict]:
    """Check the jail where the installer had to switch it off, or to let it begin without its log."""
    written = section(path.read_text("utf-8", "replace")) if path.exists() else None
    if written is None or "backend = systemd" in written:
        return
    is_off = "enabled = false" in written
    try:
        logs = "" if is_off else fail2ban_client.ask("get", "sshd", "logpath")
    except fail2ban_client.ClientError as error:
        yield unknown("sshd jail", str(error))
        return
    has_source = AUTH_LOG.exists() or has_journal()
    verdict = judge(has_source, is_off=is_off, reads_log=logs.replace(NO_LOG, "").count("/") > 0)
    if verdict:
        yield verdict


def judge(has_source: bool, *, is_off: bool, reads_log: bool) -> Optional[Verdict]:
    """Return the verdict; None where the host has no log of sshd, as the installer has said. Pure."""
    if reads_log:
        return ok("sshd jail", "reads a log")
    if not has_source:
        return None
    state = "is off" if is_off else "reads no log"
    return wrong(
        "sshd jail",
        f"{state}, though this host has a log of sshd now",
        f"{reinstall()}; fail2ban-client reload",
    )


def has_journal() -> bool:
    """Return whether fail2ban's Python can read an entry of a journal."""
    try:
        words = [fail2ban_client.python(), "-c", fail2ban_client.READ_JOURNAL]
        return subprocess.run(words, capture_output=True, timeout=_PATIENCE_S).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False
