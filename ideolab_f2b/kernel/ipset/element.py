"""Elements and headers of kernel sets <-> netlink attributes; sends nothing."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import NamedTuple, Optional, Union

from ideolab_f2b.kernel.netlink import NESTED, NETWORK_ORDER, attribute, nest, unpack_attributes

Network = Union[IPv4Network, IPv6Network]
#: a network as (version, first address, prefix length): fifty thousand of these compare in milliseconds
Key = tuple[int, int, int]

#: what ipset(8) allows; the kernel's jiffies would wrap not far above
MAX_TIMEOUT_S = 2147483
_DATA, _IP, _CIDR, _TIMEOUT, _LINE = 7, 1, 3, 6, 9
_MAXELEM, _SIZE, _ELEMENTS, _REFERENCES, _MEMORY = 19, 23, 24, 25, 26
_NAME, _TYPE, _FAMILY, _MEMBER = 2, 3, 5, 18
_FAMILIES = {2: "inet", 10: "inet6"}
_VERSIONS = {4: 4, 16: 6}
_BE32 = struct.Struct("!I")
_ATTRIBUTE = struct.Struct("=HH")
#: bytes of an address, by version
_SIZES = {4: 4, 6: 16}
#: the longest prefix, by version
LONGEST = {4: 32, 6: 128}
#: what stands before the address, by version: two nests
_STARTS = {
    4: struct.pack("=HHHH", 12, _IP | NESTED, 8, 1 | NETWORK_ORDER),
    6: struct.pack("=HHHH", 24, _IP | NESTED, 20, 2 | NETWORK_ORDER),
}
#: the attribute of each prefix length
_PREFIXES = tuple(struct.pack("=HHB3x", 5, _CIDR, bits) for bits in range(129))
_TIMEOUT_START = _ATTRIBUTE.pack(8, _TIMEOUT | NETWORK_ORDER)


class Element(NamedTuple):
    """A network in a set; `timeout_s` is the time left, None when it stays."""

    network: Network
    timeout_s: Optional[int]


class SetHeader(NamedTuple):
    """What the kernel tells about a set without its elements; 0 and None where it tells nothing."""

    name: str
    type: str
    family: str
    maxelem: int
    timeout: Optional[int]
    references: int
    elements: Optional[int]
    memory: int
    #: list:set only: how many members it can hold
    size: int


def be32(kind: int, value: int) -> bytes:
    """An attribute with a number of 32 bits in network order."""
    return _ATTRIBUTE.pack(8, kind | NETWORK_ORDER) + _BE32.pack(value)


def check_network(network: Network) -> None:
    """hash:net cannot hold the whole address space."""
    if network.prefixlen == 0:
        raise ValueError(f"{network} covers every address; hash:net takes prefixes from 1 on")


def check_key(key: Key) -> None:
    """The same from plain numbers, which can have a prefix that no address has."""
    if not 0 <= key[2] <= LONGEST[key[0]]:
        raise ValueError(f"{text_of(key)}: hash:net takes prefixes up to {LONGEST[key[0]]}")
    check_network(network_of(key))


def pack(network: Network, timeout_s: Optional[int] = None, line: int = 0) -> bytes:
    """The data attribute of an element; a time longer than the kernel can hold is cut to what it can."""
    return pack_key(key_of(network), timeout_s, line)


def pack_key(key: Key, timeout_s: Optional[int] = None, line: int = 0) -> bytes:
    """The same as `pack` from plain numbers: each ban of a burst passes here."""
    version, address, prefix = key
    head = _STARTS[version] + address.to_bytes(_SIZES[version], "big") + _PREFIXES[prefix]
    if timeout_s is not None:
        head += _TIMEOUT_START + min(max(timeout_s, 0), MAX_TIMEOUT_S).to_bytes(4, "big")
    if line:
        head += be32(_LINE, line)
    return _ATTRIBUTE.pack(len(head) + 4, _DATA | NESTED) + head


def unpack(payload: bytes) -> Element | str | None:
    """The element of one data attribute; the member's name in a list:set; None for what we do not know."""
    fields = dict(unpack_attributes(payload))
    if _MEMBER in fields:
        return _text(fields[_MEMBER])
    packed = next((value for _kind, value in unpack_attributes(fields.get(_IP, b""))), b"")
    if len(packed) not in (4, 16):
        return None
    prefix = fields.get(_CIDR, b"")
    bits = prefix[0] if prefix else 8 * len(packed)
    network: Network = IPv4Network((packed, bits)) if len(packed) == 4 else IPv6Network((packed, bits))
    return Element(network, _number(fields, _TIMEOUT) or None)


def unpack_entry(payload: bytes) -> Optional[tuple[Key, Optional[int]]]:
    """What `unpack` says of an element, as plain numbers: the sets of a whole botnet are read this way."""
    address, prefix, timeout_s = b"", 0, None
    for kind, value in unpack_attributes(payload):
        if kind == _IP:
            address = value[4:]
        elif kind == _CIDR:
            prefix = value[0]
        elif kind == _TIMEOUT:
            timeout_s = int.from_bytes(value, "big") or None
    version = _VERSIONS.get(len(address))
    if version is None:
        return None
    return (version, int.from_bytes(address, "big"), prefix or 8 * len(address)), timeout_s


def key_of(network: Network) -> Key:
    """The network as plain numbers."""
    return network.version, int(network.network_address), network.prefixlen


def network_of(key: Key) -> Network:
    """The network that the numbers stand for."""
    version, address, prefix = key
    return IPv4Network((address, prefix)) if version == 4 else IPv6Network((address, prefix))


def text_of(key: Key) -> str:
    """The numbers as text, for an error; also of what is no network."""
    version, address, prefix = key
    return f"{IPv4Address(address) if version == 4 else IPv6Address(address)}/{prefix}"


def unpack_header(fields: dict[int, bytes]) -> SetHeader:
    """The header from the attributes of one message of a dump."""
    data = dict(unpack_attributes(fields.get(_DATA, b"")))
    return SetHeader(
        name=_text(fields.get(_NAME, b"")),
        type=_text(fields.get(_TYPE, b"")),
        family=_FAMILIES.get(fields.get(_FAMILY, b"\0")[0], ""),
        maxelem=_number(data, _MAXELEM) or 0,
        timeout=_number(data, _TIMEOUT),
        references=_number(data, _REFERENCES) or 0,
        elements=_number(data, _ELEMENTS),
        memory=_number(data, _MEMORY) or 0,
        size=_number(data, _SIZE) or 0,
    )


def pack_hash_settings(maxelem: int, timeout: int) -> bytes:
    """The data attribute of a new hash:net set; `timeout` (seconds) is the default of its elements."""
    return nest(_DATA, be32(_MAXELEM, maxelem), be32(_TIMEOUT, timeout))


def pack_list_settings(size: int) -> bytes:
    """The data attribute of a new list:set with room for `size` sets."""
    return nest(_DATA, be32(_SIZE, size))


def pack_member(name: str) -> bytes:
    """The data attribute of a set in a list:set."""
    return nest(_DATA, attribute(_MEMBER, name.encode() + b"\0"))


def _number(fields: dict[int, bytes], kind: int) -> int | None:
    value = fields.get(kind, b"")
    return _BE32.unpack(value)[0] if len(value) == 4 else None


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("ascii", "replace")
