"""Opens the cache's file where that is safe, and moves it aside when it is broken.

Its directory belongs to the user of connmon, the file to whoever asks, which is root inside of fail2ban:
a link planted there must not make root write elsewhere. The directory's group may read it, as connmon does.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from urllib.parse import quote

#: seconds; a cache that is locked for longer is a miss
LOCKED_S = 0.1
#: version of the table; a file with another one is not ours
VERSION = 1
#: of the file: its owner writes, the group of its directory reads
SHARED_MODE = 0o640
_TABLES = """\
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS origin (
    key BLOB PRIMARY KEY, asn TEXT, asname TEXT, country TEXT, prefix TEXT, source TEXT NOT NULL,
    until REAL NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
COMMIT;
"""


class BrokenError(sqlite3.DatabaseError):
    """The file is no cache of ours."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the cache; OSError or sqlite3.Error when it cannot be opened or made."""
    if not _is_safe(path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    _let_group_read(path)
    database = _connect(path, "rw")
    try:
        _prepare(database, path)
    except BaseException:
        database.close()
        raise
    return database


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a cache that is there; OSError or sqlite3.Error when there is none, or it cannot be read."""
    if not _is_safe(path):
        raise FileNotFoundError(f"{path} does not exist")
    database = _connect(path, "ro")
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    return database


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        timeout=LOCKED_S,
        isolation_level=None,
        check_same_thread=False,
    )


def _let_group_read(path: Path) -> None:
    """Let the group of the directory read a file of ours, and nobody else."""
    # to close any other kind of descriptor would end SQLite's locks of this process
    file = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found, name = os.fstat(file), f"/proc/self/fd/{file}"
        is_ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1
        if is_ours and stat.S_IMODE(found.st_mode) != SHARED_MODE:
            if found.st_uid == 0:
                os.chown(name, -1, path.parent.stat().st_gid)
            os.chmod(name, SHARED_MODE)
    finally:
        os.close(file)


def _is_safe(path: Path) -> bool:
    """Return whether the file exists; OSError when it or SQLite's file beside it is no plain file of ours."""
    for suffix in ("-journal", "-wal", "-shm", ""):
        name = f"{path}{suffix}"
        try:
            found = os.lstat(name)
        except FileNotFoundError:
            continue
        is_plain = stat.S_ISREG(found.st_mode) and found.st_nlink == 1
        if not is_plain or found.st_uid not in (0, os.geteuid()):
            raise PermissionError(f"{name} is not a plain file of this user or of root; remove it")
        if not suffix:
            return True
    return False


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    # it was written by root: what its schema says is data all the same
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    # after a power failure the cache may be broken, and is made anew
    database.execute("PRAGMA synchronous = OFF")
    if database.execute("PRAGMA user_version").fetchone()[0] == VERSION:
        return
    if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise BrokenError(f"{path} is a database of something else")
    database.executescript(_TABLES)


def set_aside(path: Path) -> Path:
    """Rename the broken file, to be examined; its journal must not be played into the next one."""
    aside = Path(f"{path}.corrupt")
    os.replace(path, aside)
    for suffix in ("-journal", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    return aside
