"""Elements of hash sets of nf_tables <-> netlink attributes; sends nothing."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Optional

from ideolab_f2b.kernel.ipset.element import LONGEST, Key, check_key
from ideolab_f2b.kernel.netlink import NESTED, attribute, nest, unpack_attributes
from ideolab_f2b.kernel.nft.message import KEYS, be64

#: seconds, the most that an element is given: 300 years. The kernel's own limit is far above it
MAX_TIMEOUT_S = 10**10
_ATTRIBUTE = struct.Struct("=HH")
_LIST, _ELEMENT, _KEY, _VALUE, _TIMEOUT, _LEFT = 3, 1, 1, 1, 4, 5
_MILLISECONDS = struct.Struct("!Q")
#: the headers of the nests round an address, by version, and of its timeout
_STARTS = {
    version: _ATTRIBUTE.pack(size + 8, _KEY | NESTED) + _ATTRIBUTE.pack(size + 4, _VALUE)
    for version, (size, _kind) in KEYS.items()
}
_TIMEOUT_START = _ATTRIBUTE.pack(12, _TIMEOUT)
#: headers of the whole element, by version: without a timeout and with one
_BARE = {
    version: _ATTRIBUTE.pack(len(start) + KEYS[version][0] + 4, _ELEMENT | NESTED) + start
    for version, start in _STARTS.items()
}
_LEFT_START = _ATTRIBUTE.pack(12, _LEFT)
#: bytes before the address of an element
_HEADERS_SIZE = 12
#: how the kernel tells an element with a time, by what stands before its address
_UNIFORM = {
    _ATTRIBUTE.pack(size + 36, _ELEMENT)
    + _ATTRIBUTE.pack(size + 8, _KEY)
    + _ATTRIBUTE.pack(size + 4, _VALUE): (struct.Struct(f"!{_HEADERS_SIZE}s{size}s4sQ4sQ"))
    for size, _kind in KEYS.values()
}
_TIMED = {version: _ATTRIBUTE.pack(len(start) + KEYS[version][0] + 16, _ELEMENT | NESTED) + start
          for version, start in _STARTS.items()}  # fmt: skip


def check(key: Key) -> None:
    """ValueError when the numbers are no network: a prefix from 1 on, no bits behind it."""
    version, address, prefix = key
    if version not in LONGEST:
        raise ValueError(f"{key!r}: the version of IP is 4 or 6")
    longest = LONGEST[version]
    if not 0 < prefix <= longest or not 0 <= address >> longest < 1:
        check_key(key)
    if address & ((1 << longest - prefix) - 1):
        raise ValueError(f"{key!r} has bits behind its prefix")


def pack(key: Key, timeout_s: Optional[int] = None) -> bytes:
    """The element of a key; 0 seconds is for good, None the default of the set."""
    version, address, _prefix = key
    packed = address.to_bytes(KEYS[version][0], "big")
    if timeout_s is None:
        return _BARE[version] + packed
    milliseconds = min(max(timeout_s, 0), MAX_TIMEOUT_S) * 1000
    return _TIMED[version] + packed + _TIMEOUT_START + _MILLISECONDS.pack(milliseconds)


def pack_any(key: bytes, timeout_s: Optional[float] = None) -> bytes:
    """The element of a key of any kind, such as a port."""
    timeout = b"" if timeout_s is None else be64(_TIMEOUT, int(timeout_s * 1000))
    return nest(_ELEMENT, nest(_KEY, attribute(_VALUE, key)), timeout)


def unpack(payload: bytes, offset: int = 0) -> Iterator[tuple[bytes, Optional[int]]]:
    """Yield the key and the seconds that are left, None for good, of each element of one answer to a dump."""
    for kind, elements in unpack_attributes(payload, offset):
        if kind == _LIST:
            yield from _unpack_uniform(elements) or _unpack_each(elements)


def _unpack_uniform(elements: bytes) -> list[tuple[bytes, Optional[int]]]:
    """Read elements that all have a time, as those of most sets do; none where one has another form.

    C cuts them: fifty thousand take a third of the time.
    """
    layout = _UNIFORM.get(elements[:_HEADERS_SIZE])
    if layout is None or len(elements) % layout.size:
        return []
    rows = list(layout.iter_unpack(elements))
    if len({(headers, given, left) for headers, _key, given, _timeout, left, _left_ms in rows}) != 1:
        return []
    if rows[0][2] != _TIMEOUT_START or rows[0][4] != _LEFT_START:
        return []
    # what is about to end is still there
    return [(key, max(1, -(-left_ms // 1000))) for _headers, key, _given, _timeout, _left, left_ms in rows]


def _unpack_each(elements: bytes) -> Iterator[tuple[bytes, Optional[int]]]:
    for _element, fields in unpack_attributes(elements):
        key, left_s = b"", None
        for kind, value in unpack_attributes(fields):
            if kind == _KEY:
                key = value[4:]
            elif kind == _LEFT:
                left_s = max(1, -(-int.from_bytes(value, "big") // 1000))
        yield key, left_s
