"""The app's own SQLite file, beside the one of the site.

SQLite has one lock for a whole file, and fails a transaction that has read before somebody else wrote: a view
that reads and then writes would be a 500 whenever the app wrote in between. So on SQLite the app writes to a
file of its own. It is used once `migrate` has made it, and never while the site's tests run.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any, Optional

from django.db import DEFAULT_DB_ALIAS, connections, router

from ideolab_accesslog.conf import conf

#: the alias; a site that has it in DATABASES says itself where the file is
ALIAS = "ideolab_accesslog"
LABEL = "ideolab_accesslog"


class OwnFile:
    """The names of both files when Django started: test runners change them while tests run."""

    def __init__(self, site: str, path: Path) -> None:
        self._site = site
        self.path = path
        self.is_made = has_tables(path)

    def is_current(self) -> bool:
        """Return whether both databases are those of the settings."""
        databases = connections.databases
        return (str(databases[DEFAULT_DB_ALIAS]["NAME"]), str(databases[ALIAS]["NAME"])) == (
            self._site,
            str(self.path),
        )


_file: Optional[OwnFile] = None


def register() -> None:
    """Add the alias and its router, where the site's database is an SQLite file."""
    global _file
    if _file is not None or connections[DEFAULT_DB_ALIAS].vendor != "sqlite":
        return
    site = connections.databases[DEFAULT_DB_ALIAS]
    path = _choose_path(site)
    if path is None:
        return
    if ALIAS not in connections.databases:
        connections.databases[ALIAS] = _make_entry(site, path)
    _file = OwnFile(str(site["NAME"]), path)
    router.routers.insert(0, OwnFileRouter())


def _choose_path(site: dict[str, Any]) -> Optional[Path]:
    """Return the file that DATABASES names, or the one beside the site's; None: the site has no such file."""
    if ALIAS in connections.databases:
        name = connections.databases[ALIAS]["NAME"]
        return None if connections[ALIAS].vendor != "sqlite" or not is_file(name) else Path(name)
    # routers decide about more than this app: their author says what goes where
    if not conf.ACCESSLOG_OWN_FILE or router.routers or not is_file(site["NAME"]):
        return None
    path = Path(site["NAME"])
    return path.with_name(f"{path.stem}.accesslog{path.suffix}")


def is_file(name: object) -> bool:
    """Return whether the NAME of an SQLite database is a plain path: no memory, no URI."""
    return bool(name) and ":memory:" not in str(name) and not str(name).startswith("file:")


def _make_entry(site: dict[str, Any], path: Path) -> dict[str, Any]:
    # MIRROR: a test runner makes no database for it
    test = {**site["TEST"], "NAME": None, "MIRROR": DEFAULT_DB_ALIAS}
    return {**site, "NAME": str(path), "ATOMIC_REQUESTS": False, "TEST": test}


def find_file() -> Optional[OwnFile]:
    """Return the app's file, made or not; None where there is none, and while tests run."""
    return _file if _file is not None and _file.is_current() else None


def find_alias() -> Optional[str]:
    """Return the alias of the app's file; None: its tables are where the site's are."""
    return ALIAS if _file is not None and _file.is_made and _file.is_current() else None


class OwnFileRouter:
    """Sends the app's tables to its file, and nothing else."""

    def db_for_read(self, model: Any, **hints: Any) -> Optional[str]:
        """Return the alias for the app's models; a user is not looked for beside the audit row."""
        if model._meta.app_label == LABEL:
            return find_alias()
        if getattr(hints.get("instance"), "_meta", None) is None or not find_alias():
            return None
        is_ours = hints["instance"]._meta.app_label == LABEL
        return str(router.db_for_read(model)) if is_ours else None

    db_for_write = db_for_read

    def allow_relation(self, one: Any, other: Any, **_hints: Any) -> Optional[bool]:
        """Allow an audit row to name its user, who is in the site's file."""
        return True if LABEL in (one._meta.app_label, other._meta.app_label) and find_alias() else None

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> Optional[bool]:
        """Keep the tables of others out of the file; the site's file has ours too, empty."""
        return app_label == LABEL if db == ALIAS else None


def has_tables(path: Path) -> bool:
    """Return whether `migrate` has made the file; whoever only opens a database leaves an empty one."""
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [f"{LABEL}_traship"])
            return found.fetchone() is not None
    except sqlite3.OperationalError:
        # locked: somebody uses it
        return path.stat().st_size > 0


def copy_owner(path: Path, model: Path) -> None:
    """Give a new file the owner and the mode of the site's: `migrate` may run as root.

    OSError for what is no file with this one name: whoever may write to the directory could have put a link
    there, and would get what it leads to.
    """
    status = model.stat()
    if not hasattr(os, "fchown"):
        os.chmod(path, status.st_mode & 0o777)
        return
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise OSError(f"{path}: somebody has put something else in the place of the new file")
        os.fchmod(fd, status.st_mode & 0o777)
        os.fchown(fd, status.st_uid, status.st_gid)
    finally:
        os.close(fd)
