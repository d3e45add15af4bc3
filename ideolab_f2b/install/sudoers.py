"""The web server's way to ideolab-fw-ip: a rule of sudo, only when asked for and when sudo can read it."""

from __future__ import annotations

import pwd
import re
import shutil
import tempfile
from typing import Optional

from ideolab_f2b.install.run import CommandError, run
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.places import SUDOERS

_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_RULE = re.compile(r"^([a-z_][a-z0-9_-]{0,31})( +ALL = \(root\) )", re.MULTILINE)


class SudoersError(RuntimeError):
    """The rule cannot be placed; nothing was changed."""


def user(site: Site, asked: Optional[str]) -> Optional[str]:
    """Who gets the rule: who is asked for, or who has it from an earlier install; None: nobody."""
    if asked is None:
        return _earlier(site)
    if not _USER.fullmatch(asked):
        raise SudoersError(f"--sudo-for {asked}: that is no name of a user")
    if site.is_live and shutil.which("visudo") is None:
        raise SudoersError("--sudo-for, but sudo is not installed")
    if site.is_live and not _exists(asked):
        raise SudoersError(f"--sudo-for {asked}: there is no such user")
    return asked


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _earlier(site: Site) -> Optional[str]:
    path = site.at(SUDOERS)
    if SUDOERS not in site.earlier or not path.exists():
        return None
    found = _RULE.search(path.read_text("utf-8", "replace"))
    return found[1] if found else None


def step(source: Source, name: str) -> File:
    """The file, with the user's name in it."""
    text = source.read("deploy/sudoers.d/ideolab-fw-ip").decode()
    return File(SUDOERS, _RULE.sub(rf"{name}\2", text).encode(), 0o440)


def require_valid(file: File) -> None:
    """SudoersError when sudo could not read it: one bad file in sudoers.d can lock everybody out of sudo."""
    if shutil.which("visudo") is None:
        return
    with tempfile.NamedTemporaryFile(prefix="ideolab-sudoers-") as copy:
        copy.write(file.content)
        copy.flush()
        try:
            run("visudo", "-c", "-q", "-f", copy.name)
        except CommandError as error:
            raise SudoersError(str(error)) from error
