"""Writes the sudo rule that lets a web server run ideolab-fw-ip: only with --sudo-for, and tested first."""

from __future__ import annotations

import re
import shutil
import tempfile

from ideolab_f2b.install.errors import CommandError, InstallError
from ideolab_f2b.install.run import run
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.install.steps.user import exists
from ideolab_f2b.places import SUDOERS, install_command

#: the name of a user or group, as useradd takes it
USER_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_RULE = re.compile(rf"^{USER_NAME.pattern}( +ALL = \(root\) )", re.MULTILINE)


def require_user(site: Site, name: str) -> str:
    """Return the name of the user who gets the rule; InstallError when there is no such user, or no sudo."""
    if not USER_NAME.fullmatch(name):
        raise InstallError(f"--sudo-for {name}: this is not the name of a user")
    if site.is_live and shutil.which("visudo") is None:
        raise InstallError(f"--sudo-for: sudo is not installed; {install_command('sudo')}")
    if site.is_live and not exists(name):
        raise InstallError(f"--sudo-for {name}: there is no such user")
    return name


def step(source: Source, name: str) -> File:
    """Return the file of sudoers.d, with the user's name in it."""
    text = source.read("deploy/sudoers.d/ideolab-fw-ip").decode()
    return File(SUDOERS, _RULE.sub(rf"{name}\1", text).encode(), 0o440)


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
