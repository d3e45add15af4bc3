"""A directory; with `is_ours` uninstall removes all that is in it."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import stat
from dataclasses import dataclass

from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.site import CHANGED, CREATED, KEPT, Site, Undo, before, restore, set_access
from ideolab_f2b.manifest import Entry, Saved


@dataclass(frozen=True)
class Directory:
    """A directory that exists keeps its mode and owner, unless it is all ours."""

    path: str
    user: str = "root"
    group: str = "root"
    is_ours: bool = False
    mode: int = 0o755

    def verb(self, site: Site) -> str:
        """Return whether `put` creates or changes the directory, or keeps it."""
        path = site.leads_to(self.path)
        if not path.exists() and path != site.at(self.path):
            raise InstallError(f"{self.path} is a link to {path}, which is missing: make that directory")
        if not path.is_dir():
            return CREATED
        return CHANGED if self.is_ours and not self._fits(site) else KEPT

    def _fits(self, site: Site) -> bool:
        found = site.leads_to(self.path).stat()
        uid, gid = site.owner(self.user, self.group)
        return (
            stat.S_IMODE(found.st_mode) == self.mode
            and uid in (-1, found.st_uid)
            and gid in (-1, found.st_gid)
        )

    def note(self, site: Site) -> str:
        """Nothing: the line says it all."""
        return ""

    def put(self, site: Site) -> Undo:
        """Make the directory, with its owner and mode; return how to undo it."""
        path = site.leads_to(self.path)
        stood = Saved.of(path)
        path.mkdir(exist_ok=True)
        set_access(path, self.mode, *site.owner(self.user, self.group))
        return functools.partial(restore, path, stood) if stood else functools.partial(_drop, path)

    def entry(self, site: Site) -> Entry:
        """Return what the manifest records."""
        kind = "whole" if self.is_ours else "directory"
        return Entry(kind, self.path, "", before(site, self.path, site.leads_to(self.path)))


def _drop(path: os.PathLike[str]) -> None:
    with contextlib.suppress(OSError):
        os.rmdir(path)


def remove(entry: Entry, site: Site) -> None:
    """Remove the directory if an install made it and it is empty."""
    if entry.before is None:
        _drop(site.at(entry.path))


def remove_whole(entry: Entry, site: Site) -> None:
    """Remove the directory with its contents if an install made it; else restore its owner and mode."""
    path = site.at(entry.path)
    if entry.before is not None and entry.before.link is None:
        restore(site.leads_to(entry.path), entry.before)
    elif entry.before is None and path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
