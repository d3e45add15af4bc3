"""One line of events, and why it is none."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_accesslog.events.rows.parse import LineError, LinePlace, parse_line
from ideolab_accesslog.events.rows.row import FIELDS, EventRow
from ideolab_accesslog.models import ConnmonEvent
from ideolab_f2b.event import TYPES
from tests.accesslog.events.event_lines import make_line

NOW = datetime(2026, 11, 30, tzinfo=timezone.utc)
PLACE = LinePlace("head", 7)


def parse(line: bytes) -> EventRow:
    return parse_line(line, PLACE, NOW)


def test_a_ban() -> None:
    """Every field has its column."""
    assert parse(make_line()) == EventRow(
        ts=datetime(2026, 11, 22, 14, 52, 1, 250000, timezone.utc),
        type="ban",
        ip="198.51.100.7",
        subnet="198.51.100.0/24",
        start="4c6336407",
        amount=40,
        score=12,
        asn="64500",
        asname="EXAMPLE-AS",
        country="FR",
        reason="40 mute",
        jail="ideolab-connmon",
        bantime=3600,
        until=datetime(2026, 11, 22, 15, 52, 1, 250000, timezone.utc),
        prefix="198.51.100.0/24",
        namespace=None,
        raw='{"port":443}',
        event_id="a-1",
        created_at=NOW,
    )


def test_the_table_has_these_fields_and_types() -> None:
    """Nothing of the table is left out, and the pack writes no other type."""
    names = {field.name for field in ConnmonEvent._meta.concrete_fields}
    assert names == {"id", *FIELDS}
    assert tuple(ConnmonEvent.Type.values) == TYPES


def where(**fields: Any) -> tuple[object, ...]:
    row = parse(make_line(**fields))
    return (row.ip, row.subnet, row.start, row.asn)


def test_addresses_networks_and_ases() -> None:
    """The network of an address is reckoned, whatever the line says."""
    six = "6" + "20010db8" + "0" * 24
    assert where(ip="::ffff:198.51.100.7", subnet=None) == (
        *("198.51.100.7", "198.51.100.0/24", "4c6336407", "64500"),
    )
    assert where(ip="2001:DB8::7") == ("2001:db8::7", "2001:db8::/64", f"{six[:-1]}7", "64500")
    assert where(ip=None, subnet="2001:db8::/32") == (None, "2001:db8::/32", six, "64500")
    assert where(ip=None, subnet="198.51.0.0/16") == (None, "198.51.0.0/16", "4c6330000", "64500")
    assert where(ip=None, subnet=None, asn="AS64501 64502") == (None, None, None, "64501")
    assert where(ip=None, subnet=None, asn=64501) == (None, None, None, "64501")
    assert where(ip=None, subnet=None, asn="AS00064501") == (None, None, None, "64501")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"ts": None}, "ts is no time of an event"),
        ({"ts": "9999999-01-01T00:00:00+00:00"}, "ts is no time"),
        ({"ts": "1999-01-01T00:00:00+00:00"}, "ts is no time of an event"),
        ({"ts": "2026-11-22T14:52:01"}, "ts has no zone"),
        ({"ts": 7}, "ts is no time"),
        ({"ts": {}}, "ts is no time"),
        ({"until": "0001-01-01T00:00:00+23:00"}, "until is no time"),
        ({"type": "banned"}, "type is none of those of an event"),
        ({"type": ["ban"]}, "type is none of those of an event"),
        ({"ip": "fe80::1%eth0"}, "ip is no address"),
        ({"ip": "::ffff:198.51.100.7%eth0"}, "ip is no address"),
        ({"ip": "198.51.100.07"}, "ip is no address"),
        ({"ip": 7}, "ip is no address"),
        ({"ip": None, "subnet": "198.51.100.0/33"}, "subnet is no network"),
        ({"ip": None, "subnet": "2001:db8::%eth0/64"}, "subnet is no network"),
        ({"ip": None, "subnet": "::ffff:198.51.100.0/120"}, "subnet is no network"),
        ({"ip": None, "subnet": "0.0.0.0/7"}, "subnet is no network"),
        ({"ip": None, "subnet": "::/0"}, "subnet is no network"),
        ({"ip": None, "subnet": None, "asn": None}, "it names no address, no network and no AS"),
        ({"count": True}, "count is no whole number of 64 bits"),
        ({"score": 1.5}, "score is no whole number of 64 bits"),
        ({"bantime": 2**63}, "bantime is no whole number of 64 bits"),
        ({"asn": "none"}, "asn is no AS number"),
        ({"asn": -7}, "asn is no AS number"),
        ({"jail": ["x"]}, "jail is no text"),
        ({"raw": "x"}, "raw is no object"),
        ({"id": "a b"}, "id is none"),
        ({"until": "9999-12-31T23:59:59+00:00"}, "until is no time that a database holds"),
        ({"until": "0001-01-01T00:00:00+00:00"}, "until is no time that a database holds"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "until is no time"),
        ({"id": "x" * 65}, "id is none"),
    ],
)
def test_what_is_no_event(fields: dict[str, Any], why: str) -> None:
    """The reason repeats nothing of the line."""
    with pytest.raises(LineError) as found:
        parse(make_line(**fields))

    assert str(found.value) == why


def test_a_number_that_no_database_holds() -> None:
    """Nor one of Infinity, nor levels beyond those that MariaDB takes."""
    line = make_line()
    for raw in (b'{"a":1e999}', b'{"a":NaN}'):
        with pytest.raises(LineError, match="raw has a number that no database holds"):
            parse(line.replace(b'{"port":443}', raw))
    for raw in (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",):
        with pytest.raises(LineError, match="it is nested too deeply"):
            parse(line.replace(b'{"port":443}', raw))


def test_texts_are_cut_and_cleaned() -> None:
    """NUL and half a surrogate are no characters of a database; names are as long as their columns."""
    row = parse(make_line(asname="x" * 999, reason="a\0b\ud800", raw={"\0": ["\ud800"]}))

    assert (len(row.asname or ""), row.reason) == (255, "a\ufffdb?")
    assert row.raw == json.dumps({"\ufffd": ["?"]}, separators=(",", ":"))


def test_a_line_without_an_id_has_one_of_its_place() -> None:
    """The same again, and another for the same line elsewhere."""
    line = make_line(id=None)
    first = parse(line).event_id

    assert (first[:5], len(first)) == ("line-", 37)
    assert parse(line).event_id == first
    assert parse_line(line, LinePlace("head", 8), NOW).event_id != first
    assert parse_line(line, LinePlace("tail", 7), NOW).event_id != first


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(
        [
            *make_line().decode().split('"')[1:2],
            "type",
            "ip",
            "subnet",
            "count",
            "asn",
            "until",
            "raw",
            "id",
            "in",
        ]
    ),
)
def test_any_value_of_any_field_is_a_row_or_a_reason(value: Any, key: str) -> None:
    """Nothing else is raised."""
    try:
        row = parse(make_line(**{key: value}))
    except LineError:
        return
    assert all(part is None or isinstance(part, (str, int, datetime)) for part in row)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_row_or_a_reason(line: bytes) -> None:
    """Nothing else is raised."""
    with pytest.raises(LineError):
        parse(line)
