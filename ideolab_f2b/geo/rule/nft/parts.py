"""Parts of a table that bans do not have: counters, sets of ports, sets that rules fill."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence

from ideolab_f2b.geo.rule.plan import SIZES
from ideolab_f2b.kernel.netlink import NESTED, attribute, nest, unpack_attributes
from ideolab_f2b.kernel.nft import element
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.message import (
    BATCH,
    CREATE,
    GET_ELEMENT,
    NEW_ELEMENT,
    NEW_SET,
    TIMEOUTS,
    Change,
    add_set,
    be32,
    be64,
    change_elements,
    flush_set,
    text,
)

#: enum nf_tables_msg_types
_NEW_OBJECT, _GET_OBJECT = 18, 19
_COUNTER = 1
#: inet_service, and its bytes
_PORT_TYPE, _PORT_SIZE = 13, 2
#: NFT_SET_EVAL: rules put elements in
_FILLED_BY_RULES = 0x20
#: attributes: of a set, of elements, of an object
_ELEMENTS, _OBJECT_NAME, _OBJECT_DATA, _PACKETS = 3, 2, 4, 2


def add_counter(table: str, name: str) -> Change:
    """Make a counter that several rules count in, and that stays when they are replaced."""
    zero = nest(_OBJECT_DATA, be64(1, 0), be64(_PACKETS, 0))
    return Change(_NEW_OBJECT, text(1, table) + text(2, name) + be32(3, _COUNTER) + zero, CREATE)


def read_counters(channel: NftChannel, table: str) -> dict[str, int]:
    """Return {counter: packets}; OSError."""
    found = {}
    for payload in channel.dump_all(_GET_OBJECT, text(1, table)):
        fields = dict(unpack_attributes(payload))
        data = dict(unpack_attributes(fields.get(_OBJECT_DATA, b"")))
        name = fields.get(_OBJECT_NAME, b"").rstrip(b"\0").decode("ascii", "replace")
        found[name] = int.from_bytes(data.get(_PACKETS, b""), "big")
    return found


def add_port_set(table: str, name: str, number: int) -> Change:
    """Make a set of ports whose elements can have a time; `number` is another one for each set."""
    payload = text(1, table) + text(2, name) + be32(3, TIMEOUTS) + be32(4, _PORT_TYPE)
    return Change(NEW_SET, payload + be32(5, _PORT_SIZE) + be32(10, number), CREATE)


def put_ports(table: str, name: str, ports: Iterable[int], seconds: float) -> Iterator[Change]:
    """Yield what gives ports this time, 0 for good; what was in the set goes."""
    yield flush_set(table, name)
    packed = [element.pack_any(port.to_bytes(_PORT_SIZE, "big"), seconds) for port in ports]
    yield from change_elements(NEW_ELEMENT, table, name, packed, CREATE)


def read_elements(channel: NftChannel, table: str, name: str) -> dict[bytes, int]:
    """Return {key: seconds left, 0 for good} of a set; OSError."""
    answers = channel.dump_all(GET_ELEMENT, text(1, table) + text(2, name))
    return {key: left_s or 0 for answer in answers for key, left_s in element.unpack(answer)}


def add_noted_set(table: str, name: str, version: int, size: int, number: int) -> Change:
    """Make a set that rules put addresses in, for a time each."""
    return add_set(table, name, version, size, number=number, flags=TIMEOUTS | _FILLED_BY_RULES)


def add_addresses(table: str, name: str, version: int, addresses: Sequence[int]) -> Iterator[Change]:
    """Yield what puts addresses into a set without times."""
    size = SIZES[version]
    # element by element it takes three times as long, and a list has 300,000
    start = struct.pack("=HHHHHH", 12 + size, 1 | NESTED, 8 + size, 1 | NESTED, 4 + size, 1)
    place = text(1, table) + text(2, name)
    for at in range(0, len(addresses), BATCH):
        packed = b"".join(start + one.to_bytes(size, "big") for one in addresses[at : at + BATCH])
        yield Change(NEW_ELEMENT, place + attribute(_ELEMENTS | NESTED, packed), CREATE)
