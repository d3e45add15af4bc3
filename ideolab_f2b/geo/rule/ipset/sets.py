"""The sets of the country list: prefixes by the hundred thousand, ports whose elements can have a time."""

from __future__ import annotations

import contextlib
import math
import struct
from collections.abc import Sequence

from ideolab_f2b.geo.rule.plan import RECENT_ROOM, RECENT_S, SIZES, Prefix
from ideolab_f2b.kernel.ipset import error
from ideolab_f2b.kernel.ipset.element import MAX_TIMEOUT_S, be32
from ideolab_f2b.kernel.ipset.error import SetMissingError
from ideolab_f2b.kernel.ipset.sets import DEFAULT_MAXELEM, Sets
from ideolab_f2b.kernel.netlink import NESTED, NETWORK_ORDER, attribute, nest, unpack_attributes

#: elements of one message, at most 44 bytes each: an attribute is at most 64 KiB
_BATCH = 1000
_FAMILIES = {4: "inet", 6: "inet6"}
#: linux/netfilter/ipset/ip_set.h
_ADD, _DELETE = 9, 10
_PORT, _PORT_TO, _TIMEOUT, _DATA, _ADT, _LINE, _MAXELEM = 4, 5, 6, 7, 8, 9, 19
_NETMASK = 20
#: bits of an IPv6 client
_CLIENT6 = 64
_LAST_PORT = 65535
#: what stands before the address of an element: data, IP, the IP of a family
_STARTS = {
    version: struct.pack(
        "=HHHHHH",
        4 + (8 + size) + 8 + 8,
        _DATA | NESTED,
        8 + size,
        1 | NESTED,
        4 + size,
        (1 if version == 4 else 2) | NETWORK_ORDER,
    )
    for version, size in SIZES.items()
}
#: the prefix length, by its value
_LENGTHS = tuple(struct.pack("=HHB3x", 5, 3, length) for length in range(129))
#: the line, by which the kernel says which element it refuses
_LINES = tuple(
    struct.pack("=HH", 8, _LINE | NETWORK_ORDER) + struct.pack("!I", line) for line in range(1, _BATCH + 1)
)


def room_for(count: int) -> int:
    """Return maxelem of a set: the next power of two, at least what ipset itself takes."""
    return max(DEFAULT_MAXELEM, 1 << max(0, count - 1).bit_length())


class CountrySets(Sets):
    """Sets of prefixes without times, and sets of ports."""

    def create_prefixes(self, name: str, version: int, prefixes: Sequence[Prefix]) -> None:
        """Make a hash:net set with these prefixes; one of that name is destroyed before. SetError."""
        with contextlib.suppress(SetMissingError):
            self.destroy(name)
        settings = nest(_DATA, be32(_MAXELEM, room_for(len(prefixes))))
        self._create(name, "hash:net", _FAMILIES[version], settings)
        self._add_prefixes(name, version, prefixes)

    def replace_prefixes(self, name: str, version: int, prefixes: Sequence[Prefix]) -> None:
        """Let a set that rules may match have these prefixes, at one instant."""
        spare = f"{name}.new"
        self.create_prefixes(spare, version, prefixes)
        if name in self.names():
            self.swap(name, spare)
            self.destroy(spare)
        else:
            self.destroy(spare)
            self.create_prefixes(name, version, prefixes)

    def create_ports(self, name: str) -> None:
        """Make a bitmap:port set whose elements can have a time; nothing happens when it is there."""
        whole = attribute(_PORT | NETWORK_ORDER, bytes(2)) + attribute(
            _PORT_TO | NETWORK_ORDER, _LAST_PORT.to_bytes(2, "big")
        )
        self._create(name, "bitmap:port", "unspec", nest(_DATA, whole, be32(_TIMEOUT, 0)))

    def create_recent(self, name: str, version: int) -> None:
        """Make a set that rules put clients in, an IPv6 one as its /64; nothing happens when it is there."""
        settings = be32(_MAXELEM, RECENT_ROOM) + be32(_TIMEOUT, int(RECENT_S))
        if version == 6:
            settings += attribute(_NETMASK, bytes((_CLIENT6,)))
        self._create(name, "hash:ip", _FAMILIES[version], nest(_DATA, settings))

    def put_ports(self, name: str, ports: Sequence[int], seconds: float) -> None:
        """Give ports this time, 0 for good; all others go."""
        time = be32(_TIMEOUT, min(MAX_TIMEOUT_S, math.ceil(seconds)))
        for port in ports:
            self._change_port(_ADD, name, port, time)
        for port in set(self.read_ports(name)) - set(ports):
            self._change_port(_DELETE, name, port)

    def read_ports(self, name: str) -> dict[int, int]:
        """Return {port: seconds left, 0 for good}; {} when there is no such set."""
        found: dict[int, int] = {}
        try:
            answers = list(self._list(self._begin(name), f'list set "{name}"'))
        except SetMissingError:
            return found
        for fields in answers:
            for _kind, data in unpack_attributes(fields.get(_ADT, b"")):
                one = dict(unpack_attributes(data))
                found[int.from_bytes(one.get(_PORT, b""), "big")] = int.from_bytes(
                    one.get(_TIMEOUT, b""), "big"
                )
        return found

    def _change_port(self, command: int, name: str, port: int, time: bytes = b"") -> None:
        data = nest(_DATA, attribute(_PORT | NETWORK_ORDER, port.to_bytes(2, "big")), time)
        self._ask(command, self._begin(name) + data, f'change port {port} of set "{name}"')

    def _add_prefixes(self, name: str, version: int, prefixes: Sequence[Prefix]) -> None:
        start, size, named = _STARTS[version], SIZES[version], self._begin(name)
        for at in range(0, len(prefixes), _BATCH):
            packed = b"".join(
                start + address.to_bytes(size, "big") + _LENGTHS[length] + line
                for (address, length), line in zip(prefixes[at : at + _BATCH], _LINES)
            )
            code = self._request(_ADD, named + be32(_LINE, 1) + attribute(_ADT | NESTED, packed))
            if code:
                raise error.error(code, f'add prefixes {at} to {at + _BATCH} to set "{name}"')
