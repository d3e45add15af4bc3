"""A symbolic link of the pack."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass

from ideolab_f2b.install.site import CHANGED, CREATED, KEPT, Site, Undo, before, restore
from ideolab_f2b.manifest import Entry, Saved, digest, digest_of


@dataclass(frozen=True)
class Link:
    """A link from `path` to `target`, which need not exist yet."""

    path: str
    target: str

    def verb(self, site: Site) -> str:
        """Return whether `put` creates or changes the link, or keeps it."""
        path = site.at(self.path)
        if not os.path.lexists(path):
            return CREATED
        return KEPT if path.is_symlink() and os.readlink(path) == self.target else CHANGED

    def note(self, site: Site) -> str:
        """Say where the link points to."""
        return f"-> {self.target}"

    def put(self, site: Site) -> Undo:
        """Make the link; return how to undo it."""
        path = site.at(self.path)
        stood = Saved.of(path)
        restore(path, None)
        os.symlink(self.target, path)
        return functools.partial(restore, path, stood)

    def entry(self, site: Site) -> Entry:
        """Return what the manifest records."""
        return Entry("link", self.path, digest_of(self.target.encode()), before(site, self.path))


def remove(entry: Entry, site: Site) -> None:
    """Remove the link and restore what stood there before; leave what somebody else put there since."""
    # what took the link's place is not ours
    if digest(entry.kind, site.at(entry.path)) == entry.digest:
        restore(site.at(entry.path), entry.before)
