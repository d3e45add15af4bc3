"""The root directory that an install writes to, and the owners of the files in it."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ideolab_f2b import files
from ideolab_f2b.manifest import Entry, Saved

CREATED, CHANGED, KEPT, REMOVED = "created", "changed", "kept", "removed"
Undo = Callable[[], None]
#: the id of a user that the plan creates: nothing belongs to it yet
_UNKNOWN = -2


@dataclass(frozen=True)
class Site:
    """A root, and what an earlier install wrote there. Owners are set on the running system only."""

    root: Path = Path("/")
    earlier: Mapping[str, Entry] = field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        """Whether this is the running system and not a staging directory."""
        return self.root == Path("/")

    def at(self, path: str) -> Path:
        """Return where a path of the host is below this root, also where a link is on the way.

        OSError for a link on the way that others than root could change.
        """
        return files.follow(self.root / path.lstrip("/"), self.root)

    def own(self, path: str) -> Path:
        """Return where a file of root's is; OSError where a link leads to what others can write."""
        return files.follow_to_own(self.root / path.lstrip("/"), self.root)

    def behind(self, path: str) -> Path:
        """Return the file that a link at `path` leads to, if only root can write it and its directories."""
        return files.follow_to_own(self.root / path.lstrip("/"), self.root, has_last=True)

    def leads_to(self, path: str) -> Path:
        """Return the file or directory that a link at `path` leads to, whoever owns that."""
        return files.follow(self.root / path.lstrip("/"), self.root, has_last=True)

    def owner(self, user: str, group: str) -> tuple[int, int]:
        """Return the ids, or -1 (leave it) in a staging directory, whose passwd file is not this system's."""
        if not self.is_live:
            return -1, -1
        return _uid(user), _gid(group)


class Step(Protocol):
    """One thing to put in place; the installer calls `verb`, `note` and `entry` before `put`."""

    @property
    def path(self) -> str:
        """The path of the thing on the host."""

    def verb(self, site: Site) -> str:
        """Return what `put` would do: CREATED, CHANGED or KEPT. Changes nothing."""

    def note(self, site: Site) -> str:
        """Return what the printed line adds, or ""."""

    def put(self, site: Site) -> Undo:
        """Put the thing in place; return how to undo that."""

    def entry(self, site: Site) -> Entry | None:
        """Return what uninstall must know; None for a thing that was there before and is not ours."""


def _uid(name: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return _UNKNOWN


def _gid(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        # `adm` is Debian's; elsewhere the log stays with its owner's group
        return -1 if name == "adm" else _UNKNOWN


def before(site: Site, path: str, place: Path | None = None) -> Saved | None:
    """Return what stood at a path before the first install: uninstall restores it.

    `place` is where the path leads if that is what is changed, and not a link that stands there.
    """
    earlier = site.earlier.get(path)
    return earlier.before if earlier else Saved.of(place or site.at(path))


def restore(path: Path, saved: Saved | None) -> None:
    """Make a path what it was: nothing, a file or a link. A directory gets its old owner and mode."""
    if saved is None or saved.link is not None:
        path.unlink(missing_ok=True)
    if saved is None:
        return
    if saved.link is not None:
        os.symlink(saved.link, path)
    elif saved.content is not None:
        files.replace(path, saved.content, saved.mode, uid=saved.uid, gid=saved.gid)
    else:
        set_access(path, saved.mode, saved.uid, saved.gid)


def set_access(directory: Path, mode: int, uid: int, gid: int) -> None:
    """Set mode and owner of a directory; OSError for a link, which its owner could lead to any other."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fchown(descriptor, uid, gid)
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)
