"""Checks that only root can write ideolab-fw-ip, and that sudo's rules for it can be read and are narrow."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.places import HELPER, NEVER_BAN, SUDOERS, install_command, reinstall

#: what follows the helper in the list of a rule, up to the next command
_COMMAND = re.compile(rf"(?<!!){re.escape(HELPER)}(?=[\s,]|$)([^,]*)")
#: no argument, or arguments without any of sudo's wildcards
_ARGUMENTS = re.compile(r'""|(?:--socket /[\w./-]+)?\s*(?:--all-ideolab-jails)?(?<=\S)')
_PATH = re.compile(r"/[^\s,]+")
_CONTINUED = re.compile(r"\\\n")
#: the files that sudo reads on Debian, beside those that name others
SUDOERS_FILES = ("/etc/sudoers", os.path.dirname(SUDOERS))


class FileOwner(NamedTuple):
    """The part of a file's stat that matters."""

    uid: int
    mode: int


def helper(_settings: Settings) -> Iterator[Verdict]:
    """Check the program, the list of what is never banned, and each file of sudo's that names the helper."""
    yield judge(Path(HELPER), _owner(HELPER))
    # it may be a link, whose own mode means nothing
    yield judge(Path(NEVER_BAN), _owner(os.path.realpath(NEVER_BAN)))
    try:
        for rules, text in find_rules(map(Path, SUDOERS_FILES)):
            if shutil.which("visudo") is None:
                yield unknown("sudo rule", f"{rules}: visudo is missing", install_command("sudo"))
                continue
            yield judge_rule(_owner(str(rules)), _test_rule(rules) or find_wide_rule(text), str(rules))
    except PermissionError as error:
        yield unknown("sudo rule", str(error))


def find_rules(places: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield each file and its text that says something of the helper, of those that sudo reads."""
    for place in places:
        # sudo passes over editors' copies
        inside = sorted(place.iterdir()) if place.is_dir() else [place] if place.exists() else []
        for path in inside:
            is_read = path == place or not ("." in path.name or path.name.endswith("~"))
            if is_read and path.is_file():
                text = path.read_text(errors="replace")
                if str(path) == SUDOERS or HELPER in text or find_wide_rule(text):
                    yield path, text


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
        return wrong(check, f"{path} is missing", reinstall())
    if found.uid != 0 or found.mode & 0o022:
        return wrong(check, f"others than root can write {path}", f"chown root: {path}; chmod go-w {path}")
    return ok(check, str(path))


def judge_rule(found: Optional[FileOwner], complaint: str, path: str = SUDOERS) -> Verdict:
    """Return the verdict on a file of sudo's from its owner and visudo's complaint ("" = none). Pure."""
    if complaint and path == SUDOERS:
        return wrong("sudo rule", complaint, f"rm {SUDOERS}; ideolab-f2b install --sudo-for www-data")
    if complaint:
        return wrong("sudo rule", f"{path}: {complaint}", f"visudo -f {path}")
    if found is None or found.uid != 0 or found.mode & 0o022:
        return wrong(
            "sudo rule", f"others than root can write {path}", f"chown root: {path}; chmod 440 {path}"
        )
    return ok("sudo rule", path)


def find_wide_rule(text: str) -> str:
    """Return what is wrong with a rule that lets its user choose the helper's arguments, or "". Pure."""
    for line in _CONTINUED.sub(" ", text).splitlines():
        words = line.split("#")[0]
        is_wide = any(not _ARGUMENTS.fullmatch(given.strip()) for given in _COMMAND.findall(words))
        if is_wide or any(map(_is_helper_by_wildcard, _PATH.findall(words))):
            return f'{words.strip()[:100]}: the rule must name all arguments, "" for none'
    return ""


def _is_helper_by_wildcard(path: str) -> bool:
    # whoever has all programs of a directory is an administrator
    directory, _slash, name = path.rpartition("/")
    is_ours = f"{directory}/" == HELPER[: len(directory) + 1] and name.startswith("ideolab")
    return is_ours and path != HELPER and fnmatch.fnmatchcase(HELPER, path)


def _test_rule(path: Path) -> str:
    done = subprocess.run(
        ["visudo", "-c", "-q", "-f", str(path)], capture_output=True, text=True, errors="replace", timeout=30
    )
    return (done.stdout + done.stderr).strip() if done.returncode else ""
