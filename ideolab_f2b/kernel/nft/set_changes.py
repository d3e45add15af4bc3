"""What makes, fills and replaces the kernel sets of one name, as changes; makes none of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Optional

from ideolab_f2b.kernel.ipset.element import LONGEST, Key
from ideolab_f2b.kernel.nft import element, lists, ruleset, whole_set
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.message import (
    CREATE,
    DELETE_ELEMENT,
    NEW_ELEMENT,
    Change,
    add_set,
    change_elements,
    delete_rules,
    delete_set,
)
from ideolab_f2b.kernel.nft.names import TABLE, encode_length
from ideolab_f2b.kernel.nft.ruleset import RuleRow
from ideolab_f2b.kernel.nft.set_reader import encode_all
from ideolab_f2b.kernel.nft.table_socket import SetShape

#: bytes of an element of IPv6 with a timeout
ELEMENT_SIZE = 44


def make_lengths(channel: NftChannel, name: str, shape: SetShape, prefixes: Sequence[int]) -> list[Change]:
    """The sets of prefix lengths, and in each list of the name's first set a rule for them."""
    full = encode_length(name, shape.version, LONGEST[shape.version])
    rules = [row for row in ruleset.list_rules(channel, TABLE) if row.set == full]
    return [
        *(make_set(name, shape.version, each, shape.maxelem, shape.timeout_s or 0) for each in prefixes),
        *(lists.rule(row.chain, name, shape.version, each, row.target) for row in rules for each in prefixes),
    ]


def make_set(name: str, version: int, prefix: int, maxelem: int, timeout_s: int) -> Change:
    """The set for the networks of one prefix length."""
    encoded = encode_length(name, version, prefix)
    return add_set(TABLE, encoded, version, maxelem, timeout_s=timeout_s, number=prefix + 1)


def read_elements(channel: NftChannel, name: str, shape: SetShape) -> list[tuple[Key, Optional[int]]]:
    """Return all elements with the seconds that are left; OSError."""
    rows: dict[Key, Optional[int]] = {}
    for prefix in sorted(shape.prefixes):
        for packed, left_s in whole_set.read(channel, encode_length(name, shape.version, prefix)).items():
            rows[shape.version, int.from_bytes(packed, "big"), prefix] = left_s
    return list(rows.items())


def make_twin(name: str, twin: str, shape: SetShape, rules: Sequence[RuleRow]) -> Iterator[Change]:
    """Empty sets of another name, matched wherever the rules match those of the name."""
    for prefix in sorted(shape.prefixes):
        yield make_set(twin, shape.version, prefix, shape.maxelem, shape.timeout_s or 0)
        for row in rules:
            if row.set == encode_length(name, shape.version, prefix):
                yield lists.rule(row.chain, twin, shape.version, prefix, row.target)


def remove(name: str, shape: SetShape, rules: Sequence[RuleRow]) -> Iterator[Change]:
    """What takes the sets of a name away, and the rules that match them."""
    yield from (delete_rules(TABLE, row.chain, row.handle) for row in rules)
    yield from (delete_set(TABLE, each) for each in encode_all(name, shape))


def replace(
    name: str, shape: SetShape, rules: Sequence[RuleRow], elements: Sequence[tuple[Key, Optional[int]]]
) -> Iterator[Change]:
    """The same sets with another size, these elements, and their rules with what those have counted."""
    yield from (delete_rules(TABLE, row.chain, row.handle) for row in rules)
    packed: dict[int, list[bytes]] = {}
    for key, left_s in elements:
        packed.setdefault(key[2], []).append(element.pack(key, left_s or 0))
    for prefix in sorted(shape.prefixes):
        encoded = encode_length(name, shape.version, prefix)
        yield delete_set(TABLE, encoded)
        yield make_set(name, shape.version, prefix, shape.maxelem, shape.timeout_s or 0)
        yield from change_elements(NEW_ELEMENT, TABLE, encoded, packed.get(prefix, ()), CREATE)
        for row in rules:
            if row.set == encoded:
                yield lists.rule(row.chain, name, shape.version, prefix, row.target, row.packets, row.size)


def join_rules(name: str, shape: SetShape, rules: Sequence[RuleRow]) -> Iterator[Change]:
    """One rule for single addresses instead of those of all lengths, with what all of them have counted."""
    full = LONGEST[shape.version]
    yield from (delete_rules(TABLE, row.chain, row.handle) for row in rules)
    for first in (row for row in rules if row.set == encode_length(name, shape.version, full)):
        same = [row for row in rules if row.chain == first.chain]
        packets, size = sum(row.packets for row in same), sum(row.size for row in same)
        yield lists.rule(first.chain, name, shape.version, full, first.target, packets, size)


def list_rules_of(channel: NftChannel, name: str, shape: SetShape) -> list[RuleRow]:
    """Return the rules that match a set of the name; OSError."""
    ours = set(encode_all(name, shape))
    return [row for row in ruleset.list_rules(channel, TABLE) if row.set in ours]


def renew(encoded: str, packed: Sequence[bytes]) -> Iterator[Change]:
    """Add, delete, add: kernels before 6.12 do not change the time of an element that is there.

    What is there is deleted, what is not is there by then, so that the deletion cannot fail.
    """
    yield from change_elements(NEW_ELEMENT, TABLE, encoded, packed, CREATE)
    yield from change_elements(DELETE_ELEMENT, TABLE, encoded, packed)
    yield from change_elements(NEW_ELEMENT, TABLE, encoded, packed, CREATE)
