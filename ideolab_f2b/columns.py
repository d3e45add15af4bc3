"""What the verbs print: rows of text as a table with aligned columns, fields as a line of JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Optional

#: of the objects that --json prints; docs/commands.md has their fields
JSON_VERSION = 1


def align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return one line for each row, two spaces between columns, none at the end.

    All rows must have the same number of columns.
    """
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def format_json(fields: Mapping[str, Any], when: Optional[float] = None) -> str:
    """Return one line of --json: the version, the time in epoch seconds (now), then the fields; ASCII."""
    at = round(time.time() if when is None else when, 3)
    return json.dumps({"version": JSON_VERSION, "t": at, **fields}, separators=(",", ":"))


def printable(text: str) -> str:
    """Return the text as this terminal's encoding has it: escapes instead of an exception."""
    encoding = sys.stdout.encoding or "ascii"
    return text.encode(encoding, "backslashreplace").decode(encoding)
