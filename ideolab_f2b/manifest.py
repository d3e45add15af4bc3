"""What the installer wrote, and what stood there before: what install, uninstall and check agree on."""

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
from typing import Any, Callable, Optional

PATH = Path("/var/lib/ideolab-f2b.manifest.json")
BEGIN, END = "# >>> ideolab-f2b", "# <<< ideolab-f2b"
#: our part of a file that belongs to the admin
BLOCK = re.compile(rb"^# >>> ideolab-f2b\n.*?^# <<< ideolab-f2b(?:\n|\Z)", re.S | re.M)


class ManifestError(ValueError):
    """The manifest is there and cannot be used."""


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
        """None where nothing stands."""
        try:
            found = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        kept = cls(stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)
        if stat.S_ISLNK(found.st_mode):
            return cls(kept.mode, kept.uid, kept.gid, link=os.readlink(path))
        if stat.S_ISREG(found.st_mode):
            return cls(kept.mode, kept.uid, kept.gid, content=path.read_bytes())
        return kept


@dataclass(frozen=True)
class Entry:
    """One thing that the installer put there: kind, path, digest of what it wrote."""

    kind: str
    path: str
    digest: str = ""
    before: Optional[Saved] = None


@dataclass(frozen=True)
class Manifest:
    """All of them, in the order in which they were put, and what ran before the first install."""

    version: str = ""
    entries: tuple[Entry, ...] = ()
    services: Mapping[str, bool] = field(default_factory=dict)

    def by_path(self) -> dict[str, Entry]:
        return {entry.path: entry for entry in self.entries}


def load(path: Path = PATH) -> Optional[Manifest]:
    """None when nothing was installed."""
    try:
        return _manifest(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ManifestError(
            f"{path}: no manifest of ideolab-f2b ({error!r}); restore or delete it"
        ) from error


def save(manifest: Manifest, path: Path = PATH) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps(asdict(manifest), indent=1, default=_text) + "\n", encoding="utf-8")
    # it may hold the content of files that not everybody may read
    temporary.chmod(0o600)
    os.replace(temporary, path)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"{value!r} does not go into a manifest")


def _manifest(told: Mapping[str, Any]) -> Manifest:
    return Manifest(told["version"], tuple(map(_entry, told["entries"])), dict(told["services"]))


def _entry(told: Mapping[str, Any]) -> Entry:
    before = told["before"]
    if before is not None:
        content = before["content"]
        before = Saved(**{**before, "content": None if content is None else base64.b64decode(content)})
    return Entry(told["kind"], told["path"], told["digest"], before)


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest_of_tree(files: Mapping[str, bytes]) -> str:
    """One digest of {relative path: content}."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{name}\0{digest_of(files[name])}\n".encode())
    return whole.hexdigest()


def read_tree(top: Path) -> dict[str, bytes]:
    """{relative path: content} of a directory, without what Python compiles into it."""
    return {
        str(path.relative_to(top)): path.read_bytes()
        for path in sorted(top.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def _digest_of_block(path: Path) -> str:
    found = BLOCK.search(path.read_bytes())
    return digest_of(found[0]) if found else ""


def _digest_of_file(path: Path) -> str:
    return "" if path.is_dir() else digest_of(path.read_bytes())


def _digest_of_link(path: Path) -> str:
    return digest_of(os.fsencode(os.readlink(path))) if path.is_symlink() else ""


_DIGEST: Mapping[str, Callable[[Path], str]] = {
    "file": _digest_of_file,
    "link": _digest_of_link,
    "tree": lambda path: digest_of_tree(read_tree(path)),
    "block": _digest_of_block,
}


def digest(kind: str, path: Path) -> Optional[str]:
    """Of what stands there: None when it is missing, "" for what has no digest or is of another kind."""
    if not os.path.lexists(path):
        return None
    return _DIGEST[kind](path) if kind in _DIGEST else ""
