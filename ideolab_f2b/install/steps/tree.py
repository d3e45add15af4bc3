"""A directory that is replaced as a whole: the package, and the files that it installs from."""

from __future__ import annotations

import compileall
import functools
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ideolab_f2b.install.site import CHANGED, CREATED, KEPT, Site, Undo, before, restore
from ideolab_f2b.manifest import Entry, digest, digest_of_tree


@dataclass(frozen=True)
class Tree:
    """`files` is {path below the directory: content}."""

    path: str
    files: Mapping[str, bytes] = field(repr=False)

    def verb(self, site: Site) -> str:
        """Return whether `put` creates or changes the directory, or keeps it."""
        path = site.own(self.path)
        now = digest("tree", path)
        if now is None:
            return CREATED
        # what a link leads to, such as a checkout, may be somebody else's tomorrow
        return KEPT if not path.is_symlink() and now == digest_of_tree(self.files) else CHANGED

    def note(self, site: Site) -> str:
        """Say how many files it has."""
        return f"{len(self.files)} files"

    def put(self, site: Site) -> Undo:
        """Write the new directory and move it to its place; return how to undo it."""
        path = site.own(self.path)
        new, old = path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")
        for left_over in (new, old):
            _discard(left_over)
        self._write(new, site)
        if os.path.lexists(path):
            os.rename(path, old)
        os.rename(new, path)
        return functools.partial(_restore_old, path, old)

    def _write(self, top: Path, site: Site) -> None:
        top.mkdir(parents=True)
        for name, content in self.files.items():
            path = top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for path in (top, *top.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
            os.chown(path, *site.owner("root", "root"))
        # now, because the users who run it cannot write here; the traceback names the final place
        compileall.compile_dir(str(top), ddir=self.path, quiet=2)

    def commit(self, site: Site) -> None:
        """Remove the old directory; after this `put` cannot be undone."""
        path = site.own(self.path)
        _discard(path.with_name(f".{path.name}.old"))

    def entry(self, site: Site) -> Entry:
        """Return what the manifest records."""
        stood = before(site, self.path)
        # an older directory is ours; a link or a file in its place comes back
        is_others = stood is not None and (stood.link is not None or stood.content is not None)
        return Entry("tree", self.path, digest_of_tree(self.files), stood if is_others else None)


def _discard(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def _restore_old(path: Path, old: Path) -> None:
    shutil.rmtree(path)
    if os.path.lexists(old):
        os.rename(old, path)


def remove(entry: Entry, site: Site) -> None:
    """Remove the directory with all that is in it; restore the link or the file that stood there before."""
    path = site.own(entry.path)
    _discard(path)
    if entry.before is not None:
        restore(path, entry.before)
