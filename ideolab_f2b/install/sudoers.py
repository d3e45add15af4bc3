"""The rule of sudo that lets a web server run ideolab-fw-ip: only when asked for, and tested first."""

from __future__ import annotations

import re
import shutil
import tempfile
from typing import Optional

from ideolab_f2b.install.errors import CommandError, InstallError
from ideolab_f2b.install.run import run
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.install.steps.user import exists
from ideolab_f2b.places import SUDOERS

_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_RULE = re.compile(r"^([a-z_][a-z0-9_-]{0,31})( +ALL = \(root\) )", re.MULTILINE)


def user(site: Site, asked: Optional[str]) -> Optional[str]:
    """Who gets the rule: who is asked for, or who has it from an earlier install; None: nobody."""
    if asked is None:
        return _earlier(site)
    if not _USER.fullmatch(asked):
        raise InstallError(f"--sudo-for {asked}: this is not the name of a user")
    if site.is_live and shutil.which("visudo") is None:
        raise InstallError("--sudo-for: sudo is not installed; apt-get install sudo")
    if site.is_live and not exists(asked):
        raise InstallError(f"--sudo-for {asked}: there is no such user")
    return asked


def _earlier(site: Site) -> Optional[str]:
    path = site.at(SUDOERS)
    if SUDOERS not in site.earlier or not path.exists():
        return None
    found = _RULE.search(path.read_text("utf-8", "replace"))
    return found[1] if found else None


def step(source: Source, name: str) -> File:
    """The file of sudoers.d, with the user's name in it."""
    text = source.read("deploy/sudoers.d/ideolab-fw-ip").decode()
    return File(SUDOERS, _RULE.sub(rf"{name}\2", text).encode(), 0o440)


def require_valid(file: File) -> None:
    """Test the rule: a bad file in sudoers.d can lock everybody out. InstallError when sudo refuses it."""
    if shutil.which("visudo") is None:
        return
    with tempfile.NamedTemporaryFile(prefix="ideolab-sudoers-") as copy:
        copy.write(file.content)
        copy.flush()
        try:
            run("visudo", "-c", "-q", "-f", copy.name)
        except CommandError as error:
            raise InstallError(str(error)) from error
