"""The country list in a table of its own: hash sets by prefix length, changed in one transaction.

Nobody else's `nft add element` gets slower by it, as it does beside a set of intervals.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from ipaddress import ip_address
from itertools import islice

from ideolab_f2b.geo.rule.nft import parts, table
from ideolab_f2b.geo.rule.nft.table import NOTHING, TABLE, Linked
from ideolab_f2b.geo.rule.plan import VERSIONS, KernelState, Prefixes, RulePlan
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.nft import ruleset
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.error import name_errors
from ideolab_f2b.kernel.nft.message import Change, delete_chain, delete_rules, delete_set, delete_table
from ideolab_f2b.kernel.nft.ruleset import SetRow

#: messages of one transaction, of 500 elements each: the kernel lets no ban in between
_MESSAGES = 20


class NftRule:
    """The table of the country list. A failure in the middle leaves what is in force as it was."""

    name = "nft"

    def __init__(self) -> None:
        self._nft = NftChannel()

    def close(self) -> None:
        """Close the socket to the kernel."""
        self._nft.close()

    def put(self, plan: RulePlan) -> None:
        """Put a list in force for good; the one that was, and a trial, go."""
        self._fill(plan)
        self.confirm(plan)

    def try_out(self, plan: RulePlan, seconds: float) -> None:
        """Put a list in force for a time; then the kernel itself goes back to what was, or to nothing."""
        self._fill(plan)
        trial = Linked(plan.token, plan.has_quic)
        self._link(self._read_force(), trial, table.put_trial(plan, seconds))

    def confirm(self, plan: RulePlan) -> None:
        """Keep the list that is tried out, whose prefixes are in the kernel already; the one before goes."""
        ports = [*table.put_ports(plan), *table.end_trial()]
        self._link(Linked(plan.token, plan.has_quic), NOTHING, ports)

    def end_trial(self) -> None:
        """Take away what is left of a trial."""
        self._link(self._read_force(), NOTHING, table.end_trial())

    def exempt(self, exempt: Prefixes) -> None:
        """Replace whom no list refuses."""
        old = [one.name for one in ruleset.list_sets(self._nft, TABLE) if one.name.startswith(table.EXEMPT)]
        gone = [delete_rules(TABLE, table.EXEMPT), *(delete_set(TABLE, name) for name in old)]
        self._commit([*gone, *table.put_exempt(exempt)])

    def pause(self, ports: Sequence[int], seconds: float) -> None:
        """Refuse nobody on these ports for so long; 0 ends a pause."""
        self._commit(parts.put_ports(TABLE, table.PAUSE, ports if seconds else (), seconds))

    def remove(self) -> bool:
        """Take everything away; return whether there was something."""
        if ruleset.find_table(self._nft, TABLE) is None:
            return False
        self._commit([delete_table(TABLE)])
        return True

    def look(self) -> KernelState:
        """Return what is there; OSError where it cannot be seen."""
        if not self._is_whole():
            return KernelState()
        jumps, sets = self._read_jumps(), ruleset.list_sets(self._nft, TABLE)
        ports, trial, pause = map(self._read_ports, (table.PORTS, table.TRIAL, table.PAUSE))
        token, tried = jumps.get(table.PORTS, ""), jumps.get(table.TRIAL, "")
        counted = parts.read_counters(self._nft, TABLE)
        return KernelState(
            token=token if ports and self._is_filled(token, sets) else "",
            ports=tuple(sorted(ports)),
            trial=tried if trial and self._is_filled(tried, sets) else "",
            trial_s=max(trial.values(), default=0),
            pause_s=max(pause.values(), default=0),
            refused={version: counted.get(name, 0) for name, version in table.COUNTERS.items()},
            counts=_count(one for one in sets if token and table.token_of(one.name) == token),
        )

    def list_recent(self) -> Iterator[Address]:
        """Yield the clients that were refused in the last minutes, as far as there was room to note them."""
        if self._is_whole():
            for name in table.RECENT:
                yield from map(ip_address, parts.read_elements(self._nft, TABLE, name))

    def _fill(self, plan: RulePlan) -> None:
        """Put the sets and chains of a list beside what is in force, where no packet comes yet."""
        if not self._is_whole():
            self.remove()
            self._commit(table.make_frame())
        self.exempt(plan.exempt)
        linked = set(self._read_jumps().values())
        if plan.token in linked:
            if self._is_filled(plan.token, ruleset.list_sets(self._nft, TABLE)):
                return
            # somebody has emptied it: as it is it refuses nobody, or everybody
            self._link(NOTHING, NOTHING, ())
            linked = set()
        self._commit(self._clear(linked))
        sets = table.list_sets(plan)
        self._commit(one.make(number) for number, one in enumerate(sets, 1))
        messages = (message for one in sets for message in one.fill())
        for batch in iter(lambda: list(islice(messages, _MESSAGES)), []):
            self._commit(batch)
        self._commit(table.make_chains(plan, sets))

    def _link(self, force: Linked, trial: Linked, ports: Iterable[Change]) -> None:
        """Let these lists be in force, with these ports, at one instant; all others go."""
        gone = self._clear((force.token, trial.token))
        self._commit([*table.link(force, trial), *ports, *gone])

    def _clear(self, kept: Collection[str]) -> Iterator[Change]:
        """Yield what takes away the chains and sets of all lists but those with these tokens."""
        chains = [name for name in ruleset.list_chains(self._nft, TABLE) if _is_other(name, kept)]
        sets = [one.name for one in ruleset.list_sets(self._nft, TABLE) if _is_other(one.name, kept)]
        # a chain goes when no rule jumps to it, a set when no rule asks it
        yield from (delete_rules(TABLE, name) for name in chains)
        yield from (delete_chain(TABLE, name) for name in chains)
        yield from (delete_set(TABLE, name) for name in sets)

    def _read_force(self) -> Linked:
        """Return the list that is in force, but for one that is tried out."""
        return Linked(self._read_jumps().get(table.PORTS, ""), bool(self._read_ports(table.UDP_PORTS)))

    def _read_jumps(self) -> dict[str, str]:
        """Return {set of ports: token of the list that their connections go to}."""
        rules = ruleset.list_rules(self._nft, TABLE, table.CONNECTIONS)
        return {rule.set: table.token_of(rule.target) for rule in rules}

    def _read_ports(self, name: str) -> dict[int, int]:
        found = parts.read_elements(self._nft, TABLE, name)
        # the kernel pads a key to 4 bytes
        return {int.from_bytes(key[:2], "big"): left_s for key, left_s in found.items()}

    def _is_filled(self, token: str, sets: Sequence[SetRow]) -> bool:
        """Whether a list has its chains, and each of its sets a rule that asks it."""
        rules = ruleset.list_rules(self._nft, TABLE)
        asked = {rule.set for rule in rules if table.token_of(rule.set) == token}
        has_check = any(rule.chain == table.check_chain(token) for rule in rules)
        return has_check and asked == {one.name for one in sets if table.token_of(one.name) == token}

    def _is_whole(self) -> bool:
        """Whether the table is there with all that belongs to each list."""
        if ruleset.find_table(self._nft, TABLE) is None:
            return False
        names: set[str] = {
            *ruleset.list_chains(self._nft, TABLE),
            *(one.name for one in ruleset.list_sets(self._nft, TABLE)),
        }
        ruled = {rule.chain for rule in ruleset.list_rules(self._nft, TABLE)}
        return names >= table.FRAME and ruled >= table.RULED

    def _commit(self, changes: Iterable[Change]) -> None:
        with name_errors(f"change table inet {TABLE}"):
            self._nft.commit(list(changes))


def _is_other(name: str, kept: Collection[str]) -> bool:
    return table.token_of(name) not in ("", *kept)


def _count(sets: Iterable[SetRow]) -> dict[int, int]:
    """Return {version: elements}; nothing where the kernel does not count them."""
    counts = dict.fromkeys(VERSIONS, 0)
    for one in sets:
        if one.elements is None:
            return {}
        counts[one.version] += one.elements
    return counts
