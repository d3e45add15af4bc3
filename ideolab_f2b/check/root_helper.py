"""Is ideolab-fw-ip root's alone, and is the rule that lets the web server call it one that sudo reads?"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.places import HELPER, NEVER_BAN, SUDOERS


class Owned(NamedTuple):
    """What counts of a file's stat."""

    uid: int
    mode: int


def helper(_settings: Settings) -> Iterator[Verdict]:
    """The program, the list of what is never banned, and the rule of sudo where there is one."""
    for path in (HELPER, NEVER_BAN):
        yield judge(Path(path), _owned(path))
    try:
        if os.path.exists(SUDOERS):
            yield judge_rule(_owned(SUDOERS), _complaint())
    except PermissionError as error:
        yield unknown("sudo rule", str(error))


def _owned(path: str) -> Optional[Owned]:
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Owned(found.st_uid, stat.S_IMODE(found.st_mode))


def judge(path: Path, found: Optional[Owned]) -> Verdict:
    """What a file's stat means: root runs it, or believes it. Pure."""
    check = f"helper {path.name}"
    if found is None:
        return wrong(check, f"{path} is missing", "ideolab-f2b install")
    if found.uid != 0 or found.mode & 0o022:
        return wrong(check, f"not only root can write {path}", f"chown root: {path}; chmod go-w {path}")
    return ok(check, str(path))


def judge_rule(found: Optional[Owned], complaint: str) -> Verdict:
    """What stands in sudoers.d. Pure."""
    if complaint:
        return wrong("sudo rule", complaint, f"rm {SUDOERS}; ideolab-f2b install --sudo-for www-data")
    if found is None or found.uid != 0 or found.mode & 0o022:
        return wrong(
            "sudo rule", f"{SUDOERS} is not root's alone", f"chown root: {SUDOERS}; chmod 440 {SUDOERS}"
        )
    return ok("sudo rule", SUDOERS)


def _complaint() -> str:
    if shutil.which("visudo") is None:
        return ""
    done = subprocess.run(
        ["visudo", "-c", "-q", "-f", SUDOERS], capture_output=True, text=True, errors="replace", timeout=30
    )
    return (done.stdout + done.stderr).strip() if done.returncode else ""
