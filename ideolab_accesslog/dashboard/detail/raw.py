"""Reads what connmon and fail2ban knew beyond the named fields; an attacker has written some of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ideolab_accesslog.access.printable import to_printable

#: characters of the JSON that are read; a real one has some two thousand
LONGEST = 50_000
#: entries of an object that are shown
ENTRIES = 20
#: characters of a key, and of a value
KEY_MAX = 40
VALUE_MAX = 200


def parse_raw(text: object) -> dict[str, Any]:
    """Return the object of a JSON text; {} for anything else, such as a text nested too deeply."""
    if not isinstance(text, str) or len(text) > LONGEST:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def describe_entries(found: object, separator: str = "=") -> str:
    """Return `key=value, key=value` of an object whose values are texts or numbers, printable.

    In the order of the keys: PostgreSQL has another than the file.
    """
    if not isinstance(found, Mapping):
        return ""
    parts = [
        f"{to_printable(str(key), KEY_MAX)}{separator}{to_printable(str(value), VALUE_MAX)}"
        for key, value in sorted(found.items())[:ENTRIES]
        if isinstance(value, (str, int, float))
    ]
    return ", ".join(parts)
