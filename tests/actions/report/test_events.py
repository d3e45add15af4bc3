"""events: a record and an origin as an event, to the letter."""

from __future__ import annotations

import json

import pytest

from ideolab_f2b.actions.report.events import AsFacts, build, split_address
from ideolab_f2b.actions.report.record import Record
from ideolab_f2b.origin.origin import Origin

LINE = "2026-11-22T14:52:01.250+0000 connmon: suspect 198.51.100.7 scope=ip score=5 connections=40 mute=40"
BAN = Record("s-1", "ban", "ideolab-connmon", "198.51.100.7", 1795359121.75, 1795359121.0, 3600, 1, LINE, "")


def test_a_ban_with_everything() -> None:
    """One line of JSON; the id comes last."""
    origin = Origin("198.51.100.7", "64500", "EXAMPLE, FR", "FR", "198.51.100.0/22", "cymru")

    assert build(BAN, origin, {"nj1": "x"}).to_json() == (
        '{"ts":"2026-11-22T14:52:01.750+00:00","type":"ban","ip":"198.51.100.7","subnet":"198.51.100.0/24",'
        '"count":40,"score":5,"asn":"64500","asname":"EXAMPLE, FR","country":"FR","reason":"40 mute",'
        '"jail":"ideolab-connmon","bantime":3600,"until":"2026-11-22T15:52:01.000+00:00",'
        f'"origin":"198.51.100.0/22","raw":{{"origin_source":"cymru","failures":1,"matches":["{LINE}"],'
        '"fingerprint":{"nj1":"x"}},"in":null,"id":"s-1"}'
    )


def test_the_ban_of_an_as() -> None:
    """It has no address, and its number of networks; null where no table says it."""
    made = build(BAN._replace(address="AS64500", matches=""), None, {}, AsFacts(64500, "EXAMPLE", 103))

    assert (made.ip, made.subnet, made.asn, made.asname) == (None, None, "64500", "EXAMPLE")
    assert made.raw == {"origin_source": "skipped", "prefixes": 103}
    bare = build(BAN._replace(address="AS64500"), None, {}, AsFacts(64500))
    assert (bare.asname, bare.raw and bare.raw["prefixes"]) == (None, None)


@pytest.mark.parametrize(
    ("words", "namespace"),
    [
        (" port=443 in=docker:0225320b4597", "docker:0225320b4597"),
        (' port=443 ttl=600 in=lxc:c1 reason="it holds 9 slots"', "lxc:c1"),
        (' port=443 reason="x in=lxc:c2"', None),
        (' port=443 in=lxc:c1 reason="x" in=lxc:c2', "lxc:c1"),
        (" port=443 in=lxc:c1 in=lxc:c2", "lxc:c1"),
        (" port=443 in=a/b", None),
        (f" port=443 in={'x' * 65}", None),
        (" port=443 in=", None),
    ],
)
def test_the_namespace_of_a_container(words: str, namespace: str) -> None:
    """From the plain words of connmon's line, never from text in quotes."""
    assert build(BAN._replace(matches=LINE + words), None).namespace == namespace


def test_a_permanent_ban_and_an_unban_end_at_no_time() -> None:
    """And a ban that the kernel does not hold says so."""
    for_ever = build(BAN._replace(bantime=-1, error='set "x" is full'), None)
    lifted = build(BAN._replace(type="unban", matches=""), None)

    assert (for_ever.until, for_ever.bantime, lifted.until) == (None, -1, None)
    assert for_ever.raw is not None and for_ever.raw["error"] == 'set "x" is full'
    assert lifted.raw == {"origin_source": "skipped"}
    assert build(BAN._replace(bantime=10**15), None).until is None


def test_lines_of_others_are_escaped_and_few() -> None:
    """Three, each as quoted as in our own logs."""
    record = BAN._replace(jail="sshd", failures=7, matches='1\n2\n3\nbad "\x1b[2J\\é\udc80' + "x" * 5000)
    found = build(record, None)

    assert found.raw is not None
    assert found.raw["matches"][:2] == ["2", "3"]
    assert found.raw["matches"][2].startswith(r"bad \x22\x1b[2J\x5c\xc3\xa9?xxx")
    assert (found.count, found.score, found.reason) == (7, None, None)
    assert len(json.dumps(found.raw)) < 1500


@pytest.mark.parametrize(
    ("address", "both"),
    [
        ("198.51.100.7", ("198.51.100.7", "198.51.100.0/24")),
        ("198.51.100.0/24", (None, "198.51.100.0/24")),
        ("2001:db8:c::7", ("2001:db8:c::7", "2001:db8:c::/64")),
        ("2001:db8::/48", (None, "2001:db8::/48")),
        ("bob", ("bob", None)),
    ],
)
def test_where_an_address_stands(address: str, both: tuple[str, str]) -> None:
    """A jail of somebody else's may ban by a name."""
    assert split_address(address) == both
