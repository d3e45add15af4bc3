"""CSV and TSV as vendors write them, and as nobody should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.asn.sources import csv_rows
from ideolab_f2b.asn.sources.refusals import Refusals
from tests.asn.sources.show import show

GEOLITE = """\
network,autonomous_system_number,autonomous_system_organization
198.51.100.0/24,64500,"Example, Inc."
2001:db8::/32,64501,EXAMPLE
"""
DBIP = """\
198.51.100.0,198.51.100.255,64500,"Example, Inc."
2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,64501,EXAMPLE
"""
NUMBERS = """\
3325256704,3325256959,64500,"Example, Inc."
42540766411282592856903984951653826560,42540766490510755371168322545197776895,64501,EXAMPLE
"""
IPTOASN = (
    "198.51.100.0\t198.51.100.255\t64500\tFR\tExample, Inc.\n"
    "203.0.113.0\t203.0.113.255\t0\tNone\tNot routed\n"
    "2001:db8::\t2001:db8:ffff:ffff:ffff:ffff:ffff:ffff\t64501\tUS\tEXAMPLE\n"
)
IPINFO = """\
network,country,country_code,continent,continent_code,asn,as_name,as_domain
198.51.100.0/24,"Korea, Republic of",KR,Asia,AS,AS64500,"Example, Inc.",example.com
203.0.113.7,France,FR,Europe,EU,AS64500,,
203.0.113.0/24,France,FR,Europe,EU,,,
2001:db8::/32,France,FR,Europe,EU,AS64501,EXAMPLE,example.net
"""
ROWS = [
    "198.51.100.0-198.51.100.255 AS64500 Example, Inc.",
    "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff AS64501 EXAMPLE",
]


@pytest.mark.parametrize(
    ("text", "refused", "unannounced"),
    [
        (GEOLITE, {}, 0),
        (DBIP, {}, 0),
        (NUMBERS, {}, 0),
        (IPTOASN, {}, 1),
        (IPINFO, {"no network": 1}, 1),
        ("# a remark\n\n" + DBIP, {}, 0),
    ],
    ids=["GeoLite2", "DB-IP", "ip-location-db", "iptoasn", "IPinfo", "remark"],
)
def test_what_vendors_write(text: str, refused: dict[str, int], unannounced: int) -> None:
    """With titles or without, networks or ranges, texts or numbers, commas or tabs."""
    refusals = Refusals()
    assert show(csv_rows.read(text.splitlines(), refusals)) == ROWS
    assert (refusals.by_reason, refusals.unannounced) == (refused, unannounced)


def test_each_line_counts_by_itself() -> None:
    """A quote that does not end, missing columns and junk spoil their own line."""
    lines = [
        "198.51.100.0/25,64500,A",
        '198.51.100.128/25,64501,"B',
        "203.0.113.0/24",
        "203.0.113.0/24,6450x,C",
        "203.0.113.0/24,99999999999,C",
        "203.0.113.7/24,64502,C",
        "10.0.0.0/24,64503,D",
        "0.0.0.0/0,64504,E",
        'x"y,64505,F',
        '2001:db8::/32,64506,"G ""quoted"" G"',
    ]
    refusals = Refusals()
    assert show(csv_rows.read(lines, refusals)) == [
        "198.51.100.0-198.51.100.127 AS64500 A",
        "198.51.100.128-198.51.100.255 AS64501 B",
        '2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff AS64506 G "quoted" G',
    ]
    assert refusals.by_reason == {
        "too few columns": 1,
        "no AS number": 2,
        "bits of the host are set": 1,
        "private or reserved addresses": 1,
        "wider than an AS announces": 1,
        "no address": 1,
    }
    assert next(refusals.describe()) == '2 rows: no AS number (first: "203.0.113.0/24,6450x,C")'


def test_names_are_cleaned_and_bounded() -> None:
    """Controls, marks of direction, formulas of spreadsheets: one printable line of 120 characters."""
    lines = [
        "198.51.100.0/24,64500,\x1b[31mRED\x07",
        "198.51.101.0/24,64501,abc\u202edef",
        "198.51.102.0/24,64502,=cmd|' /C calc'!A0",
        "198.51.103.0/24,64503," + "N" * 5000,
        "198.51.104.0/24,64500,another name of the same AS",
    ]
    names = [row.name for row in csv_rows.read(lines, Refusals())]
    assert names == ["[31mRED", "abcdef", "=cmd|' /C calc'!A0", "N" * 120, "[31mRED"]


@given(st.lists(st.text(max_size=80), max_size=10))
def test_no_text_raises(lines: list[str]) -> None:
    """What is no row is refused; a row that is taken can be announced."""
    for row in csv_rows.read(lines, Refusals()):
        assert 0 < row.number < 2**32
        assert row.first <= row.last
