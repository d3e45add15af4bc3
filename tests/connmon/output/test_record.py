"""record: the line, the event and the JSON of one suspect, to the letter."""

from __future__ import annotations

import json
from dataclasses import replace

from ideolab_f2b import logline
from ideolab_f2b.connmon.output import record
from ideolab_f2b.connmon.pressure.state import Pressure
from ideolab_f2b.connmon.suspects.suspect import Suspect

WHEN = 1795359121.25
ONE = Suspect("198.51.100.10", "ip", 5, 40, 1, {"mute": 38, "handshake-only": 2}, ("38 mute for 12 s",))
NET = Suspect("2001:db8::/48", "net", 4, 240, 61, {"mute": 240}, ("a", "b"))


def test_the_line_of_an_address() -> None:
    """Every phase has its place, zero or not; `handshake` is the grammar's word."""
    assert record.format_line(ONE, WHEN, 443) == (
        "2026-11-22T14:52:01.250+0000 connmon: suspect 198.51.100.10 scope=ip score=5 connections=40 "
        "mute=38 partial-hello=0 handshake=2 trickle=0 slow-read=0 idle=0 port=443"
    )


def test_the_line_of_a_ban_with_its_own_time() -> None:
    """The filter hands it on."""
    assert (
        record.format_line(replace(ONE, ttl=600), WHEN, 443)
        == f"{record.format_line(ONE, WHEN, 443)} ttl=600"
    )


def test_the_line_of_a_reason_that_the_counts_do_not_tell() -> None:
    """Last, in quotes; the report action takes it for the reason of the ban."""
    text = record.format_line(replace(ONE, ttl=600, reason="it holds 9 slots, 31 % of all"), WHEN, 443)

    assert text.endswith(' port=443 ttl=600 reason="it holds 9 slots, 31 % of all"')
    line = logline.read_line(text)
    assert line is not None
    assert line.reason == "it holds 9 slots, 31 % of all"


def test_the_line_of_a_container() -> None:
    """Its name is the last of our words: what stands in quotes comes after it."""
    where = "docker:0225320b4597"
    text = record.format_line(replace(ONE, ttl=600, reason="why"), WHEN, 443, namespace=where)

    assert text.endswith(f' port=443 ttl=600 in={where} reason="why"')
    assert record.format_line(ONE, WHEN, 443, namespace=where).endswith(f" port=443 in={where}")
    event = record.make_event(ONE, WHEN, 443, namespace=where)
    assert (event.namespace, record.make_event(ONE, WHEN, 443).namespace) == (where, None)
    assert json.loads(record.format_json(ONE, WHEN, namespace=where))["in"] == where


def test_a_line_for_no_jail() -> None:
    """With observe = yes."""
    line = record.format_line(ONE, WHEN, 443, record.OBSERVED)

    assert line == record.format_line(ONE, WHEN, 443).replace(": suspect ", ": observed ")


def test_how_full_the_server_was() -> None:
    """In the event and in --json; an unknown capacity is null."""
    full = Pressure("exhausted", 510, 512, "nginx", 3, 511, "why", 0.0)
    event = record.make_event(ONE, WHEN, 443, pressure=full, kind=record.OBSERVED)

    assert event.type == "observed"
    assert event.raw is not None
    assert event.raw["pressure"] == {"state": "exhausted", "slots": 510, "capacity": 512}
    unknown = json.loads(record.format_json(ONE, WHEN, full._replace(capacity=0)))
    assert unknown["pressure"] == {"state": "exhausted", "slots": 510, "capacity": None}


def test_the_line_of_a_network() -> None:
    """A network also says how many addresses it has."""
    assert record.format_line(NET, WHEN, 443) == (
        "2026-11-22T14:52:01.250+0000 connmon: suspect 2001:db8::/48 scope=net score=4 addresses=61 "
        "connections=240 mute=240 partial-hello=0 handshake=0 trickle=0 slow-read=0 idle=0 port=443"
    )


def test_the_events() -> None:
    """An address is `ip`, a network is `subnet`; the rest is in raw."""
    one, net = record.make_event(ONE, WHEN, 443), record.make_event(NET, WHEN, 443)

    assert (one.type, one.ip, one.subnet, one.count, one.score) == ("suspect", "198.51.100.10", None, 40, 5)
    assert (net.ip, net.subnet, net.reason) == (None, "2001:db8::/48", "a; b")
    assert net.raw == {"port": 443, "scope": "net", "phases": {"mute": 240}, "addresses": 61}


def test_the_event_of_an_ipv6_client() -> None:
    """Its /64 is no single address, though its scope is that of one."""
    client = record.make_event(replace(ONE, address="2001:db8:0:7::/64"), WHEN, 443)

    assert (client.ip, client.subnet) == (None, "2001:db8:0:7::/64")
    assert client.raw is not None
    assert client.raw["scope"] == "ip"


def test_the_json_of_a_suspect() -> None:
    """The fields that design.md names."""
    assert record.format_json(ONE, WHEN) == (
        '{"version":1,"t":1795359121.25,"address":"198.51.100.10","scope":"ip","score":5,"connections":40,'
        '"phases":{"mute":38,"handshake-only":2},"why":["38 mute for 12 s"],'
        '"reason":"38 mute for 12 s","in":null}'
    )
