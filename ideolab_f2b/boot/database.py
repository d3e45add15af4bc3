"""Reads the bans in fail2ban's database (0.11 and later): writes nothing, in bounded time and memory."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Callable, NamedTuple, Optional
from urllib.parse import quote

#: seconds for all rows; fail2ban restores by itself what was not read in time
READ_S = 10.0
#: seconds that another process's lock is waited for
LOCK_S = 2.0
#: bytes of a database and its journal that are copied, where it has one: only a copy can be recovered
COPY_LIMIT = 64 << 20
#: rows that are taken, whatever a file says
ROWS_LIMIT = 1_000_000
#: instructions of sqlite's machine between two looks at the clock
_STEPS = 10_000
#: what the ban action writes into the data of such a ban
_FORCED = "forced"
#: what a power cut leaves beside a database
_JOURNALS = ("-journal", "-wal")
#: fail2ban restores from this table; a ban is written there once for each jail
_BANS = """\
SELECT jail, ip, timeofban, bantime, CASE WHEN ip LIKE 'AS%' THEN substr(data, 1, 65536) END FROM bips
WHERE bantime <= -1 OR timeofban + bantime > ? LIMIT ?"""


class DatabaseError(RuntimeError):
    """The bans cannot be read, or not all of them; the text names the file and the way out."""


class StoredBan(NamedTuple):
    """A ban as fail2ban has written it down: its times are epoch seconds and seconds, -1 for ever."""

    jail: str
    identity: str
    since: float
    bantime: float
    #: an AS above the cap, by root's order
    is_forced: bool = False


def read(
    path: str, now: float, limit: int = ROWS_LIMIT, clock: Callable[[], float] = time.monotonic
) -> Iterator[StoredBan]:
    """Yield the bans that are not over; DatabaseError, also in the middle, says what is missing."""
    if not path:
        raise DatabaseError("fail2ban keeps no database on the disk (dbfile): it restores no bans either")
    deadline = clock() + READ_S
    with contextlib.ExitStack() as undo:
        try:
            opened = undo.enter_context(_open(Path(path), undo))
            opened.text_factory = lambda data: data.decode("utf-8", "replace")
            opened.set_progress_handler(lambda: clock() > deadline, _STEPS)
            rows = opened.execute(_BANS, (now, limit))
            yield from filter(None, map(_read_row, rows))
        except (sqlite3.Error, OSError) as error:
            raise DatabaseError(f"{path}: {_explain(error)}") from error


def _read_row(row: tuple[object, ...]) -> Optional[StoredBan]:
    """Return the ban of a row; None where a column holds what fail2ban has never written."""
    jail, identity, since, bantime, data = row
    if not isinstance(jail, str) or not isinstance(identity, str):
        return None
    if not isinstance(since, (int, float)) or not isinstance(bantime, (int, float)):
        return None
    if not math.isfinite(since) or not math.isfinite(bantime):
        return None
    return StoredBan(jail, identity, since, bantime, _is_forced(data))


def _is_forced(data: object) -> bool:
    try:
        found = json.loads(data) if isinstance(data, str) else None
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get(_FORCED) is True


@contextlib.contextmanager
def _open(path: Path, undo: contextlib.ExitStack) -> Iterator[sqlite3.Connection]:
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):
        raise OSError("it is no regular file")
    with contextlib.closing(_connect(path, undo)) as opened:
        yield opened


def _connect(path: Path, undo: contextlib.ExitStack) -> sqlite3.Connection:
    if _has_journal(path) and _size(path) <= COPY_LIMIT:
        # recovery writes, and only the copy may be written to
        place = tempfile.TemporaryDirectory(prefix="ideolab-ban-restore-", dir=_find_room())
        return sqlite3.connect(_copy(path, Path(undo.enter_context(place))), timeout=LOCK_S)
    try:
        return _try(f"file:{quote(str(path))}?mode=ro")
    except sqlite3.OperationalError:
        # locked, or a journal that cannot be rolled back here: what is in the file itself is read as it is
        return _try(f"file:{quote(str(path))}?mode=ro&immutable=1")


def _try(address: str) -> sqlite3.Connection:
    opened = sqlite3.connect(address, uri=True, timeout=LOCK_S)
    try:
        opened.execute("SELECT 1 FROM bips LIMIT 1").fetchall()
    except BaseException:
        opened.close()
        raise
    return opened


def _has_journal(path: Path) -> bool:
    return any(_length(Path(f"{path}{end}")) for end in _JOURNALS)


def _size(path: Path) -> int:
    return sum(_length(Path(f"{path}{end}")) for end in ("", *_JOURNALS))


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _find_room() -> Optional[str]:
    """Return the directory that systemd has made for this unit, else that of temporary files."""
    return os.environ.get("RUNTIME_DIRECTORY")


def _copy(path: Path, directory: Path) -> str:
    target = directory / "bans.sqlite3"
    for end in ("", *_JOURNALS):
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(f"{path}{end}", f"{target}{end}")
    return str(target)


def _explain(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is not there: fail2ban makes it when it starts, and has no ban to restore before"
    if isinstance(error, sqlite3.OperationalError) and "interrupted" in str(error):
        return f"not all bans were read in {READ_S:.0f} s; fail2ban restores the others when it starts"
    if isinstance(error, sqlite3.OperationalError):
        return f"{error}; fail2ban restores its bans when it starts: see /var/log/fail2ban.log"
    if isinstance(error, sqlite3.DatabaseError):
        return f"{error}; fail2ban repairs it when it starts, or stop it and move the file away"
    return str(error)
