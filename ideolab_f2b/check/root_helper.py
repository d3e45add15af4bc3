"""Checks that only root can write ideolab-fw-ip, and that sudo can read the rule for it."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.places import HELPER, NEVER_BAN, SUDOERS

#: what follows the helper in the list of a rule, up to the next command
_COMMAND = re.compile(rf"(?<!!){re.escape(HELPER)}(?=[\s,]|$)([^,]*)")
#: no argument, or arguments without any of sudo's wildcards
_ARGUMENTS = re.compile(r'""|(?:--socket /[\w./-]+)?\s*(?:--all-ideolab-jails)?(?<=\S)')
_CONTINUED = re.compile(r"\\\n")


class FileOwner(NamedTuple):
    """The part of a file's stat that matters."""

    uid: int
    mode: int


def helper(_settings: Settings) -> Iterator[Verdict]:
    """Check the program, the list of what is never banned, and the sudo rule where there is one."""
    for path in (HELPER, NEVER_BAN):
        yield judge(Path(path), _owner(path))
    try:
        if os.path.exists(SUDOERS):
            text = Path(SUDOERS).read_text(errors="replace")
            yield judge_rule(_owner(SUDOERS), _test_rule() or find_wide_rule(text))
    except PermissionError as error:
        yield unknown("sudo rule", str(error))


def _owner(path: str) -> Optional[FileOwner]:
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return FileOwner(found.st_uid, stat.S_IMODE(found.st_mode))


def judge(path: Path, found: Optional[FileOwner]) -> Verdict:
    """Return the verdict on a file that root runs or reads, from its owner and mode. Pure."""
    check = f"helper {path.name}"
    if found is None:
        return wrong(check, f"{path} is missing", "ideolab-f2b install")
    if found.uid != 0 or found.mode & 0o022:
        return wrong(check, f"others than root can write {path}", f"chown root: {path}; chmod go-w {path}")
    return ok(check, str(path))


def judge_rule(found: Optional[FileOwner], complaint: str) -> Verdict:
    """Return the verdict on the sudo rule from its owner and visudo's complaint ("" = none). Pure."""
    if complaint:
        return wrong("sudo rule", complaint, f"rm {SUDOERS}; ideolab-f2b install --sudo-for www-data")
    if found is None or found.uid != 0 or found.mode & 0o022:
        return wrong(
            "sudo rule",
            f"others than root can write {SUDOERS}",
            f"chown root: {SUDOERS}; chmod 440 {SUDOERS}",
        )
    return ok("sudo rule", SUDOERS)


def find_wide_rule(text: str) -> str:
    """Return what is wrong with a rule that lets its user choose the helper's arguments, or "". Pure."""
    for line in _CONTINUED.sub(" ", text).splitlines():
        words = line.split("#")[0]
        for given in _COMMAND.findall(words):
            if not _ARGUMENTS.fullmatch(given.strip()):
                return f'{words.strip()[:100]}: the rule must name all arguments, "" for none'
    return ""


def _test_rule() -> str:
    if shutil.which("visudo") is None:
        return ""
    done = subprocess.run(
        ["visudo", "-c", "-q", "-f", SUDOERS], capture_output=True, text=True, errors="replace", timeout=30
    )
    return (done.stdout + done.stderr).strip() if done.returncode else ""
