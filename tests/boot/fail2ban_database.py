"""Makes a database of fail2ban's, by its own schema of 0.11.2 to 1.1.1."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

SCHEMA = """
CREATE TABLE fail2banDb(version INTEGER);
INSERT INTO fail2banDb VALUES(4);
CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL,
 bancount INTEGER NOT NULL default 1, data JSON, PRIMARY KEY(ip, jail));
CREATE INDEX bips_timeofban ON bips(timeofban);
CREATE INDEX bips_ip ON bips(ip);
"""
Row = tuple[object, object, object, object]


def make(path: Path, rows: Iterable[Row], data: str = "{}") -> Path:
    """Make a database with rows of (jail, address, timeofban, bantime)."""
    with contextlib.closing(sqlite3.connect(path)) as opened, opened:
        opened.executescript(SCHEMA)
        add(opened, rows, data)
    return path


def add(opened: sqlite3.Connection, rows: Iterable[Row], data: str = "{}") -> None:
    """Add rows to an open database."""
    values = ((identity, jail, since, bantime, data) for jail, identity, since, bantime in rows)
    opened.executemany("INSERT INTO bips VALUES(?, ?, ?, ?, 1, ?)", values)
