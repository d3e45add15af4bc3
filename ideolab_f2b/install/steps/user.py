"""The system user that connmon runs as: no login, no home, no rights."""

from __future__ import annotations

import functools
import grp
import pwd
from dataclasses import dataclass

from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.run import run
from ideolab_f2b.install.site import CREATED, KEPT, Site, Undo
from ideolab_f2b.manifest import Entry


@dataclass(frozen=True)
class User:
    """A user; `path` is its name."""

    path: str

    def verb(self, site: Site) -> str:
        """Return whether `put` creates or changes the user, or keeps it."""
        return KEPT if exists(self.path) or not site.is_live else CREATED

    def note(self, site: Site) -> str:
        """Say who makes the user."""
        return "system user" if site.is_live else "left to the installed system"

    def put(self, site: Site) -> Undo:
        """Make the user with useradd; return how to undo it."""
        group = ("--gid", self.path) if has_group(self.path) else ("--user-group",)
        places = ("--home-dir", "/nonexistent", "--no-create-home", "--shell", "/usr/sbin/nologin")
        run("useradd", "--system", *group, *places, self.path)
        return functools.partial(_delete, self.path)

    def entry(self, site: Site) -> Entry | None:
        """Return what the manifest records; None for a user that was there before."""
        is_ours = self.path in site.earlier or self.verb(site) == CREATED
        return Entry("user", self.path) if is_ours else None


def exists(name: str) -> bool:
    """Return whether the running system has a user of this name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def has_group(name: str) -> bool:
    """Return whether the running system has a group of this name."""
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def require_group(site: Site, name: str) -> None:
    """Raise InstallError for a user that has no group of its own, to which its files would belong."""
    if site.is_live and exists(name) and not has_group(name):
        raise InstallError(f"there is a user {name} and no group of this name: groupadd --system {name}")


def _delete(name: str) -> None:
    # a process of the user that is still ending does not keep it
    run("userdel", "--force", name)


def remove(entry: Entry, site: Site) -> None:
    """Remove the user from the running system."""
    if site.is_live and exists(entry.path):
        _delete(entry.path)
