"""Tables of the older iptables (x_tables): their size, and the first rules of chains, without a fork."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Optional

#: struct ipt_getinfo: name, valid hooks, five hook entries, five underflows, number of entries, size
_INFO = struct.Struct("=32s13I")
#: enum nf_inet_hooks, by the names of the chains
_HOOKS = {"PREROUTING": 0, "INPUT": 1, "FORWARD": 2}
_GET_INFO, _GET_ENTRIES = 64, 65
#: the table is copied whole: a longer one is known by its size alone, which any rule more or less changes
_LIMIT = 1 << 18
#: struct ipt_get_entries before its entries, which are aligned as u64 is
_ENTRIES = struct.calcsize("@32sI0Q")


class _Family(NamedTuple):
    """How a family of IP has its table: sockets, list of tables, where a rule has what."""

    socket: int
    level: int
    names: Path
    #: bytes of struct ipt_ip or ip6t_ip6, which stand before the rest of a rule
    address_size: int


_FAMILIES = {
    4: _Family(socket.AF_INET, socket.IPPROTO_IP, Path("/proc/thread-self/net/ip_tables_names"), 84),
    6: _Family(socket.AF_INET6, socket.IPPROTO_IPV6, Path("/proc/thread-self/net/ip6_tables_names"), 136),
}


def read_first_rules(version: int, table: str, chains: Iterable[str]) -> Optional[tuple[bytes, ...]]:
    """Return what tells a table and the first rules of its own chains from others; () without the table.

    Counters are left out; of chains that somebody made the size of the table alone tells. None where the
    kernel does not tell: another Python than CPython, no CAP_NET_ADMIN.
    """
    family, asked_for = _FAMILIES[version], table.encode("ascii")
    try:
        # asked first: the question for a table makes it
        if asked_for not in family.names.read_bytes().split():
            return ()
        with socket.socket(family.socket, socket.SOCK_DGRAM) as asked:
            info = _get(asked, family.level, _GET_INFO, asked_for, _INFO.size)
            numbers = _INFO.unpack(info)[1:]
            size = numbers[-1]
            if size > _LIMIT:
                return (info,)
            name = struct.pack("=32sI", asked_for, size)
            entries = _get(asked, family.level, _GET_ENTRIES, name, _ENTRIES + size)[_ENTRIES:]
    except FileNotFoundError:
        return ()
    except (OSError, AttributeError, ImportError):
        return None
    starts = [numbers[1 + _HOOKS[chain]] for chain in chains if chain in _HOOKS]
    return (info, *(part for start in starts for part in _identity(entries, start, family.address_size)))


def _identity(entries: bytes, start: int, address_size: int) -> tuple[bytes, ...]:
    """Return a rule (struct ipt_entry) without the number of hooks and without its counters."""
    offsets = start + address_size + 4
    if offsets + 8 > len(entries):
        return ()
    _target, following = struct.unpack_from("=HH", entries, offsets)
    counters = start + struct.calcsize(f"@{address_size}sIHHI0Q")
    return entries[start : offsets + 4], entries[counters + 16 : start + following]


def _get(asked: socket.socket, level: int, option: int, given: bytes, size: int) -> bytes:
    """Call getsockopt(2) with a buffer that says what is wanted, which Python's own cannot."""
    # a small Python may lack it, and nothing here may raise at import
    import ctypes

    buffer, length = ctypes.create_string_buffer(given, size), ctypes.c_uint(size)
    library = ctypes.CDLL(None, use_errno=True)
    if library.getsockopt(asked.fileno(), level, option, buffer, ctypes.byref(length)):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return buffer.raw
