"""Changes of nf_tables as netlink messages: tables, chains, rules, sets, elements; sends nothing."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.netlink import attribute, nest

#: NETLINK_NETFILTER of linux/netlink.h
NETFILTER = 12
#: NFNL_SUBSYS_NFTABLES, the high byte of each message type
SUBSYSTEM = 10
#: enum nf_tables_msg_types of linux/netfilter/nf_tables.h
(
    NEW_TABLE, GET_TABLE, DELETE_TABLE, NEW_CHAIN, GET_CHAIN, DELETE_CHAIN, NEW_RULE, GET_RULE, DELETE_RULE,
    NEW_SET, GET_SET, DELETE_SET, NEW_ELEMENT, GET_ELEMENT, DELETE_ELEMENT,
) = range(15)  # fmt: skip
#: NLM_F_CREATE, NLM_F_APPEND of linux/netlink.h
CREATE, APPEND = 0x400, 0x800
#: NFPROTO_INET: both families
INET = 1
#: enum nf_inet_hooks
HOOKS = {"prerouting": 0, "input": 1, "forward": 2}
#: NF_IP_PRI_RAW: before connection tracking, DNAT and what other programs put
RAW_PRIORITY = -300
#: NFT_TABLE_F_OWNER and NFT_TABLE_F_PERSIST: `nft flush ruleset` spares the table, and it outlives its owner
OWNER, PERSIST = 2, 4
#: NFT_TABLE_F_DORMANT: none of its chains sees a packet
DORMANT = 1
#: NFT_SET_TIMEOUT
TIMEOUTS = 0x10
#: bytes of a key, and the type that nft shows for it
KEYS = {4: (4, 7), 6: (16, 8)}
#: elements of one message: an attribute has at most 64 KiB
BATCH = 500
_BE32 = struct.Struct("!I")
_BE64 = struct.Struct("!Q")
#: attributes of a table, of a chain, of a set
_TABLE, _TABLE_FLAGS = 1, 2
_CHAIN_NAME, _CHAIN_HOOK, _CHAIN_POLICY, _CHAIN_TYPE = 3, 4, 5, 7
_SET_NAME, _SET_FLAGS, _SET_KEY_TYPE, _SET_KEY_LENGTH, _SET_DESCRIPTION, _SET_ID, _SET_TIMEOUT = (
    2, 3, 4, 5, 9, 10, 11,
)  # fmt: skip
_RULE_CHAIN, _RULE_HANDLE, _RULE_EXPRESSIONS = 2, 3, 4
#: NFTA_RULE_USERDATA, NFTNL_UDATA_RULE_COMMENT, and the bytes that one has
_RULE_NOTES = 7
_COMMENT = 0
_COMMENT_SIZE = 126
_ELEMENTS = 3
#: NF_ACCEPT: what becomes of a packet that no rule has dropped
_ACCEPT = 1


class Change(NamedTuple):
    """One message of a transaction: its type, its payload behind the generic header, its flags."""

    kind: int
    payload: bytes
    flags: int = 0


def text(kind: int, value: str) -> bytes:
    """An attribute with a text."""
    return attribute(kind, value.encode("ascii") + b"\0")


def be32(kind: int, value: int) -> bytes:
    """An attribute with a number of 32 bits in network order; negative ones as two's complement."""
    return attribute(kind, _BE32.pack(value & 0xFFFFFFFF))


def be64(kind: int, value: int) -> bytes:
    """An attribute with a number of 64 bits in network order."""
    return attribute(kind, _BE64.pack(value))


def add_table(table: str, flags: int = 0) -> Change:
    """Make a table; one that is there gets these flags."""
    return Change(NEW_TABLE, text(_TABLE, table) + be32(_TABLE_FLAGS, flags), CREATE)


def delete_table(table: str) -> Change:
    """Take a table away with all that is in it."""
    return Change(DELETE_TABLE, text(_TABLE, table))


def add_chain(table: str, name: str, hook: str = "", priority: int = RAW_PRIORITY) -> Change:
    """Make a chain; with a hook it sees packets. Nothing happens when it is there."""
    payload = text(_TABLE, table) + text(_CHAIN_NAME, name)
    if hook:
        payload += nest(_CHAIN_HOOK, be32(1, HOOKS[hook]), be32(2, priority))
        payload += be32(_CHAIN_POLICY, _ACCEPT) + text(_CHAIN_TYPE, "filter")
    return Change(NEW_CHAIN, payload, CREATE)


def delete_chain(table: str, name: str) -> Change:
    """Take an empty chain away."""
    return Change(DELETE_CHAIN, text(_TABLE, table) + text(_CHAIN_NAME, name))


def add_rule(table: str, chain: str, *expressions: bytes, comment: str = "") -> Change:
    """Append a rule to a chain; nft shows the comment."""
    payload = text(_TABLE, table) + text(_RULE_CHAIN, chain) + nest(_RULE_EXPRESSIONS, *expressions)
    if comment:
        noted = comment.encode("ascii")[:_COMMENT_SIZE] + b"\0"
        payload += attribute(_RULE_NOTES, bytes((_COMMENT, len(noted))) + noted)
    return Change(NEW_RULE, payload, CREATE | APPEND)


def delete_rules(table: str, chain: str, handle: Optional[int] = None) -> Change:
    """Take one rule out of a chain; without a handle all of them."""
    payload = text(_TABLE, table) + text(_RULE_CHAIN, chain)
    return Change(DELETE_RULE, payload if handle is None else payload + be64(_RULE_HANDLE, handle))


def add_set(
    table: str,
    name: str,
    version: int,
    size: int,
    *,
    timeout_s: int = 0,
    number: int = 1,
    flags: int = TIMEOUTS,
) -> Change:
    """Make a hash set of addresses with room for `size`, 0 for any number.

    `number` is another one for each set of a transaction. `timeout_s` is its elements' default, 0 for good.
    """
    width, kind = KEYS[version]
    payload = text(_TABLE, table) + text(_SET_NAME, name) + be32(_SET_FLAGS, flags)
    payload += be32(_SET_KEY_TYPE, kind) + be32(_SET_KEY_LENGTH, width) + be32(_SET_ID, number)
    payload += nest(_SET_DESCRIPTION, be32(1, size)) if size else b""
    return Change(NEW_SET, payload + (be64(_SET_TIMEOUT, timeout_s * 1000) if timeout_s else b""), CREATE)


def delete_set(table: str, name: str) -> Change:
    """Take a set away that no rule matches."""
    return Change(DELETE_SET, text(_TABLE, table) + text(_SET_NAME, name))


def flush_set(table: str, name: str) -> Change:
    """Take all elements out of a set."""
    return Change(DELETE_ELEMENT, text(_TABLE, table) + text(_SET_NAME, name))


def change_elements(
    kind: int, table: str, name: str, elements: Sequence[bytes], flags: int = 0
) -> Iterator[Change]:
    """Yield the messages that add (NEW_ELEMENT) or delete (DELETE_ELEMENT) packed elements."""
    place = text(_TABLE, table) + text(_SET_NAME, name)
    for start in range(0, len(elements), BATCH):
        yield Change(kind, place + nest(_ELEMENTS, *elements[start : start + BATCH]), flags)
