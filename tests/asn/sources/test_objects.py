"""libloc's text, and routes of whois servers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.asn.sources import objects
from ideolab_f2b.asn.sources.refusals import Refusals
from tests.asn.sources.show import show

LIBLOC = """\
#
# Location Database Export
#
# Generated: Sat, 29 Oct 2022 05:59:54 GMT
# Vendor:    IPFire Project
#

aut-num:                 AS64500
name:                    EXAMPLE

aut-num:                 AS64501
name:                    Other Example

net:                     198.51.100.0/24
country:                 AU
aut-num:                 64500
is-anycast:              yes

net:                     198.51.100.128/25
aut-num:                 64501

net:                     203.0.113.0/24
country:                 FR

net:                     2001:db8::/32
country:                 FR
aut-num:                 64500
"""
RADB = """\
% a remark of the server

route:      198.51.100.0/24
descr:      a route
            route: 203.0.113.0/24
origin:     AS64500 # a remark
mnt-by:     MAINT-EXAMPLE
source:     RADB

route6:     2001:db8::/32
origin:     as64500
source:     RIPE

route:      0.0.0.0/0
origin:     AS64500

route:      198.51.100.7/24
origin:     AS64500

route:      10.0.0.0/8
origin:     AS64500

route:      203.0.113.0/24
descr:      without an origin

route:      203.0.113.0/25
origin:     EXAMPLE

route:      203.0.113.0/26
route:      192.0.2.0/24
origin:     AS64501
origin:     AS64502

person:     Somebody
nic-hdl:    S1
"""


def test_the_text_of_libloc() -> None:
    """Names stand before the networks; networks without an AS are none of ours."""
    refusals = Refusals()
    assert show(objects.read(LIBLOC.splitlines(), refusals)) == [
        "198.51.100.0-198.51.100.255 AS64500 EXAMPLE",
        "198.51.100.128-198.51.100.255 AS64501 Other Example",
        "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff AS64500 EXAMPLE",
    ]
    assert (refusals.total, refusals.unannounced) == (0, 1)


def test_routes_of_a_whois_server() -> None:
    """Anybody can register a route: what no AS announces is refused, and the first line of a kind counts."""
    refusals = Refusals()
    assert show(objects.read(RADB.splitlines(), refusals)) == [
        "198.51.100.0-198.51.100.255 AS64500",
        "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff AS64500",
        "203.0.113.0-203.0.113.63 AS64501",
    ]
    assert refusals.by_reason == {
        "wider than an AS announces": 1,
        "bits of the host are set": 1,
        "private or reserved addresses": 1,
        "a route without its origin": 1,
        "no AS number": 1,
    }
    assert '1 row: bits of the host are set (first: "198.51.100.7/24 AS64500")' in refusals.describe()


@given(
    st.lists(st.sampled_from(["route", "route6", "origin", "net", "aut-num", "name", "", "x"]), max_size=9)
)
def test_attributes_in_any_order(keys: list[str]) -> None:
    """Objects of any attributes are rows or refused."""
    values = {"route": "198.51.100.0/24", "net": "2001:db8::/32", "origin": "AS64500", "aut-num": "64500"}
    lines = [f"{key}: {values.get(key, 'word')}" if key else "" for key in keys]
    for row in objects.read(lines, Refusals()):
        assert row.number == 64500


@given(st.lists(st.text(max_size=60), max_size=12))
def test_no_text_raises(lines: list[str]) -> None:
    """Whatever a server answers."""
    assert list(objects.read(lines, Refusals())) == []
