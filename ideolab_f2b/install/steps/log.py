"""A log that must exist, because fail2ban does not start without it; its lines are never changed."""

from __future__ import annotations

import functools
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ideolab_f2b.files import NotRegularError
from ideolab_f2b.install.site import CHANGED, CREATED, KEPT, Site, Undo
from ideolab_f2b.manifest import Entry, Saved

#: the group, which is adm, may read
MODE = 0o640
_OPEN = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
#: what logrotate puts behind the name of a log
_ROTATED = re.compile(r"(\.[0-9]{1,4}|-[0-9-]{8,20})(\.gz)?")


@dataclass(frozen=True)
class Log:
    """A log with its owner and mode; `has_readers`: what logrotate has kept of it gets both too."""

    path: str
    user: str
    group: str
    mode: int = MODE
    has_readers: bool = False

    def verb(self, site: Site) -> str:
        """Return whether `put` creates or changes the log, or keeps it."""
        path = site.at(self.path)
        if not os.path.lexists(path):
            return CREATED
        is_kept = all(self._is_right(one, site) for one in (path, *self._list_older(path)))
        return KEPT if is_kept else CHANGED

    def _is_right(self, path: Path, site: Site) -> bool:
        found = path.lstat()
        uid, gid = site.owner(self.user, self.group)
        has_owner = uid in (-1, found.st_uid) and gid in (-1, found.st_gid)
        # a file of the right mode: a link or a pipe is refused by put()
        return has_owner and found.st_mode == stat.S_IFREG | self.mode

    def _list_older(self, path: Path) -> Iterator[Path]:
        if self.has_readers and path.parent.is_dir():
            for name in sorted(os.listdir(path.parent)):
                if name.startswith(path.name) and _ROTATED.fullmatch(name[len(path.name) :]):
                    yield path.with_name(name)

    def note(self, site: Site) -> str:
        """Return "": the printed line needs no addition."""
        return ""

    def put(self, site: Site) -> Undo:
        """Make the log if it is missing, and give it its owner and mode; return how to undo it."""
        path = site.at(self.path)
        was_there = os.path.lexists(path)
        self._give(path, site, os.O_CREAT)
        for older in self._list_older(path):
            self._give(older, site)
        return _leave if was_there else functools.partial(path.unlink, missing_ok=True)

    def _give(self, path: Path, site: Site, flags: int = 0) -> None:
        # the directory belongs to an unprivileged user, who may have put a link to somewhere else there, a
        # pipe on which we would wait, or a second name of any file
        descriptor = os.open(path, _OPEN | flags, self.mode)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
                raise NotRegularError(f"{path} is no regular file of one name: remove it")
            os.fchown(descriptor, *site.owner(self.user, self.group))
            os.fchmod(descriptor, self.mode)
        finally:
            os.close(descriptor)

    def entry(self, site: Site) -> Entry:
        """Return what the manifest records about the log."""
        earlier = site.earlier.get(self.path)
        if earlier:
            return earlier
        path = site.at(self.path)
        # that it was there counts, not its lines
        return Entry("log", self.path, "", _owner(path) if os.path.lexists(path) else None)


def _owner(path: Path) -> Saved:
    found = path.lstat()
    return Saved(stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)


def _leave() -> None:
    """Undo nothing: a log that was there stays."""


def remove(entry: Entry, site: Site) -> None:
    """Remove the log, unless it was there before the first install."""
    if entry.before is None:
        site.at(entry.path).unlink(missing_ok=True)
