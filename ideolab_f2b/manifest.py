"""The record of an install: what was written, and what stood there before. Uninstall and check read it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional

from ideolab_f2b import files

PATH = Path("/var/lib/ideolab-f2b.manifest.json")
BEGIN = "# >>> ideolab-f2b"
END = "# <<< ideolab-f2b"
#: the part of the pack in a file that belongs to the admin; what follows a first line without its last is his
BLOCK = re.compile(
    rb"^# >>> ideolab-f2b\n(?:(?!# >>> ideolab-f2b\n).)*?^# <<< ideolab-f2b(?:\n|\Z)", re.S | re.M
)


class ManifestError(ValueError):
    """There is a manifest, and it cannot be read."""


@dataclass(frozen=True)
class Saved:
    """What stood at a path: a file by its content, a link by its target, a directory by neither."""

    mode: int
    uid: int
    gid: int
    content: Optional[bytes] = None
    link: Optional[str] = None

    @classmethod
    def of(cls, path: Path) -> Optional[Saved]:
        """Read what stands at a path; None where nothing does."""
        try:
            found = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        kept = cls(stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)
        if stat.S_ISLNK(found.st_mode):
            return cls(kept.mode, kept.uid, kept.gid, link=os.readlink(path))
        if stat.S_ISREG(found.st_mode):
            return cls(kept.mode, kept.uid, kept.gid, content=files.read(path))
        return kept


@dataclass(frozen=True)
class Entry:
    """One thing that the installer put in place: its kind, its path, the digest of what was written."""

    kind: str
    path: str
    digest: str = ""
    before: Optional[Saved] = None


class InstallOptions(NamedTuple):
    """What the last install was asked for.

    `sudo_for` is the user who may run the helper as root, `web_group` the group of the site that writes
    traship.log; None: nobody.
    """

    nginx: bool = False
    sudo_for: Optional[str] = None
    web_group: Optional[str] = None
    no_start: bool = False
    containers: bool = False


@dataclass(frozen=True)
class Manifest:
    """The entries in the order in which they were put, and which services ran before the first install.

    `options` is None in the manifest of a version that did not store them.
    """

    version: str = ""
    entries: tuple[Entry, ...] = ()
    services: Mapping[str, bool] = field(default_factory=dict)
    options: Optional[InstallOptions] = None

    def by_path(self) -> dict[str, Entry]:
        """Return {path: its entry}."""
        return {entry.path: entry for entry in self.entries}


def below(root: Path) -> Path:
    """Return the path of the manifest below a root directory."""
    return files.follow(root / str(PATH).lstrip("/"), root)


def load(path: Path = PATH) -> Optional[Manifest]:
    """Read the manifest; None when nothing was installed, ManifestError when it cannot be read."""
    try:
        return _manifest(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ManifestError(
            f"{path}: no manifest of ideolab-f2b ({error!r}); restore or delete it"
        ) from error


def save(manifest: Manifest, path: Path = PATH) -> None:
    """Write the manifest in one step; only root can read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {**asdict(manifest), "options": manifest.options and manifest.options._asdict()}
    text = json.dumps(record, indent=1, default=_text) + "\n"
    # it may hold the content of files that not everybody may read
    files.replace(path, text.encode("utf-8"), 0o600)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"{value!r} cannot be stored in a manifest")


def _manifest(stored: Mapping[str, Any]) -> Manifest:
    entries = tuple(map(_entry, stored["entries"]))
    return Manifest(stored["version"], entries, dict(stored["services"]), _options(stored.get("options")))


def _options(stored: Optional[Mapping[str, Any]]) -> Optional[InstallOptions]:
    if stored is None:
        return None
    # a newer version may have stored more of them
    return InstallOptions(**{name: stored[name] for name in InstallOptions._fields if name in stored})


def _entry(stored: Mapping[str, Any]) -> Entry:
    before = stored["before"]
    if before is not None:
        content = before["content"]
        before = Saved(**{**before, "content": None if content is None else base64.b64decode(content)})
    return Entry(stored["kind"], stored["path"], stored["digest"], before)


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a content, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def digest_of_tree(contents: Mapping[str, bytes]) -> str:
    """Return one digest of {relative path: content}."""
    whole = hashlib.sha256()
    for name in sorted(contents):
        whole.update(f"{name}\0{digest_of(contents[name])}\n".encode())
    return whole.hexdigest()


def read_tree(top: Path) -> dict[str, bytes]:
    """Return {relative path: content} of a directory, without what Python compiles into it."""
    return {
        str(path.relative_to(top)): path.read_bytes()
        for path in sorted(top.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def _digest_of_block(path: Path) -> str:
    found = BLOCK.search(files.read(path))
    return digest_of(found[0]) if found else ""


def _digest_of_file(path: Path) -> str:
    # a link in the place of a file is not what was written, whatever it leads to today
    return "" if path.is_symlink() else digest_of(files.read(path))


def _digest_of_link(path: Path) -> str:
    return digest_of(os.fsencode(os.readlink(path))) if path.is_symlink() else ""


_DIGEST: Mapping[str, Callable[[Path], str]] = {
    "file": _digest_of_file,
    "link": _digest_of_link,
    "tree": lambda path: digest_of_tree(read_tree(path)),
    "block": _digest_of_block,
}


def digest(kind: str, path: Path) -> Optional[str]:
    """Return the digest of what stands at a path now.

    None when nothing does, "" for a kind without a digest and for what is of another kind.
    """
    if not os.path.lexists(path):
        return None
    try:
        return _DIGEST[kind](path) if kind in _DIGEST else ""
    except files.NotRegularError:
        return ""
