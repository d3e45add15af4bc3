"""Chains of nf_tables over netlink: whether their first rule is still the same, without a fork."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from typing import Optional

from ideolab_f2b.kernel.netlink import ACK, DUMP, Channel, attribute, unpack_attributes

#: NETLINK_NETFILTER of linux/netlink.h
_NETFILTER = 12
#: NFNL_SUBSYS_NFTABLES, the high byte of each message type
_SUBSYSTEM = 10 << 8
#: enum nf_tables_msg_types of linux/netfilter/nf_tables.h
_GET_CHAIN, _GET_RULE, _GET_GENERATION = 4, 7, 16
_FAMILIES = {4: 2, 6: 10}
_TABLE, _CHAIN = 1, 3
_RULE_CHAIN, _HANDLE, _EXPRESSIONS = 2, 3, 4
_GENERATION_ID = 1
_EXPRESSION_NAME = 1
_COUNTER = b"counter\0"
_HEADER_SIZE = 4


def read_generation() -> Optional[bytes]:
    """Return the number of the rules' generation, which each change makes another; None without nf_tables."""
    with contextlib.suppress(OSError):
        for payload in _ask(_GET_GENERATION, _header(0), ACK):
            return dict(unpack_attributes(payload, _HEADER_SIZE)).get(_GENERATION_ID)
    return None


def read_first_rule(version: int, table: str, chain: str) -> tuple[bytes, ...]:
    """Return what tells the first rule of a chain, and the chain, from others; its counters are left out.

    () where there is no such chain; OSError when the kernel refuses.
    """
    header, place = _header(_FAMILIES[version]), attribute(_TABLE, _text(table))
    try:
        chains = list(_ask(_GET_CHAIN, header + place + attribute(_CHAIN, _text(chain)), ACK))
    except FileNotFoundError:
        return ()
    handles = [dict(unpack_attributes(one, _HEADER_SIZE)).get(_HANDLE, b"") for one in chains]
    for rule in _ask(_GET_RULE, header + place + attribute(_RULE_CHAIN, _text(chain)), DUMP):
        return (*handles, *_identity(rule))
    return tuple(handles)


def _identity(rule: bytes) -> Iterator[bytes]:
    """Yield the handle of a rule and its expressions without counters."""
    fields = dict(unpack_attributes(rule, _HEADER_SIZE))
    yield fields.get(_HANDLE, b"")
    for _kind, expression in unpack_attributes(fields.get(_EXPRESSIONS, b"")):
        if dict(unpack_attributes(expression)).get(_EXPRESSION_NAME) != _COUNTER:
            yield expression


def _ask(kind: int, payload: bytes, flags: int) -> Iterator[bytes]:
    # a socket for each question: of a long chain only the beginning is read
    with Channel(_NETFILTER) as channel:
        yield from channel.dump(_SUBSYSTEM | kind, payload, flags)


def _header(family: int) -> bytes:
    return struct.pack("=BBH", family, 0, 0)


def _text(name: str) -> bytes:
    return name.encode("ascii") + b"\0"
