"""The chains of nf_tables in which packets meet the bans: put in place, looked at, taken away.

They have the priority of raw, before most of what other programs put. What a chain drops is dropped, and no
other chain can accept it: nothing can stand in front of them, and nobody contests the place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Optional

from ideolab_f2b.firewall.chains import DEFAULT
from ideolab_f2b.firewall.names import LIST, LISTS
from ideolab_f2b.kernel.nft import expression, lists, ruleset
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.message import (
    HOOKS,
    RAW_PRIORITY,
    Change,
    add_chain,
    add_rule,
    delete_chain,
    delete_rules,
)
from ideolab_f2b.kernel.nft.names import TABLE
from ideolab_f2b.kernel.nft.ruleset import ChainRow, RuleRow


class HookedChain(NamedTuple):
    """A chain that sees packets; `has_answers`: also those that somebody behind this host has asked for."""

    name: str
    hook: str
    has_answers: bool = False


#: {what the option `hook` may say: the chains}, as chains.HOOKS has those of iptables
CHAINS: Mapping[str, Sequence[HookedChain]] = {
    DEFAULT: (HookedChain("bans", "prerouting"),),
    "input": (HookedChain("bans-input", "input"), HookedChain("bans-forward", "forward", has_answers=True)),
}


class HookState(NamedTuple):
    """What stands in the table: its chains and rules; none without a table."""

    chains: Mapping[str, ChainRow]
    rules: Sequence[RuleRow]
    is_awake: bool

    def targets(self, version: int) -> list[str]:
        """The chains of the lists of a family that are there."""
        wanted = (lists.chain_of(name, version) for name in LISTS)
        return [chain for chain in wanted if chain in self.chains]

    def is_hooked(self, chain: HookedChain) -> bool:
        """Whether the chain is there, and sees its packets before others do."""
        row = self.chains.get(chain.name)
        return row is not None and (row.hook, row.priority) == (HOOKS[chain.hook], RAW_PRIORITY)

    def is_effective(self, chain: HookedChain, version: int) -> bool:
        """Whether each packet of the family that comes to the hook goes through the lists."""
        targets = self.targets(version)
        jumps = {rule.target for rule in self.rules if rule.chain == chain.name}
        has_list = lists.chain_of(LIST, version) in targets
        return self.is_awake and self.is_hooked(chain) and has_list and jumps.issuperset(targets)


def read(channel: NftChannel) -> HookState:
    """Return what stands in the table now; OSError."""
    table = ruleset.find_table(channel, TABLE)
    if table is None:
        return HookState({}, (), False)
    return HookState(
        ruleset.list_chains(channel, TABLE), ruleset.list_rules(channel, TABLE), not table.is_dormant
    )


def place(state: HookState, version: int, hook: str, with_answers: bool = True) -> Iterator[Change]:
    """Yield what sends the packets of a family through the lists in this hook, and in no other."""
    if lists.chain_of(LIST, version) not in state.chains:
        yield from lists.add(LIST)
    for chain in CHAINS[hook]:
        if not state.is_effective(chain, version):
            yield from _make(state, chain, version, with_answers)
    for other, chains in CHAINS.items():
        if other != hook:
            for chain in chains:
                yield from remove(state, version, chain)


def remove(state: HookState, version: int, chain: Optional[HookedChain] = None) -> Iterator[Change]:
    """Yield what takes a family out of one chain, or out of all of them."""
    if chain is None:
        for each in (one for chains in CHAINS.values() for one in chains):
            yield from remove(state, version, each)
        return
    if chain.name not in state.chains:
        return
    rules = [rule for rule in state.rules if rule.chain == chain.name and rule.target]
    leaving = [rule for rule in rules if rule.target in state.targets(version)]
    if leaving == rules:
        yield delete_rules(TABLE, chain.name)
        yield delete_chain(TABLE, chain.name)
    else:
        yield from (delete_rules(TABLE, chain.name, rule.handle) for rule in leaving)


def _make(state: HookState, chain: HookedChain, version: int, with_answers: bool) -> Iterator[Change]:
    """Yield a chain anew: in one transaction no packet sees it without a rule."""
    if chain.name in state.chains and not state.is_hooked(chain):
        yield delete_rules(TABLE, chain.name)
        yield delete_chain(TABLE, chain.name)
    yield add_chain(TABLE, chain.name, chain.hook)
    yield delete_rules(TABLE, chain.name)
    # what comes over loopback is of this host's own
    yield add_rule(TABLE, chain.name, expression.is_loopback(), expression.leave())
    if chain.has_answers and with_answers:
        yield add_rule(TABLE, chain.name, expression.is_answer(), expression.leave())
    before = {rule.target for rule in state.rules if rule.chain == chain.name}
    for each in lists.VERSIONS:
        targets = [lists.chain_of(LIST, each), *state.targets(each)]
        if each == version or not before.isdisjoint(targets):
            for target in dict.fromkeys(targets):
                yield add_rule(TABLE, chain.name, expression.is_family(each), expression.jump(target))
