"""Messages and expressions of nf_tables that the table of the country list is made of; sends nothing."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator, Sequence

from ideolab_f2b.geo.rule.nft.nft_socket import Message
from ideolab_f2b.geo.rule.plan import BITS, SIZES
from ideolab_f2b.kernel.netlink import attribute, nest, unpack_attributes

#: linux/netlink.h
CREATE, APPEND = 0x400, 0x800
#: enum nf_tables_msg_types of linux/netfilter/nf_tables.h
NEWTABLE, GETTABLE, DELTABLE, NEWCHAIN, GETCHAIN, DELCHAIN, NEWRULE, GETRULE, DELRULE = range(9)
NEWSET, GETSET, DELSET, NEWELEM, GETELEM, DELELEM = range(9, 15)
NEWOBJ, GETOBJ = 18, 19
_SET_TIMEOUT = 0x10
#: what nft calls the keys of sets: ipv4_addr, ipv6_addr, inet_service
_KEY_TYPES = {4: 7, 6: 8, 2: 13}
#: NFT_JUMP, accept and drop of linux/netfilter.h
_JUMP, ACCEPT, DROP = -3, 1, 0
_REGISTER = 1
_COUNTER_OBJECT = 1
#: offset of the source address in the header, by version
_SOURCE = {4: 12, 6: 8}
#: elements of one message: an attribute is at most 64 KiB
BATCH = 500


def text(kind: int, value: str) -> bytes:
    return attribute(kind, value.encode("ascii") + b"\0")


def be32(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("!I", value & 0xFFFFFFFF))


def be64(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("!Q", value))


def _data(kind: int, value: bytes) -> bytes:
    return nest(kind, attribute(1, value))


def _expression(name: str, *data: bytes) -> bytes:
    return nest(1, text(1, name), nest(2, *data))


def _compare(value: bytes) -> bytes:
    return _expression("cmp", be32(1, _REGISTER), be32(2, 0), _data(3, value))


def _meta(key: int) -> bytes:
    return _expression("meta", be32(2, key), be32(1, _REGISTER))


def _load(base: int, offset: int, size: int) -> bytes:
    return _expression("payload", be32(1, _REGISTER), be32(2, base), be32(3, offset), be32(4, size))


def _mask(mask: bytes) -> bytes:
    size = len(mask)
    return _expression(
        "bitwise", be32(1, _REGISTER), be32(2, _REGISTER), be32(3, size), _data(4, mask), _data(5, bytes(size))
    )


def in_set(name: str) -> bytes:
    """What is loaded is an element of the set."""
    return _expression("lookup", text(1, name), be32(2, _REGISTER))


def protocol(number: int) -> bytes:
    """The transport protocol: 6 tcp, 17 udp."""
    return _meta(16) + _compare(bytes((number,)))


def version(number: int) -> bytes:
    """IPv4 or IPv6."""
    return _meta(15) + _compare(bytes((socket.AF_INET if number == 4 else socket.AF_INET6,)))


def source(number: int, length: int) -> bytes:
    """Load the first bits of the source address."""
    load = _load(1, _SOURCE[number], SIZES[number])
    if length == BITS[number]:
        return load
    mask = (1 << BITS[number]) - (1 << BITS[number] - length)
    return load + _mask(mask.to_bytes(SIZES[number], "big"))


#: tcp flags syn / fin,syn,rst,ack: what opens a connection
SYN = _load(2, 13, 1) + _mask(b"\x17") + _compare(b"\x02")
#: load the port that the packet goes to
PORT = _load(2, 2, 2)
#: comes over loopback, whose number is 1 in each network namespace
LOOPBACK = _meta(4) + _compare(struct.pack("=I", 1))
#: ct state new
NEW = (
    _expression("ct", be32(2, 0), be32(1, _REGISTER))
    + _mask(struct.pack("=I", 8))
    + _expression("cmp", be32(1, _REGISTER), be32(2, 1), _data(3, bytes(4)))
)


def verdict(code: int, chain: str = "") -> bytes:
    """End with this verdict."""
    target = [text(2, chain)] if chain else []
    return _expression("immediate", be32(1, 0), nest(2, nest(2, be32(1, code), *target)))


def jump(chain: str) -> bytes:
    """Go on in a chain, and come back."""
    return verdict(_JUMP, chain)


def count(name: str) -> bytes:
    """Count in a counter of the table."""
    return _expression("objref", be32(1, _COUNTER_OBJECT), text(2, name))


def table(name: str) -> Message:
    return Message(NEWTABLE, text(1, name) + be32(2, 0), CREATE)


def drop_table(name: str) -> Message:
    return Message(DELTABLE, text(1, name))


def base_chain(table_name: str, name: str, priority: int) -> Message:
    """A chain of the hook prerouting."""
    hook = nest(4, be32(1, 0), be32(2, priority))
    return Message(NEWCHAIN, text(1, table_name) + text(3, name) + hook + be32(5, 1) + text(7, "filter"), CREATE)


def chain(table_name: str, name: str) -> Message:
    return Message(NEWCHAIN, text(1, table_name) + text(3, name), CREATE)


def drop_chain(table_name: str, name: str) -> Message:
    return Message(DELCHAIN, text(1, table_name) + text(3, name))


def flush_chain(table_name: str, name: str) -> Message:
    return Message(DELRULE, text(1, table_name) + text(2, name))


def rule(table_name: str, chain_name: str, *expressions: bytes) -> Message:
    return Message(NEWRULE, text(1, table_name) + text(2, chain_name) + nest(4, *expressions), CREATE | APPEND)


def counter(table_name: str, name: str) -> Message:
    data = nest(4, be64(1, 0), be64(2, 0))
    return Message(NEWOBJ, text(1, table_name) + text(2, name) + be32(3, _COUNTER_OBJECT) + data, CREATE)


def port_set(table_name: str, name: str, number: int) -> Message:
    """A set of ports whose elements can have a time; `number` is another one for each set of a transaction."""
    return _new_set(table_name, name, 2, 2, _SET_TIMEOUT, b"", number)


def address_set(table_name: str, name: str, number: int, size: int, number_of_set: int) -> Message:
    """A set of addresses of one version with room for exactly `size`."""
    return _new_set(table_name, name, number, SIZES[number], 0, nest(9, be32(1, size)), number_of_set)


def _new_set(
    table_name: str, name: str, kind: int, width: int, flags: int, description: bytes, number: int
) -> Message:
    names = text(1, table_name) + text(2, name)
    key = be32(3, flags) + be32(4, _KEY_TYPES[kind]) + be32(5, width)
    return Message(NEWSET, names + key + be32(10, number) + description, CREATE)


def drop_set(table_name: str, name: str) -> Message:
    return Message(DELSET, text(1, table_name) + text(2, name))


def add_addresses(table_name: str, name: str, size: int, addresses: Sequence[int]) -> Iterator[Message]:
    """Elements of a set of addresses."""
    # attribute by attribute this takes three times as long, and a list has 300,000
    start = struct.pack("=HHHHHH", 12 + size, 1 | 0x8000, 8 + size, 1 | 0x8000, 4 + size, 1)
    names = text(1, table_name) + text(2, name)
    for at in range(0, len(addresses), BATCH):
        packed = b"".join(start + one.to_bytes(size, "big") for one in addresses[at : at + BATCH])
        yield Message(NEWELEM, names + attribute(3 | 0x8000, packed), CREATE)


def put_ports(table_name: str, name: str, ports: Iterable[int], seconds: float) -> Iterator[Message]:
    """Give ports this time, 0 for good; what was in the set goes."""
    names = text(1, table_name) + text(2, name)
    yield Message(DELELEM, names)
    time = be64(4, int(seconds * 1000)) if seconds else b""
    elements = [nest(1, _data(1, port.to_bytes(2, "big")) + time) for port in ports]
    if elements:
        yield Message(NEWELEM, names + nest(3, *elements), CREATE)


def read_ports(payloads: Iterable[bytes]) -> dict[int, float]:
    """Return {port: seconds left, 0 for good} of the answers to GETELEM."""
    found: dict[int, float] = {}
    for payload in payloads:
        for _kind, one in unpack_attributes(dict(unpack_attributes(payload)).get(3, b"")):
            fields = dict(unpack_attributes(one))
            key = dict(unpack_attributes(fields.get(1, b""))).get(1, b"")
            found[int.from_bytes(key, "big")] = int.from_bytes(fields.get(5, b""), "big") / 1000
    return found


def read_counter(payload: bytes) -> tuple[str, int]:
    """Return (name, packets) of one answer to GETOBJ."""
    fields = dict(unpack_attributes(payload))
    data = dict(unpack_attributes(fields.get(4, b"")))
    return read_text(fields.get(2, b"")), int.from_bytes(data.get(2, b""), "big")


def read_text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("ascii", "replace")


def read_rule(payload: bytes) -> tuple[str, str]:
    """Return the last set that a rule asks, and the chain that it jumps to; "" for none."""
    found, chain = "", ""
    for _kind, one in unpack_attributes(dict(unpack_attributes(payload)).get(4, b"")):
        fields = dict(unpack_attributes(one))
        data = dict(unpack_attributes(fields.get(2, b"")))
        name = read_text(fields.get(1, b""))
        if name == "lookup":
            found = read_text(data.get(1, b""))
        elif name == "immediate":
            code = dict(unpack_attributes(data.get(2, b""))).get(2, b"")
            chain = read_text(dict(unpack_attributes(code)).get(2, b""))
    return found, chain
