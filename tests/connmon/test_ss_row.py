"""ss_row: addresses, acceptance and timers of one row."""

from __future__ import annotations

import socket

import pytest

from ideolab_f2b.connmon import ss_row
from ideolab_f2b.connmon.ss_row import INODE_UNKNOWN
from ideolab_f2b.kernel.sockets.row import Connection


def read(text: str) -> Connection:
    port, connection, is_bare = ss_row.parse(text)
    assert (port, is_bare) == (443, False)
    assert connection is not None
    return connection


@pytest.mark.parametrize(
    ("remote", "family", "packed"),
    [
        ("198.51.100.9:1", socket.AF_INET, bytes([198, 51, 100, 9]) + bytes(12)),
        ("[2001:db8::9]:1", socket.AF_INET6, b"\x20\x01\x0d\xb8" + bytes(11) + b"\x09"),
        ("[::ffff:198.51.100.9]:1", socket.AF_INET6, bytes(10) + b"\xff\xff" + bytes([198, 51, 100, 9])),
        ("[fe80::9]%eth0:1", socket.AF_INET6, b"\xfe\x80" + bytes(13) + b"\x09"),
        ("[fe80::9%eth0]:1", socket.AF_INET6, b"\xfe\x80" + bytes(13) + b"\x09"),
    ],
)
def test_peers(remote: str, family: int, packed: bytes) -> None:
    """IPv4, IPv6 in brackets, mapped, and with a scope."""
    row = read(f"ESTAB 0 0 [::]:443 {remote} cwnd:10")
    assert (row.family, row.peer, row.peer_port_be) == (family, packed, socket.htons(1))


@pytest.mark.parametrize(
    ("tokens", "inode", "cookie"),
    [
        ("uid:33 ino:1216278 sk:320e6 cwnd:10", 1216278, "320e6"),
        ("ino:0 sk:320e6 cwnd:10", 0, "320e6"),
        ("sk:320e6 cwnd:10", 0, "320e6"),
        ("cwnd:10", INODE_UNKNOWN, "192.0.2.1:443 198.51.100.9:1"),
    ],
)
def test_accepted_or_not(tokens: str, inode: int, cookie: str) -> None:
    """With -e a missing inode says not accepted; without -e nothing does, and addresses are the identity."""
    row = read(f"ESTAB 0 0 192.0.2.1:443 198.51.100.9:1 {tokens}")
    assert (row.inode, row.cookie) == (inode, cookie)


@pytest.mark.parametrize(
    ("timer", "read_as"),
    [
        ("timer:(on,200ms,4)", (1, 4)),
        ("timer:(keepalive,1min12sec,0)", (2, 0)),
        ("timer:(persist,1.652ms,12)", (4, 12)),
        ("timer:(unheard,of,x)", (0, 0)),
        ("", (0, 0)),
    ],
)
def test_timers(timer: str, read_as: tuple[int, int]) -> None:
    """The kernel's number of the timer, and what stays unanswered."""
    row = read(f"ESTAB 0 0 192.0.2.1:443 198.51.100.9:1 {timer} cwnd:10")
    assert (row.timer, row.retrans) == read_as


def test_another_port_is_not_parsed() -> None:
    """Rows of ports that nobody watches cost no more than their port."""
    assert ss_row.parse("ESTAB 0 0 192.0.2.1:8443 anything:1", (443,)) == (8443, None, False)


def test_a_row_without_details_says_so() -> None:
    """Only an established connection must have them."""
    assert ss_row.parse("ESTAB 0 0 192.0.2.1:443 198.51.100.9:1")[2]
    assert not ss_row.parse("SYN-RECV 0 0 192.0.2.1:443 198.51.100.9:1 timer:(on,18sec,5)")[2]
