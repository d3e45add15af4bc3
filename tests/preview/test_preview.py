"""What is said of a ban before it is made."""

from __future__ import annotations

from ipaddress import ip_network

from ideolab_f2b.kernel.ipset.element import key_of
from ideolab_f2b.preview import text
from ideolab_f2b.preview.preview import BanAnswer, Preview, make
from ideolab_f2b.visitors.visitors import Visitors

NET = key_of(ip_network("198.51.100.0/24"))
PEERS = [key_of(ip_network(one)) for one in ("198.51.100.7", "203.0.113.7", "2001:db8::1")]
SEEN = Visitors({PEERS[0]: 30, PEERS[1]: 10}, ("access.log",), 1795860000.0)


def of(answer: BanAnswer, peers: list[tuple[int, int, int]] | None = PEERS, seen: Visitors = SEEN) -> Preview:
    return make("198.51.100.0/24", [NET], peers, seen, answer)


def test_allowed() -> None:
    """Numbers with their totals."""
    assert list(text.lines(of(BanAnswer()))) == [
        "198.51.100.0/24: 1 prefix, 256 IPv4 addresses",
        "  connections  1 of 3 (33.3 %) of the present ones",
        "  visitors     1 of 2 (50.0 %) of the clients, 30 of 40 (75.0 %) of the requests since 2026-11-28 "
        "10:00 UTC",
        "  allowed      nothing that is protected lies in it",
    ]
    assert of(BanAnswer()).fields() == {
        "address": "198.51.100.0/24",
        "prefixes": 1,
        "addresses": 256,
        "networks6": 0,
        "networks": ["198.51.100.0/24"],
        "connections": {"inside": 1, "total": 3},
        "visitors": {"clients": 1, "clients_total": 2, "requests": 30, "requests_total": 40},
        "since": 1795860000.0,
        "partial": False,
        "allowed": True,
        "over_cap": None,
        "refusals": [],
        "unknown": [],
    }


def test_refused() -> None:
    """Each reason, and what --force would lift."""
    one = of(BanAnswer(tuple(f"reason {number}" for number in range(7)), "above the cap"))

    assert not one.is_allowed
    assert list(text.lines(one))[3:] == [
        *(f"  refused      reason {number}" for number in range(5)),
        "  refused      and for 2 more reasons",
        "  refused      above the cap",
    ]


def test_unknown() -> None:
    """It is not 0, and not allowed."""
    one = of(
        BanAnswer(is_known=False, why="fail2ban is down"), None, Visitors({}, troubles=("no access log",))
    )

    assert (one.connections, one.visitors, one.is_allowed) == (None, None, False)
    assert list(text.lines(one))[1:] == [
        "  connections  unknown",
        "  visitors     unknown",
        "  unknown      no access log",
        "  refused      fail2ban does not say who is protected: fail2ban is down",
    ]
    assert one.fields()["unknown"] == ["fail2ban is down", "no access log"]


def test_networks_that_no_table_tells() -> None:
    """They are unknown, and so is whom the ban would hit: not 0."""
    answer = BanAnswer(("there is no table of AS numbers",))
    one = make("AS64500", None, PEERS, SEEN, answer)

    assert list(text.lines(one)) == [
        "AS64500: its networks are unknown",
        "  connections  unknown",
        "  visitors     unknown",
        "  refused      there is no table of AS numbers",
    ]
    told = one.fields()
    names = ("prefixes", "addresses", "networks6", "networks", "connections", "visitors")
    assert [told[name] for name in names] == [None] * 6


def test_the_networks_are_merged_and_bounded() -> None:
    """A reader gets all of them or none: with a part it would take the others for free of visitors."""
    halves = [key_of(ip_network(one)) for one in ("198.51.100.0/25", "198.51.100.128/25", "2001:db8::/48")]
    assert make("AS64500", halves, PEERS, SEEN, BanAnswer()).fields()["networks"] == [
        "198.51.100.0/24",
        "2001:db8::/48",
    ]
    many = [(4, number << 9, 24) for number in range(1, 2002)]
    assert len(make("AS64500", many[:-1], PEERS, SEEN, BanAnswer()).fields()["networks"]) == 2000
    assert make("AS64500", many, PEERS, SEEN, BanAnswer()).fields()["networks"] is None
