"""What makes, fills and replaces the kernel sets of one name, as changes; makes none of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ideolab_f2b.kernel.ipset.element import LONGEST
from ideolab_f2b.kernel.nft import element, lists, ruleset
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.message import (
    CREATE,
    DELETE_ELEMENT,
    GET_ELEMENT,
    NEW_ELEMENT,
    Change,
    add_set,
    change_elements,
    delete_rules,
    delete_set,
    text,
)
from ideolab_f2b.kernel.nft.names import TABLE, encode_length
from ideolab_f2b.kernel.nft.ruleset import RuleRow
from ideolab_f2b.kernel.nft.set_reader import encode_all
from ideolab_f2b.kernel.nft.table_socket import SetShape


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


def replace(channel: NftChannel, name: str, shape: SetShape, rules: Sequence[RuleRow]) -> Iterator[Change]:
    """The same sets with another size, their elements and their rules with what those have counted."""
    yield from (delete_rules(TABLE, row.chain, row.handle) for row in rules)
    for prefix in sorted(shape.prefixes):
        encoded = encode_length(name, shape.version, prefix)
        answers = channel.dump_all(GET_ELEMENT, text(1, TABLE) + text(2, encoded))
        found = dict(each for answer in answers for each in element.unpack(answer))
        packed = [
            element.pack((shape.version, int.from_bytes(key, "big"), prefix), left_s or 0)
            for key, left_s in found.items()
        ]
        yield delete_set(TABLE, encoded)
        yield make_set(name, shape.version, prefix, shape.maxelem, shape.timeout_s or 0)
        yield from change_elements(NEW_ELEMENT, TABLE, encoded, packed, CREATE)
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
