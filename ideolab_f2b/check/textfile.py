"""Checks that node_exporter finds the metrics of connmon and can read them, in a container as well."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.places import COLLECTORS, SERVICE, find_compose, restart

CHECK = "textfile"
#: the option of node_exporter; Debian's knows its directory without it
_DIRECTORY = re.compile(r"--?collector\.textfile\.directory=(.+)")
_NAME = re.compile(r"(prometheus-)?node[-_]exporter")
#: the kernel follows no more links than that in one path
_LINKS = 40
_MEND = "ideolab-f2b install (docs/install.md#why-the-gauges-are-a-link)"


class Exporter(NamedTuple):
    """A running node_exporter: the root that it sees, and the directories that it was told."""

    pid: int
    root: Path
    directories: Collection[str]


def textfile(settings: Settings) -> Iterator[Verdict]:
    """Check the file, the links to it, and what each running node_exporter finds."""
    path = settings.paths.connmon_prom
    try:
        is_readable = _readable(path)
    except PermissionError as error:
        yield unknown(CHECK, str(error))
        return
    places = {Path(one, path.name): Path(one, path.name).exists() for one in COLLECTORS if Path(one).is_dir()}
    exporters = find_exporters()
    for exporter in exporters:
        for directory in exporter.directories:
            found = resolve(exporter.root, f"{directory}/{path.name}")
            places[Path(directory, path.name)] = found is not None and found.exists()
    yield judge(path, is_readable, places, is_read=bool(exporters))


def _readable(path: Path) -> Optional[bool]:
    """Return whether everybody may read the file; None when it is missing."""
    try:
        mode = os.stat(path).st_mode
        return bool(mode & stat.S_IROTH and os.stat(path.parent).st_mode & stat.S_IXOTH)
    except FileNotFoundError:
        return None


def find_exporters(proc: Path = Path("/proc")) -> list[Exporter]:
    """Return the node_exporters that run on this host, in containers as well."""
    found = []
    for path in proc.glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().decode("utf-8", "replace").split("\0")
            if _NAME.fullmatch(os.path.basename(words[0])):
                directories = [match[1] for match in map(_DIRECTORY.fullmatch, words) if match]
                found.append(Exporter(int(path.parent.name), path.parent / "root", directories))
    return found


def resolve(root: Path, path: str) -> Optional[Path]:
    """Return where a path of a process with this root leads, as this process calls it; None: nowhere.

    Links are followed by hand: the kernel would take those that begin with / for paths of this host.
    """
    waiting, done, links = path.strip("/").split("/")[::-1], list[str](), 0
    while waiting:
        word = waiting.pop()
        if word == "..":
            done = done[:-1]
        elif word not in ("", "."):
            here = root.joinpath(*done, word)
            if not here.is_symlink():
                done.append(word)
                continue
            links += 1
            target = os.readlink(here)
            if links > _LINKS:
                return None
            done = [] if target.startswith("/") else done
            waiting += target.strip("/").split("/")[::-1]
    return root.joinpath(*done)


def judge(path: Path, is_readable: Optional[bool], places: Mapping[Path, bool], *, is_read: bool) -> Verdict:
    """Return the verdict on the metrics of connmon. Pure.

    `places` says where node_exporter looks and whether it finds them; `is_read`: a node_exporter runs.
    """
    if is_readable is None:
        return wrong(CHECK, f"{path} is missing", restart(SERVICE))
    if not is_readable:
        return wrong(CHECK, f"node_exporter may not read {path}", f"chmod a+rX {path.parent} {path}")
    missing = [str(place.parent) for place, is_there in places.items() if not is_there]
    if missing:
        return wrong(CHECK, f"node_exporter finds no {path.name} in {', '.join(missing)}", _MEND)
    return ok(CHECK, f"{path} can be read{'' if is_read else _no_reader()}")


def _no_reader() -> str:
    return "; who reads it is not seen from inside" if find_compose() else "; no node_exporter runs here"
