"""bulk: one connection to a server that is honest, slow, broken or hostile."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time

import pytest

from ideolab_f2b.origin.bulk import Bulk
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.origin import Origin
from tests.origin.whois_server import PREFIXES, WhoisServer

A: Address = ipaddress.ip_address("198.51.100.7")
B: Address = ipaddress.ip_address("2001:db8::7")
C: Address = ipaddress.ip_address("203.0.113.9")
FOUND = {
    A: Origin("198.51.100.7", "64500", "EXAMPLE, FR", "FR", "198.51.100.0/24", "cymru"),
    B: Origin("2001:db8::7", "64501", "EXAMPLE-SIX, DE", "DE", "2001:db8::/32", "cymru"),
    C: Origin("203.0.113.9", source="cymru"),
}


def ask(server: WhoisServer, seconds: float = 5.0) -> tuple[dict[Address, Origin], str | None, float]:
    """(found, trouble without the server's name, seconds it took)."""
    begin = time.monotonic()
    found, trouble = Bulk("127.0.0.1", server.port).ask([A, B, C], begin + seconds)
    if trouble is not None:
        name, _colon, trouble = trouble.partition(": ")
        assert name == f"127.0.0.1:{server.port}"
    return found, trouble, time.monotonic() - begin


def test_many_addresses_by_one_connection() -> None:
    """Both families, unrouted ones too, in the documented form."""
    with WhoisServer() as server:
        found, trouble, _seconds = ask(server)

    assert (found, trouble) == (FOUND, None)
    assert server.requests == [b"begin\nverbose\n198.51.100.7\n2001:db8::7\n203.0.113.9\nend\n"]


@pytest.mark.parametrize(
    ("mode", "trouble"),
    [
        ("reset", "[Errno 104] Connection reset by peer"),
        ("garbage", "it closed before all was answered"),
        ("empty", "it closed before all was answered"),
        ("huge", "the answer is too long"),
    ],
)
def test_a_server_that_gives_nothing(mode: str, trouble: str) -> None:
    """An answer without rows, and why; one connection, no second try."""
    with WhoisServer(mode) as server:
        assert ask(server)[:2] == ({}, trouble)
        assert server.connections == 1


@pytest.mark.alone
@pytest.mark.parametrize("mode", ["drip", "blackhole"])
def test_a_server_that_holds_the_line(mode: str) -> None:
    """A byte now and then does not move the deadline."""
    with WhoisServer(mode, drip_s=0.05) as server:
        found, trouble, seconds = ask(server, 0.5)

    assert (found, trouble) == ({}, "no complete answer in time")
    assert 0.4 < seconds < 2.0


def test_what_came_before_the_end_is_kept() -> None:
    """A server that closes halfway has answered for some."""
    with WhoisServer("half") as server:
        found, trouble, _seconds = ask(server)

    assert found == {A: FOUND[A]}
    assert trouble == "it closed before all was answered"


@pytest.mark.alone
def test_a_server_that_does_not_close_is_not_waited_for() -> None:
    """Half a second after the last row all is there."""
    with WhoisServer("open") as server:
        found, trouble, seconds = ask(server)

    assert (found, trouble) == (FOUND, None)
    assert seconds < 3.0


def test_a_character_that_two_reads_share() -> None:
    """Bytes are put together before they are text."""
    with WhoisServer("utf8split", {**PREFIXES, "198.51.100.0/24": ("64500", "FR", "Café, FR")}) as server:
        assert ask(server)[0][A].asname == "Café, FR"


def test_a_prefix_of_several_origins() -> None:
    """One of them, always the same, with its own name."""
    with WhoisServer("multi") as server:
        assert ask(server)[0][A].asn == "64499"


def test_nobody_listens(refused_port: int) -> None:
    """An error at once, with the name of the server."""
    found, trouble = Bulk("127.0.0.1", refused_port).ask([A], time.monotonic() + 60)

    assert found == {}
    assert trouble == f"127.0.0.1:{refused_port}: no connection: [Errno 111] Connection refused"


def test_no_time_is_left() -> None:
    """A deadline that has passed asks nobody."""
    with WhoisServer() as server:
        assert ask(server, -1.0)[:2] == ({}, "no complete answer in time")
    assert server.requests == []


def test_ten_thousand_addresses_do_not_block_each_other() -> None:
    """The server answers while it is still being asked: both buffers are full at once."""
    many = [ipaddress.ip_address(0xC6120000 + number * 3) for number in range(10_000)]
    with WhoisServer(prefixes={"198.18.0.0/15": ("64500", "FR", "x" * 500)}) as server:
        found, trouble = Bulk("127.0.0.1", server.port).ask(many, time.monotonic() + 60)

    assert (len(found), trouble, server.connections) == (10_000, None, 1)


def test_a_name_that_is_never_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """getaddrinfo() knows no deadline: one thread waits for it, however often it is asked."""
    released, calls = threading.Event(), []

    def resolver(host: str, *_arguments: object, flags: int = 0, **_others: object) -> list[object]:
        if flags:
            raise socket.gaierror(socket.EAI_NONAME, "not a number")
        calls.append(host)
        released.wait(120)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    bulk = Bulk("whois.example", 43)
    try:
        for _again in range(3):
            found, trouble = bulk.ask([A], time.monotonic() + 0.5)
            assert (found, trouble) == ({}, "whois.example:43: the name is not resolved in time")
    finally:
        released.set()

    assert calls == ["whois.example"]
    assert (
        bulk.ask([A], time.monotonic() + 60).error
        == "whois.example:43: no connection: the name has no address"
    )


def test_a_name_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver's own words."""

    def resolver(*_arguments: object, **_others: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    trouble = Bulk("whois.example", 43).ask([A], time.monotonic() + 60).error

    assert trouble == "whois.example:43: the name is not resolved: [Errno -2] Name or service not known"
