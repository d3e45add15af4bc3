"""Says of an error that ended an import what it is about, and the way out."""

from __future__ import annotations

from django.db import Error as DatabaseFault

from ideolab_accesslog.access.printable import describe_error

#: what PostgreSQL, MySQL and SQLite say of a table that `migrate` has not made
_NO_TABLE = ("does not exist", "doesn't exist", "no such table")
#: what SQLite says of a file, or a directory, that this process cannot write
_NOT_WRITABLE = ("readonly database", "unable to open database file")


def describe(error: Exception) -> str:
    """Return one line: the error's own words, and what to do."""
    text = describe_error(error)
    if isinstance(error, DatabaseFault):
        return text + _find_way_out(text)
    if isinstance(error, PermissionError):
        return f"{text}: `sudo ideolab-f2b install --django USER` lets the site's user read it"
    if isinstance(error, FileNotFoundError):
        return f"{text}: `sudo ideolab-f2b install --django USER` makes it, --file names another"
    return f"{text}: --file names another"


def _find_way_out(text: str) -> str:
    """Return what to do about an error of the database; "" for one that has to be waited out."""
    if "ideolab_accesslog_" in text and any(words in text for words in _NO_TABLE):
        return ": run `manage.py migrate`"
    if any(words in text for words in _NOT_WRITABLE):
        return ": a unit of systemd needs ReadWritePaths= of its directory (docs/cron.md), others its owner"
    return ""
