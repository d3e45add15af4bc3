"""Rows for tests."""

from __future__ import annotations

from typing import Any

from ideolab_accesslog.access.row import FIELDS, Row


def row(**fields: Any) -> Row:
    """A row of a plain request; `fields` replace its values."""
    plain = {
        **dict.fromkeys(FIELDS, ""),
        "ts": 1795363200.25,
        "ip": "198.51.100.7",
        "user_id": None,
        "method": "GET",
        "path": "/ok/",
        "status_code": 200,
        "response_bytes": 12,
        "duration_ms": 1.5,
    }
    return tuple({**plain, **fields}.values())
