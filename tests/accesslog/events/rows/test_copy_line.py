"""The line of an event for COPY."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from django.db import connection

from ideolab_accesslog.events.rows import insert
from ideolab_accesslog.events.rows.copy_line import format_row
from ideolab_accesslog.events.rows.parse import LinePlace, parse_line
from ideolab_accesslog.models import ConnmonEvent
from tests.accesslog.events.event_lines import make_line

NOW = datetime(2026, 11, 30, tzinfo=timezone.utc)
#: values that have a meaning in a line of COPY, in JSON or in both
TEXTS = ("a\tb", "a\nb", "a\rb", "\\N", "\\", 'a"b\\t', "\\\\.", "{,}", "NULL", "\u00e9\u20ac\U0001f600", "x")


def test_a_line() -> None:
    """Nothing stands for no value; the last value is the JSON."""
    row = parse_line(make_line(reason="a\tb\\", raw={"a": "\n"}, jail=None), LinePlace("x", 7), NOW)

    assert format_row(row, str) == (
        "2026-11-22 14:52:01.250000+00:00\tban\t198.51.100.7\t198.51.100.0/24\t4c6336407\t40\t12\t64500\t"
        "EXAMPLE-AS\tFR\ta\\tb\\\\\t\t3600\t2026-11-22 15:52:01.250000+00:00\t198.51.100.0/24\t\ta-1\t"
        '2026-11-30 00:00:00+00:00\t{"a":"\\\\n"}\n'
    )


@pytest.mark.root
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_what_is_stored_is_what_was_read(database: str) -> None:
    """Whatever the texts are, alone and together; the same on each database."""
    fields: list[dict[str, Any]] = [
        *({"reason": text, "asname": text, "jail": text, "raw": {text: [text]}} for text in TEXTS),
        *({name: text} for text in TEXTS for name in ("reason", "asname")),
        *({"raw": {text: text}} for text in TEXTS),
        {"raw": None, "reason": None, "until": None, "count": None, "asn": None, "jail": ""},
        {"ip": None, "subnet": None, "count": 0, "score": -1, "raw": {}},
    ]
    rows = [
        parse_line(make_line(id=f"{number}", **each), LinePlace("x", number), NOW)
        for number, each in enumerate(fields)
    ]
    assert insert.insert(rows, connection) == (rows, [])

    names = ("ip", "subnet", "count", "score", "asn", "asname", "reason", "jail", "raw")
    stored = list(ConnmonEvent.objects.order_by("id").values(*names))
    shown = {"ip": "198.51.100.7", "subnet": "198.51.100.0/24", "count": 40, "score": 12, "asn": "64500"}
    plain = {**shown, "asname": "EXAMPLE-AS", "reason": "40 mute", "jail": "ideolab-connmon"}
    wanted = [{**plain, "raw": {"port": 443}, **_cut(each)} for each in fields]
    assert stored == wanted


def _cut(fields: dict[str, Any]) -> dict[str, Any]:
    """The columns that are looked at; an empty text is none."""
    return {name: None if value == "" else value for name, value in fields.items() if name != "until"}
