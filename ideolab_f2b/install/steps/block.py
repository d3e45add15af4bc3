"""A marked block of ours in a file that belongs to the admin."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path

from ideolab_f2b import files
from ideolab_f2b.install.errors import InstallError
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
        found = BLOCK.search(_read(site, self.path))
        if found and (found[0] == self.marked or edited_block(site, self.path)):
            return KEPT
        _require_one_name(find(site, self.path))
        require_writable(site, self.path)
        return CHANGED if found else CREATED

    def note(self, site: Site) -> str:
        """Return what the printed line adds, such as that the admin has changed the block."""
        if edited_block(site, self.path) not in (None, self.marked):
            return "our block, changed by you; delete it and install again to get ours"
        place = find(site, self.path)
        if not place.exists():
            return ""
        where = f", in {place}" if place != site.at(self.path) else ""
        # as an older version left it where there was a link
        is_open = place.stat().st_mode & 0o002
        return f"our block{where}{'; every user can write it: chmod o-w it' if is_open else ''}"

    def put(self, site: Site) -> Undo:
        """Write the block into the file; return how to undo it."""
        place = find(site, self.path)
        stood = Saved.of(place)
        _edit(place, insert(_read(site, self.path), self.marked))
        return functools.partial(restore, place, stood)

    def entry(self, site: Site) -> Entry:
        """Return what the manifest records."""
        if edited_block(site, self.path) is not None:
            return site.earlier[self.path]
        return Entry(
            "block", self.path, digest_of(self.marked), before(site, self.path, find(site, self.path))
        )


def find(site: Site, path: str) -> Path:
    """Return the file that has the block or gets it: a link is kept, and the file that it leads to is edited.

    InstallError where that is no file; OSError where others than root could choose or write it.
    """
    place = site.leads_to(path)
    if place.exists() and not place.is_file():
        raise InstallError(f"{path} is no file, nor a link to one: move it away, then try again")
    place = site.behind(path)
    if not place.exists() and place != site.at(path):
        raise InstallError(f"{path} is a link to {place}, which is missing: make that, or remove the link")
    return place


def _require_one_name(place: Path) -> None:
    if place.exists() and place.stat().st_nlink > 1:
        raise InstallError(
            f"{place} has another name (a hard link), which would keep the old text: end that with"
            f" cp -p {place} {place}.new && mv {place}.new {place}"
        )


def require_writable(site: Site, path: str) -> None:
    """Raise InstallError for a file that not even root can change: read-only, or immutable."""
    place = find(site, path)
    if not all(os.access(one, os.W_OK) for one in (place, place.parent) if one.exists()):
        raise InstallError(f"{place} cannot be written: put a file that root can write in its place")
    if _is_mount_point(place):
        raise InstallError(
            f"{place} is a mount point: mount its directory, or write our block there yourself"
        )


def _is_mount_point(place: Path) -> bool:
    """Return whether the file itself is mounted, as a container has it; nothing can take its place then."""
    # not os.path.ismount: in an overlay a file has another device than its directory
    lines = Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines()
    return any(line.split()[4].replace("\\040", " ") == str(place) for line in lines)


def _edit(place: Path, text: bytes) -> None:
    """Replace the text; mode, owner, access list and security label stay as they are."""
    stood = Saved.of(place)
    mode, uid, gid = (stood.mode, stood.uid, stood.gid) if stood else (0o644, -1, -1)
    files.replace(place, text, mode, uid=uid, gid=gid, like=place if stood else None)


def _read(site: Site, path: str) -> bytes:
    place = find(site, path)
    return files.read(place) if place.exists() else b""


def edited_block(site: Site, path: str) -> bytes | None:
    """Return the block as the admin has changed it since we wrote it; None when it is as we wrote it."""
    found, earlier = BLOCK.search(_read(site, path)), site.earlier.get(path)
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
    text, was = _read(site, entry.path), entry.before
    rest, place = strip(text), find(site, entry.path)
    if was is None and not rest.strip():
        place.unlink(missing_ok=True)
    elif was is not None and was.content is not None and rest.rstrip(b"\n") == was.content.rstrip(b"\n"):
        _edit(place, was.content)
    elif rest != text:
        _edit(place, rest.rstrip(b"\n") + b"\n")
