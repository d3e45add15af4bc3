"""What the rules of the country list ask of a packet beside what those of bans ask; sends nothing."""

from __future__ import annotations

import struct

from ideolab_f2b.geo.rule.plan import BITS
from ideolab_f2b.kernel.netlink import attribute, nest
from ideolab_f2b.kernel.nft.expression import compare, cut, expression, load_source
from ideolab_f2b.kernel.nft.message import be32, be64, text

#: enum nft_payload_bases, and where the flags of TCP are
_TRANSPORT, _TCP_FLAGS = 2, 13
#: fin, syn, rst, ack
_OPENING = b"\x17"
_SYN = b"\x02"
#: enum nft_ct_keys
_CT_STATE = 0
#: its bit of `new`
_NEW = struct.pack("=I", 8)
#: NF_ACCEPT: the packet leaves this table, and goes on to others
_ACCEPT = 1
#: NFT_OBJECT_COUNTER
_COUNTER = 1
#: enum nft_dynset_ops: an element that is there gets its time anew
_UPDATE = 1


def opens_connection() -> bytes:
    """tcp flags syn / fin,syn,rst,ack."""
    load = expression("payload", be32(1, 1), be32(2, _TRANSPORT), be32(3, _TCP_FLAGS), be32(4, 1))
    return load + _mask(_OPENING) + compare(_SYN)


def is_new() -> bytes:
    """ct state new."""
    return expression("ct", be32(2, _CT_STATE), be32(1, 1)) + _mask(_NEW) + compare(bytes(4), is_equal=False)


def load_prefix(version: int, length: int) -> bytes:
    """Take the first bits of the source address."""
    load = load_source(version)
    return load if length == BITS[version] else load + cut(version, length)


def accept() -> bytes:
    """End here, for this table alone: what others drop is dropped."""
    return expression("immediate", be32(1, 0), nest(2, nest(2, be32(1, _ACCEPT))))


def count_in(name: str) -> bytes:
    """Count in a counter of the table."""
    return expression("objref", be32(1, _COUNTER), text(2, name))


def note_in(name: str, seconds: float) -> bytes:
    """Put what was taken into a set for a time; in a full set the rule ends here."""
    return expression("dynset", text(1, name), be32(3, _UPDATE), be32(4, 1), be64(6, int(seconds * 1000)))


def _mask(mask: bytes) -> bytes:
    size = len(mask)
    value, nothing = (nest(kind, attribute(1, data)) for kind, data in ((4, mask), (5, bytes(size))))
    return expression("bitwise", be32(1, 1), be32(2, 1), be32(3, size), value, nothing)
