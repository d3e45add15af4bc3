"""A marked block of ours in a file that belongs to the admin."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from ideolab_f2b import files
from ideolab_f2b.install.site import CHANGED, CREATED, KEPT, Site, Undo, before, restore
from ideolab_f2b.manifest import BEGIN, BLOCK, END, Entry, Saved, digest_of


@dataclass(frozen=True)
class Block:
    """`text` is what stands between the marks."""

    path: str
    text: str

    @property
    def marked(self) -> bytes:
        """The block with its first and its last line."""
        return f"{BEGIN}\n{self.text}{END}\n".encode()

    def verb(self, site: Site) -> str:
        """Return whether `put` creates or changes the block, or keeps it."""
        found = BLOCK.search(_read(site.at(self.path)))
        if found is None:
            return CREATED
        return KEPT if found[0] == self.marked or edited_block(site, self.path) else CHANGED

    def note(self, site: Site) -> str:
        """Return what the printed line adds, such as that the admin has changed the block."""
        if edited_block(site, self.path) not in (None, self.marked):
            return "our block, changed by you; delete it and install again to get ours"
        return "our block" if _read(site.at(self.path)) else ""

    def put(self, site: Site) -> Undo:
        """Write the block into the file; return how to undo it."""
        path = site.at(self.path)
        stood = Saved.of(path)
        mode, uid, gid = (stood.mode, stood.uid, stood.gid) if stood else (0o644, -1, -1)
        files.replace(path, insert(_read(path), self.marked), mode, uid=uid, gid=gid)
        return functools.partial(restore, path, stood)

    def entry(self, site: Site) -> Entry:
        """Return what the manifest records."""
        if edited_block(site, self.path) is not None:
            return site.earlier[self.path]
        return Entry("block", self.path, digest_of(self.marked), before(site, self.path))


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def edited_block(site: Site, path: str) -> bytes | None:
    """Return the block as the admin has changed it since we wrote it; None when it is as we wrote it."""
    found, earlier = BLOCK.search(_read(site.at(path))), site.earlier.get(path)
    return found[0] if found and earlier and digest_of(found[0]) != earlier.digest else None


def insert(text: bytes, marked: bytes) -> bytes:
    """Put the block in the place of the one that is there, else at the end of the text."""
    if BLOCK.search(text):
        return BLOCK.sub(lambda _found: marked, text, count=1)
    if not text:
        return marked
    return text.rstrip(b"\n") + b"\n\n" + marked


def strip(text: bytes) -> bytes:
    """Return the admin's text without the block."""
    return BLOCK.sub(b"", text, count=1)


def remove(entry: Entry, site: Site) -> None:
    """Take the block out; where the admin has not changed the rest, the file is to the byte what it was."""
    path = site.at(entry.path)
    rest, was = strip(_read(path)), entry.before
    if was is None and not rest.strip():
        path.unlink(missing_ok=True)
    elif was is not None and was.content is not None and rest.rstrip(b"\n") == was.content.rstrip(b"\n"):
        restore(path, was)
    elif rest != _read(path):
        stood = Saved.of(path)
        mode, uid, gid = (stood.mode, stood.uid, stood.gid) if stood else (0o644, -1, -1)
        files.replace(path, rest.rstrip(b"\n") + b"\n", mode, uid=uid, gid=gid)
