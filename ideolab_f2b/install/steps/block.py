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
        return f"{BEGIN}\n{self.text}{END}\n".encode()

    def verb(self, site: Site) -> str:
        found = BLOCK.search(_read(site.at(self.path)))
        if found is None:
            return CREATED
        return KEPT if found[0] == self.marked or edited(site, self.path) else CHANGED

    def note(self, site: Site) -> str:
        if edited(site, self.path) not in (None, self.marked):
            return "our block, changed by you; take it out to have it written anew"
        return "our block" if _read(site.at(self.path)) else ""

    def put(self, site: Site) -> Undo:
        path = site.at(self.path)
        stood = Saved.of(path)
        mode, uid, gid = (stood.mode, stood.uid, stood.gid) if stood else (0o644, -1, -1)
        files.replace(path, insert(_read(path), self.marked), mode, uid=uid, gid=gid)
        return functools.partial(restore, path, stood)

    def entry(self, site: Site) -> Entry:
        if edited(site, self.path) is not None:
            return site.earlier[self.path]
        return Entry("block", self.path, digest_of(self.marked), before(site, self.path))


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def edited(site: Site, path: str) -> bytes | None:
    """The block as the admin has changed it since we wrote it, if so."""
    found, earlier = BLOCK.search(_read(site.at(path))), site.earlier.get(path)
    return found[0] if found and earlier and digest_of(found[0]) != earlier.digest else None


def insert(text: bytes, marked: bytes) -> bytes:
    """In the place of the block that is there, else at the end."""
    if BLOCK.search(text):
        return BLOCK.sub(lambda _found: marked, text, count=1)
    if not text:
        return marked
    return text.rstrip(b"\n") + b"\n\n" + marked


def strip(text: bytes) -> bytes:
    """The admin's text without the block."""
    return BLOCK.sub(b"", text, count=1)


def remove(entry: Entry, site: Site) -> None:
    """To the byte what it was, when the admin has not changed the rest since."""
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
