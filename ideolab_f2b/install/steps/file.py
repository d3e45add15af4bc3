"""A file of the pack."""

from __future__ import annotations

import contextlib
import functools
import os
from dataclasses import dataclass
from pathlib import Path

from ideolab_f2b import files
from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.site import CHANGED, CREATED, KEPT, Site, Undo, before, restore
from ideolab_f2b.manifest import Entry, Saved, digest, digest_of


@dataclass(frozen=True)
class File:
    """A file of root's. `is_setting`: it belongs to the admin, so that one that was there first is kept."""

    path: str
    content: bytes
    mode: int = 0o644
    is_setting: bool = False

    def verb(self, site: Site) -> str:
        """Return whether `put` creates or changes the file, or keeps it."""
        self._require_file(site)
        now = digest("file", site.at(self.path))
        if now is None:
            return CREATED
        return KEPT if now == digest_of(self.content) or self._is_admins(site, now) else CHANGED

    def _require_file(self, site: Site) -> None:
        """Raise InstallError for what is no file: it could not come back at the end."""
        path = site.own(self.path)
        place = site.leads_to(self.path) if self.is_setting else path
        is_there = os.path.lexists(path)
        if is_there and not place.is_file() and (self.is_setting or not path.is_symlink()):
            raise InstallError(f"{self.path} is no file, nor a link to one: move it away, then install again")

    def note(self, site: Site) -> str:
        """Say so when the admin has changed the file."""
        now = digest("file", site.at(self.path))
        if now is None or now == digest_of(self.content) or not self._is_admins(site, now):
            return ""
        return "changed by you; the pack's own is in /usr/local/lib/ideolab-f2b"

    def _is_admins(self, site: Site, now: str) -> bool:
        """Return whether the admin changed a configuration file since we wrote it; code is always ours."""
        earlier = site.earlier.get(self.path)
        if earlier is None:
            return self.is_setting
        return earlier.digest != now and self.path.startswith("/etc/") and not self.path.endswith(".py")

    def put(self, site: Site) -> Undo:
        """Write the file; return how to undo it."""
        path = site.own(self.path)
        stood = Saved.of(path)
        uid, gid = site.owner("root", "root")
        files.replace(path, self.content, self.mode, uid=uid, gid=gid)
        return functools.partial(restore, path, stood)

    def entry(self, site: Site) -> Entry | None:
        """Return what the manifest records; None for a file of the admin's."""
        if self.note(site):
            return site.earlier.get(self.path)
        # what is ours to the byte and in no manifest was left by an install that did not end
        stood = before(site, self.path) if self.path in site.earlier or self.verb(site) == CHANGED else None
        return Entry("file", self.path, digest_of(self.content), stood)


def remove(entry: Entry, site: Site) -> None:
    """Remove the file and what Python compiled from it; restore what stood there before."""
    path = site.own(entry.path)
    restore(path, entry.before)
    if path.suffix == ".py":
        _delete_pyc(path)
    if path.parent.name == "init.d" and not path.exists():
        _delete_rc_links(path)


def _delete_rc_links(path: Path) -> None:
    """Remove the links of a script that is gone: `systemctl enable` makes them where there is a script."""
    for link in path.parent.parent.glob("rc[0-6S].d/[SK][0-9][0-9]" + path.name):
        if link.is_symlink() and not link.exists():
            link.unlink()


def _delete_pyc(path: Path) -> None:
    """Remove what Python compiled when fail2ban loaded the file."""
    cache = path.parent / "__pycache__"
    for compiled in cache.glob(f"{path.stem}.*.pyc"):
        compiled.unlink()
    with contextlib.suppress(OSError):
        cache.rmdir()
