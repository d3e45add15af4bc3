"""The files that hold what is not imported yet: the one that was read last, newer ones, the current one."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, Optional, cast

from ideolab_accesslog.events.file.position import FilePosition, fit_column, is_same
from ideolab_f2b import files

#: names of logrotate: events.jsonl.1, events.jsonl.2.gz, events.jsonl-20261130.gz
_ROTATED = re.compile(r"(?:\.([0-9]{1,4})|-([0-9-]{8,20}))(\.gz)?")
#: seconds by which the clocks of a file and of the database may differ
_CLOCKS_S = 5.0
#: what a damaged compressed file raises
ZIP_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)


class EventFile(NamedTuple):
    """A file to be read from this byte on; more comes only into the current one."""

    path: Path
    status: os.stat_result
    position: int = 0
    is_current: bool = False

    @property
    def size(self) -> int:
        """Return its bytes; of a compressed one those on the disk."""
        return self.status.st_size

    def is_at(self, at: FilePosition) -> bool:
        """Return whether the position names this file's place on the disk."""
        return (fit_column(self.status.st_dev), fit_column(self.status.st_ino)) == (at.device, at.inode)


@contextmanager
def open_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file, compressed or not; OSError for a link, a pipe and what this user may not read."""
    with files.open_to_read(path) as file:
        if path.suffix != ".gz":
            yield file
            return
        with gzip.GzipFile(fileobj=file) as unzipped:
            yield cast(BinaryIO, unzipped)


def list_sources(path: Path, at: FilePosition, read_at: float) -> tuple[list[EventFile], bool]:
    """Return the files to read, the oldest first, and whether the one that was read last is among them.

    `read_at` is when that was, in seconds; 0 = never: then all that logrotate has kept is read.
    """
    every = [*_list_older(path), *_stat(path, is_current=True)]
    if not at.position:
        return every, True
    for index, one in enumerate(every):
        if one.is_at(at) and _is_same(one, at):
            return [one._replace(position=at.position), *every[index + 1 :]], True
    # compressed or copied since: the content tells
    for index, one in enumerate(every):
        if not one.is_at(at) and _is_same(one, at):
            return [one._replace(position=at.position), *every[index + 1 :]], True
    since = read_at - _CLOCKS_S
    return [one for one in every if one.is_current or one.status.st_mtime >= since], False


def _list_older(path: Path) -> list[EventFile]:
    """Return the rotated files, the oldest first; of one that is just being compressed the whole one."""
    found: dict[str, EventFile] = {}
    ages: dict[str, tuple[int, str]] = {}
    for name in _list_names(path):
        match = _ROTATED.fullmatch(name[len(path.name) :]) if name.startswith(path.name) else None
        stem = name.removesuffix(".gz")
        if match is None or stem in found:
            continue
        for one in _stat(path.with_name(name)):
            found[stem] = one
            ages[stem] = (-int(match[1] or 0), match[2] or "")
    return [found[stem] for stem in sorted(found, key=ages.__getitem__)]


def _list_names(path: Path) -> list[str]:
    try:
        return sorted(os.listdir(path.parent))
    except OSError as error:
        # whoever reads the error has named the file
        raise OSError(error.errno, f"{error.strerror} (its directory)", str(path)) from error


def _stat(path: Path, *, is_current: bool = False) -> Iterator[EventFile]:
    try:
        yield EventFile(path, path.lstat(), is_current=is_current)
    except FileNotFoundError:
        return


def _is_same(one: EventFile, at: FilePosition) -> bool:
    try:
        with open_file(one.path) as file:
            return is_same(file, at)
    except FileNotFoundError:
        return False
    except (OSError, *ZIP_ERRORS):
        # what cannot be read now is not gone; of an older file nobody waits for that
        if one.is_current:
            raise
        return False


def count_behind(path: Path, at: FilePosition, read_at: float) -> Optional[int]:
    """Return the bytes that are not imported yet; None where they cannot be seen."""
    try:
        sources, _is_found = list_sources(path, at, read_at)
        if not any(one.is_current for one in sources) or not os.access(path, os.R_OK):
            return None
        return sum(max(0, one.size - one.position) for one in sources if one.path.suffix != ".gz")
    except OSError:
        return None
