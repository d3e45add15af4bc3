"""inet_diag: requests to the letter, and peers of both families."""

from __future__ import annotations

import socket
import struct

from ideolab_f2b.kernel.sockets.inet_diag import (
    destroy_request,
    dump_request,
    fold,
    garbled_error,
    peer_condition,
)


def test_fold() -> None:
    """A peer is 4 or 16 bytes, and the same for an IPv4 client whichever family the listener has."""
    v4, v6 = socket.AF_INET, socket.AF_INET6
    assert fold(v4, b"\xc6\x33\x64\x01" + bytes(12)) == b"\xc6\x33\x64\x01"
    assert fold(v6, bytes(10) + b"\xff\xff\xc6\x33\x64\x01") == b"\xc6\x33\x64\x01"
    # 2a01:4f8:: looks like the IPv4 peer 42.1.4.248
    assert fold(v6, b"\x2a\x01\x04\xf8" + bytes(12)) == b"\x2a\x01\x04\xf8" + bytes(12)


def test_request_bytes() -> None:
    """The requests as the kernel's headers lay them out."""
    assert dump_request(443, 0x2, with_info=True) == (
        b"\0\0\0\x02" + b"\x01\xbb\0\0" + bytes(36) + b"\xff" * 8 + struct.pack("=II", 2, 0)
    )
    assert peer_condition(b"\xc6\x33\x64\0", 24) == (
        struct.pack("=HH", 20, 1) + struct.pack("=BBHBBHi", 8, 16, 20, 2, 24, 0, -1) + b"\xc6\x33\x64\0"
    )


def test_the_request_for_the_end_of_a_socket() -> None:
    """Family, protocol, any state, and the socket's whole identity."""
    identity = bytes(range(48))

    assert destroy_request(socket.AF_INET, identity) == b"\x02\x06\x00\x00\xff\xff\xff\xff" + identity


def test_an_answer_that_cannot_be_read_says_what_to_do() -> None:
    """The text of ss is the way round a kernel that answers otherwise."""
    assert str(garbled_error("a datagram of 3 bytes")) == (
        "dump of sockets: a datagram of 3 bytes; it is tried again; if it stays, "
        "feed `ss -tnoi` to `ideolab-f2b connmon --snapshot -`"
    )
