"""Texts as a table can hold them: clients send any character, and many a table is older than emoji."""

from __future__ import annotations

import codecs
from typing import Any, Callable, Optional

from django.db import DataError, IntegrityError, connections

#: faults of a row; everything else is the database's, and the rows may try again
ROW_ERRORS = (DataError, IntegrityError, ValueError, TypeError, OverflowError)
#: what MySQL's driver calls an OperationalError, and no waiting mends: characters that do not fit
_MYSQL_ROW_ERRORS = frozenset({1267, 1270, 1271, 1300, 1366, 3854, 3988})
#: NUL: PostgreSQL refuses it in any text
NO_NUL = "\N{REPLACEMENT CHARACTER}"
#: a character that takes four bytes in UTF-8
_FIRST_OF_FOUR = 0x10000
#: MySQL's character sets whose names are not those of Python; utf8mb3 has no character of four bytes
_MYSQL = {"latin1": "cp1252", "utf8": "utf8mb3", "ucs2": "utf8mb3", "utf16le": "utf8mb4", "binary": "utf8mb4"}
#: those that hold all of Unicode; SQL_ASCII takes any bytes
_WHOLE = ("utf8mb4", "utf16", "utf32", "utf8", "sql_ascii")

Fit = Callable[[str], str]
#: {(database, table): the character sets that a text passes on its way}
_charsets: dict[tuple[str, ...], tuple[str, ...]] = {}


def is_rows_fault(error: Exception) -> bool:
    """Return whether the database refuses this row, now and for ever."""
    if isinstance(error, ROW_ERRORS):
        return True
    return bool(error.args) and isinstance(error.args[0], int) and error.args[0] in _MYSQL_ROW_ERRORS


def is_clean(text: str) -> bool:
    """Return whether every database takes the text as it is; ASCII is the case that costs nothing."""
    return text.isascii() and "\0" not in text


def clean(text: str) -> str:
    """Return the text as every database takes it whose tables hold all of Unicode."""
    if "\0" in text:
        text = text.replace("\0", NO_NUL)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def make_fit(alias: str, model: Any) -> Fit:
    """Return the function that makes texts fit the model's table: `?` for a character that it cannot hold."""
    charsets: Optional[tuple[str, ...]] = None

    def fit(text: str) -> str:
        nonlocal charsets
        if is_clean(text):
            return text
        if charsets is None:
            charsets = _find_charsets(alias, model._meta.db_table)
        text = clean(text)
        for charset in charsets:
            text = _replace(text, charset)
        return text

    return fit


def to_ascii(text: str) -> str:
    """Return a text that any table holds: the last attempt."""
    return text.encode("ascii", "replace").decode().replace("\0", "?")


def _replace(text: str, charset: str) -> str:
    if charset == "utf8mb3":
        return "".join([char if ord(char) < _FIRST_OF_FOUR else "?" for char in text])
    return text.encode(charset, "replace").decode(charset)


def _find_charsets(alias: str, table: str) -> tuple[str, ...]:
    connection = connections[alias]
    names = (str(connection.settings_dict[key]) for key in ("ENGINE", "HOST", "PORT", "NAME"))
    key = (*names, table)
    if key not in _charsets:
        found = _ASK[connection.vendor](connection, table) if connection.vendor in _ASK else []
        _charsets[key] = tuple(_select_narrow(found))
    return _charsets[key]


def _select_narrow(charsets: list[str]) -> list[str]:
    """Return those that lack characters; ASCII for one that Python does not know."""
    names = [name for name in dict.fromkeys(charsets) if name not in _WHOLE]
    return [name if name == "utf8mb3" or _is_known(name) else "ascii" for name in names]


def _is_known(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


def _ask_mysql(connection: Any, table: str) -> list[str]:
    """Return the character sets of the connection and of the table's columns, as Python calls them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT @@character_set_client UNION SELECT @@character_set_connection "
            "UNION SELECT character_set_name FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s",
            [table],
        )
        return [_MYSQL.get(name, name) for (name,) in cursor.fetchall() if name]


def _ask_postgresql(connection: Any, _table: str) -> list[str]:
    """Return the server's encoding, as Python calls it: `LATIN1`, `WIN1252`, `EUC_JP`."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        (name,) = cursor.fetchone()
    return [name.lower().replace("win", "cp")]


_ASK = {"mysql": _ask_mysql, "postgresql": _ask_postgresql}
