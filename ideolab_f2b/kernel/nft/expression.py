"""What a rule of nf_tables asks of a packet and does with it, as netlink attributes; sends nothing."""

from __future__ import annotations

import socket

from ideolab_f2b.kernel.netlink import attribute, nest
from ideolab_f2b.kernel.nft.message import be32, be64, text

#: enum nft_meta_keys of linux/netfilter/nf_tables.h
_IN_NAME, _FAMILY, _PROTOCOL = 6, 15, 16
#: enum nft_ct_keys: the direction of a packet, the port that the first packet of a flow asked for
_CT_DIRECTION, _CT_PROTO_DST = 1, 12
#: enum nft_cmp_ops
_EQUAL, _OTHER = 0, 1
#: NF_DROP
_DROP = 0
#: NFT_JUMP
_JUMP = -3
#: NFT_RETURN
_RETURN = -5
#: IFNAMSIZ of linux/if.h
_NAME_SIZE = 16
#: where the source address stands in a header of IP, and its bytes, by version
_SOURCES = {4: (12, 4), 6: (8, 16)}
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


def expression(name: str, *data: bytes) -> bytes:
    """One expression of a rule."""
    return nest(1, text(1, name), nest(2, *data))


def is_family(version: int) -> bytes:
    """The packet is of this version of IP."""
    return _meta(_FAMILY) + compare(bytes((_FAMILIES[version],)))


def is_protocol(number: int) -> bytes:
    """The packet is of this protocol above IP."""
    return _meta(_PROTOCOL) + compare(bytes((number,)))


def is_loopback() -> bytes:
    """The packet comes over `lo`."""
    return _meta(_IN_NAME) + compare(b"lo".ljust(_NAME_SIZE, b"\0"))


def is_answer(wanted: bool = True) -> bytes:
    """The packet answers somebody behind or on this host who asked first; or it does not."""
    return expression("ct", be32(1, 1), be32(2, _CT_DIRECTION)) + compare(bytes((wanted,)))


def load_source(version: int) -> bytes:
    """Take the source address of the packet."""
    offset, size = _SOURCES[version]
    return expression("payload", be32(1, 1), be32(2, 1), be32(3, offset), be32(4, size))


def load_port() -> bytes:
    """Take the port that the packet goes to."""
    return expression("payload", be32(1, 1), be32(2, 2), be32(3, 2), be32(4, 2))


def load_asked_port() -> bytes:
    """Take the port that the client asked for, whatever has changed it since."""
    return expression("ct", be32(1, 1), be32(2, _CT_PROTO_DST), attribute(3, b"\0"))


def cut(version: int, prefix: int) -> bytes:
    """Leave the first bits of what was taken."""
    size = _SOURCES[version][1]
    ones = ((1 << 8 * size) - (1 << 8 * size - prefix)).to_bytes(size, "big")
    return expression(
        "bitwise", be32(1, 1), be32(2, 1), be32(3, size), _value(4, ones), _value(5, bytes(size))
    )


def compare(wanted: bytes, is_equal: bool = True) -> bytes:
    """What was taken is this."""
    operation = _EQUAL if is_equal else _OTHER
    return expression("cmp", be32(1, 1), be32(2, operation), _value(3, wanted))


def is_between(first: bytes, last: bytes) -> bytes:
    """What was taken is not below the one and not above the other."""
    return expression("range", be32(1, 1), be32(2, _EQUAL), _value(3, first), _value(4, last))


def is_in(name: str) -> bytes:
    """What was taken is an element of a set."""
    return expression("lookup", text(1, name), be32(2, 1))


def count(packets: int = 0, size: int = 0) -> bytes:
    """Count packets and bytes, from these numbers on."""
    return expression("counter", be64(1, size), be64(2, packets))


def drop() -> bytes:
    """End here: no chain of anybody sees the packet again."""
    return _verdict(be32(1, _DROP))


def jump(chain: str) -> bytes:
    """Go through another chain, and come back."""
    return _verdict(be32(1, _JUMP), text(2, chain))


def leave() -> bytes:
    """Go back to where the chain was called; out of a chain with a hook the packet goes on."""
    return _verdict(be32(1, _RETURN))


def _meta(key: int) -> bytes:
    return expression("meta", be32(2, key), be32(1, 1))


def _value(kind: int, data: bytes) -> bytes:
    return nest(kind, attribute(1, data))


def _verdict(*parts: bytes) -> bytes:
    return expression("immediate", be32(1, 0), nest(2, nest(2, *parts)))
