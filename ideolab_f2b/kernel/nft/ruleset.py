"""Reads what stands in one table of nf_tables: flags, chains, rules, sets; changes nothing."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.netlink import ModuleMissingError, unpack_attributes
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.message import (
    DORMANT,
    GET_CHAIN,
    GET_RULE,
    GET_SET,
    GET_TABLE,
    OWNER,
    PERSIST,
    TIMEOUTS,
    text,
)

_NAME, _TABLE = 1, 1
_TABLE_FLAGS, _TABLE_USE, _TABLE_HANDLE, _TABLE_OWNER = 2, 3, 4, 7
_CHAIN_HANDLE, _CHAIN_NAME, _CHAIN_HOOK, _CHAIN_USE = 2, 3, 4, 6
_HOOK_NUMBER, _HOOK_PRIORITY = 1, 2
_RULE_CHAIN, _RULE_HANDLE, _EXPRESSIONS, _NOTES = 2, 3, 4, 7
_SET_NAME, _SET_FLAGS, _KEY_LENGTH, _DESCRIPTION, _SET_TIMEOUT, _SET_COUNT = 2, 3, 5, 9, 11, 20
_EXPRESSION_NAME, _EXPRESSION_DATA = 1, 2
_COUNTER_BYTES, _COUNTER_PACKETS = 1, 2
_VERDICT_CODE, _VERDICT_CHAIN = 1, 2
#: NFT_JUMP
_JUMP = (-3) & 0xFFFFFFFF
_VERSIONS = {4: 4, 16: 6}


class TableRow(NamedTuple):
    """A table: `owner` is the netlink port of the process that alone may change it, 0 for nobody's."""

    handle: int
    flags: int
    use: int
    owner: int

    @property
    def is_owned(self) -> bool:
        """Whether a process that lives owns the table."""
        return bool(self.flags & OWNER)

    @property
    def is_orphan(self) -> bool:
        """Whether its owner is gone, and another may take it over."""
        return self.flags & (OWNER | PERSIST) == PERSIST

    @property
    def is_dormant(self) -> bool:
        """Whether its chains see no packet."""
        return bool(self.flags & DORMANT)


class ChainRow(NamedTuple):
    """A chain: `hook` and `priority` of one that sees packets, None of the others."""

    name: str
    handle: int
    hook: Optional[int]
    priority: Optional[int]
    #: rules in it and jumps to it
    use: int


class RuleRow(NamedTuple):
    """A rule: the set that it matches, the chain that it jumps to, what it has counted."""

    chain: str
    handle: int
    set: str
    target: str
    packets: int
    size: int
    comment: str


class SetRow(NamedTuple):
    """A set: `version` of the addresses in it, 0 for another kind; `elements` is None before Linux 6.16."""

    name: str
    version: int
    size: int
    #: seconds; None without timeouts
    timeout_s: Optional[int]
    elements: Optional[int]


def find_table(channel: NftChannel, name: str) -> Optional[TableRow]:
    """Return a table; None where there is none; OSError, ModuleMissingError without nf_tables."""
    try:
        answers = channel.ask(GET_TABLE, text(_NAME, name))
    except FileNotFoundError:
        return None
    except OSError as problem:
        if problem.errno != errno.EINVAL:
            raise
        # what netlink says of a part that it does not have
        asked, told, way_out = f"look for table {name}", "the kernel has no nf_tables", "modprobe nf_tables"
        raise ModuleMissingError(errno.EINVAL, asked, told, way_out) from problem
    for answer in answers:
        fields = dict(unpack_attributes(answer))
        return TableRow(
            *(_number(fields, kind) for kind in (_TABLE_HANDLE, _TABLE_FLAGS, _TABLE_USE, _TABLE_OWNER))
        )
    return None


def find_chain(channel: NftChannel, table: str, name: str) -> Optional[ChainRow]:
    """Return one chain of a table; None where there is none; OSError."""
    try:
        answers = channel.ask(GET_CHAIN, text(_TABLE, table) + text(_CHAIN_NAME, name))
    except FileNotFoundError:
        return None
    return next(map(_read_chain, answers), None)


def list_chains(channel: NftChannel, table: str) -> dict[str, ChainRow]:
    """Return the chains of a table by their names; none where there is no table; OSError."""
    rows = (
        _read_chain(answer)
        for answer in channel.dump_all(GET_CHAIN, text(_TABLE, table))
        if _is_of(answer, table)
    )
    return {row.name: row for row in rows}


def list_rules(channel: NftChannel, table: str, chain: str = "") -> list[RuleRow]:
    """Return the rules of a table, or of one of its chains, in their order; OSError."""
    payload = text(_TABLE, table) + (text(_RULE_CHAIN, chain) if chain else b"")
    try:
        answers = channel.dump_all(GET_RULE, payload)
    except FileNotFoundError:
        return []
    rows = [_read_rule(answer) for answer in answers if _is_of(answer, table)]
    return [row for row in rows if chain in ("", row.chain)]


def find_set(channel: NftChannel, table: str, name: str) -> Optional[SetRow]:
    """Return one set of a table; None where there is none; OSError."""
    try:
        answers = channel.ask(GET_SET, text(_TABLE, table) + text(_SET_NAME, name))
    except FileNotFoundError:
        return None
    return next(map(_read_set, answers), None)


def list_sets(channel: NftChannel, table: str) -> list[SetRow]:
    """Return the sets of a table; none where there is no table; OSError."""
    try:
        answers = channel.dump_all(GET_SET, text(_TABLE, table))
    except FileNotFoundError:
        return []
    return [_read_set(answer) for answer in answers if _is_of(answer, table)]


def _read_chain(payload: bytes) -> ChainRow:
    fields = dict(unpack_attributes(payload))
    hooked = dict(unpack_attributes(fields.get(_CHAIN_HOOK, b"")))
    priority = hooked.get(_HOOK_PRIORITY)
    return ChainRow(
        _text(fields, _CHAIN_NAME),
        _number(fields, _CHAIN_HANDLE),
        _number(hooked, _HOOK_NUMBER) if hooked else None,
        None if priority is None else int.from_bytes(priority, "big", signed=True),
        _number(fields, _CHAIN_USE),
    )


def _read_rule(payload: bytes) -> RuleRow:
    fields = dict(unpack_attributes(payload))
    matched = target = ""
    packets = size = 0
    for _kind, one in unpack_attributes(fields.get(_EXPRESSIONS, b"")):
        parts = dict(unpack_attributes(one))
        data = dict(unpack_attributes(parts.get(_EXPRESSION_DATA, b"")))
        name = _text(parts, _EXPRESSION_NAME)
        if name == "counter":
            packets, size = _number(data, _COUNTER_PACKETS), _number(data, _COUNTER_BYTES)
        elif name == "lookup":
            matched = _text(data, 1)
        elif name == "immediate":
            target = next(_jumps(data.get(2, b"")), target)
    return RuleRow(
        _text(fields, _RULE_CHAIN),
        _number(fields, _RULE_HANDLE),
        matched,
        target,
        packets,
        size,
        fields.get(_NOTES, b"")[2:].rstrip(b"\0").decode("ascii", "replace"),
    )


def _jumps(data: bytes) -> Iterator[str]:
    for _kind, verdict in unpack_attributes(data):
        parts = dict(unpack_attributes(verdict))
        if _number(parts, _VERDICT_CODE) == _JUMP:
            yield _text(parts, _VERDICT_CHAIN)


def _read_set(payload: bytes) -> SetRow:
    fields = dict(unpack_attributes(payload))
    size = _number(dict(unpack_attributes(fields.get(_DESCRIPTION, b""))), 1)
    has_timeouts = _number(fields, _SET_FLAGS) & TIMEOUTS
    return SetRow(
        _text(fields, _SET_NAME),
        _VERSIONS.get(_number(fields, _KEY_LENGTH), 0),
        size,
        _number(fields, _SET_TIMEOUT) // 1000 if has_timeouts else None,
        _number(fields, _SET_COUNT) if _SET_COUNT in fields else None,
    )


def _is_of(payload: bytes, table: str) -> bool:
    """Whether an answer is of the table: older kernels tell all of a family."""
    return _text(dict(unpack_attributes(payload)), _TABLE) == table


def _number(fields: dict[int, bytes], kind: int) -> int:
    return int.from_bytes(fields.get(kind, b""), "big")


def _text(fields: dict[int, bytes], kind: int) -> str:
    return fields.get(kind, b"").rstrip(b"\0").decode("ascii", "replace")
