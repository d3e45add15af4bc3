"""A list of sets in nf_tables: a chain for each family with a rule for each set that is in the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Optional

from ideolab_f2b.kernel.ipset.element import LONGEST
from ideolab_f2b.kernel.nft import expression, ruleset
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.message import (
    Change,
    add_chain,
    add_rule,
    delete_chain,
    delete_rules,
    delete_table,
)
from ideolab_f2b.kernel.nft.names import TABLE, decode, encode_length, is_port_chain, port_chain
from ideolab_f2b.kernel.nft.table_socket import TableSocket

VERSIONS = (4, 6)


def chain_of(name: str, version: int) -> str:
    """Return the chain of a list for one family."""
    return name if version == 4 else f"{name}6"


def add(name: str) -> list[Change]:
    """The chains of a list; nothing happens to those that are there."""
    return [add_chain(TABLE, chain_of(name, version)) for version in VERSIONS]


def is_there(channel: NftChannel, name: str) -> bool:
    """Whether there is such a list; OSError."""
    return all(ruleset.find_chain(channel, TABLE, chain_of(name, version)) for version in VERSIONS)


def names(channel: NftChannel) -> list[str]:
    """Return the lists of the table; OSError."""
    chains = ruleset.list_chains(channel, TABLE)
    return [name for name in chains if chain_of(name, 6) in chains and not is_port_chain(name)]


def members(channel: NftChannel, name: str) -> Optional[list[str]]:
    """Return the sets in a list, those of IPv4 first; None where there is no such list; OSError."""
    if not is_there(channel, name):
        return None
    rows = [
        row for version in VERSIONS for row in ruleset.list_rules(channel, TABLE, chain_of(name, version))
    ]
    return list(dict.fromkeys(decode(row.set)[0] for row in rows if row.set))


def link(chain: str, member: str, version: int, prefixes: Iterable[int], is_scoped: bool) -> list[Change]:
    """The rules that put a set into a list: they drop, or jump to the chain with the set's port rules."""
    target = port_chain(member) if is_scoped else ""
    made = [add_chain(TABLE, target)] if target else []
    return [*made, *(rule(chain, member, version, each, target) for each in sorted(prefixes, reverse=True))]


def unlink(channel: NftChannel, name: str, member: str, is_scoped: bool) -> list[Change]:
    """What takes a set out of a list, its port rules included; nothing when it is not in; OSError."""
    changes = [
        delete_rules(TABLE, row.chain, row.handle)
        for version in VERSIONS
        for row in ruleset.list_rules(channel, TABLE, chain_of(name, version))
        if row.set and decode(row.set)[0] == member
    ]
    if is_scoped and ruleset.find_chain(channel, TABLE, port_chain(member)):
        changes += _remove_chain(port_chain(member))
    return changes


def flush(name: str) -> list[Change]:
    """What takes all sets out of a list; their port rules stay for whoever puts them back."""
    return [delete_rules(TABLE, chain_of(name, version)) for version in VERSIONS]


def remove(channel: NftChannel, name: str) -> list[Change]:
    """What takes a list away, and the jumps to it; nothing without such a list; OSError."""
    if not is_there(channel, name):
        return []
    chains = {chain_of(name, version) for version in VERSIONS}
    rows = ruleset.list_rules(channel, TABLE)
    targets = {row.target for row in rows if row.chain in chains and is_port_chain(row.target)}
    return [
        *(delete_rules(TABLE, row.chain, row.handle) for row in rows if row.target in chains),
        *(delete_rules(TABLE, chain) for chain in sorted(chains)),
        *(delete_chain(TABLE, chain) for chain in sorted(chains)),
        *(change for chain in sorted(targets) for change in _remove_chain(chain)),
    ]


def remove_empty_table(table: TableSocket) -> None:
    """Take the table away where it holds neither a set nor a list; KernelError."""
    with table.lock:
        if not ruleset.list_sets(table.channel, TABLE) and not names(table.channel):
            table.commit([delete_table(TABLE)], f"delete table inet {TABLE}")


def rule(
    chain: str, name: str, version: int, prefix: int, target: str = "", packets: int = 0, size: int = 0
) -> Change:
    """The rule for the networks of one length of a set: it drops them, or jumps where there is a target."""
    # nft shows the address as one only where the rule itself asks for the family
    match = [expression.is_family(version), expression.load_source(version)]
    if prefix != LONGEST[version]:
        match.append(expression.cut(version, prefix))
    match.append(expression.is_in(encode_length(name, version, prefix)))
    end = [expression.jump(target)] if target else [expression.count(packets, size), expression.drop()]
    return add_rule(TABLE, chain, *match, *end)


def _remove_chain(chain: str) -> Iterator[Change]:
    yield delete_rules(TABLE, chain)
    yield delete_chain(TABLE, chain)
