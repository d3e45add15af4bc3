"""The backend of nf_tables alone: sets, lists and rules in one table of ours; it runs no program."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Optional

from ideolab_f2b.firewall.backends import nft_hooks, nft_ports
from ideolab_f2b.firewall.chains import DEFAULT
from ideolab_f2b.firewall.iptables import RuleError
from ideolab_f2b.firewall.names import LISTS, PORT_LIST, family_sets
from ideolab_f2b.firewall.old_rules import OldRule
from ideolab_f2b.firewall.port_rule import PortScope
from ideolab_f2b.firewall.position import Position
from ideolab_f2b.firewall.rule import Placement
from ideolab_f2b.firewall.rule_trace import Trace
from ideolab_f2b.kernel.netlink import KernelError, ModuleMissingError, PermissionDeniedError
from ideolab_f2b.kernel.nft import error, lists, ruleset, table_socket
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.message import delete_rules
from ideolab_f2b.kernel.nft.names import TABLE, decode, is_port_chain, port_chain, port_set
from ideolab_f2b.kernel.nft.sets import NftSets

_NUMBERS = struct.Struct("=QQ")


class NftBackend:
    """One table of nf_tables."""

    name = "nft"
    packages: Sequence[str] = ()

    def open(self) -> NftSets:
        """Open a view on the table; KernelError without nf_tables."""
        return NftSets(scoped=(PORT_LIST,))

    def release(self) -> None:
        """Let others change the table."""
        table_socket.release()

    def find_problem(self) -> str:
        """Return why nf_tables cannot work on this host; "" when it can."""
        try:
            _find_table()
        except KernelError as problem:
            return str(problem)
        return ""

    def is_in_kernel(self) -> bool:
        """Return whether the table is there; False where there is no nf_tables; KernelError."""
        with contextlib.suppress(ModuleMissingError):
            return _find_table() is not None
        return False

    def describe(self, version: int) -> str:
        """Return what the rules of a family stand in."""
        return f"nft table inet {TABLE} (IPv{version})"

    def place(self, version: int, hook: str = DEFAULT) -> Optional[str]:
        """Send the packets of a family through the lists, in this hook alone; RuleError."""
        with _changing() as table:
            table.claim()
            state = nft_hooks.read(table.channel)
            if not all(state.is_effective(chain, version) for chain in nft_hooks.CHAINS[hook]):
                asked = f"put the chains of hook {hook}"
                try:
                    table.commit(list(nft_hooks.place(state, version, hook)), asked)
                except KernelError as problem:
                    if hook == DEFAULT or isinstance(problem, PermissionDeniedError):
                        raise
                    # a kernel without connection tracking
                    table.commit(list(nft_hooks.place(state, version, hook, with_answers=False)), asked)
        return None

    def look(self, version: int, hook: str = DEFAULT) -> Placement:
        """Return where a family meets the bans; nothing can stand in front; RuleError."""
        with _changing() as table:
            state = nft_hooks.read(table.channel)
        drops: Optional[int] = sum(_count(state, version).values())
        positions = []
        for chain in nft_hooks.CHAINS[hook]:
            is_there = state.is_effective(chain, version)
            positions.append(Position(chain.name, int(is_there), (), "", drops if is_there else None))
            # the rules count for all chains together
            drops = 0
        return Placement(positions, hook)

    def put_first(self, version: int, position: Position) -> None:
        """Put the chain of a position in place, with what belongs to its hook; RuleError."""
        for hook, chains in nft_hooks.CHAINS.items():
            if position.chain in [chain.name for chain in chains]:
                self.place(version, hook)

    def count_drops(self, version: int, hook: str = DEFAULT) -> dict[str, int]:
        """Return {set: packets that its rules dropped since they were made}; RuleError."""
        del hook
        with _changing() as table:
            return _count(nft_hooks.read(table.channel), version)

    def read_trace(self, version: int, hook: str = DEFAULT) -> Optional[Trace]:
        """Return what identifies the table and the chains of a hook; () without them."""
        names = [chain.name for chain in nft_hooks.CHAINS[hook]]
        names += [lists.chain_of(name, version) for name in LISTS]
        try:
            table = table_socket.share()
            with table.lock:
                found = ruleset.find_table(table.channel, TABLE)
                rows = [ruleset.find_chain(table.channel, TABLE, name) for name in names] if found else []
        except OSError:
            return None
        if found is None:
            return ()
        known = [(found.handle, found.flags), *((row.handle, row.use) if row else (0, 0) for row in rows)]
        return tuple(_NUMBERS.pack(*each) for each in known)

    def find_old(self, version: int, hook: str = DEFAULT) -> Iterator[OldRule]:
        """Yield nothing: `place` leaves no other hook."""
        return iter(())

    def remove_old(self, old: OldRule) -> None:
        """Do nothing: there are none."""

    def remove_all(self, version: int) -> None:
        """Let the packets of a family pass in every hook; RuleError."""
        with _changing() as table:
            changes = list(nft_hooks.remove(nft_hooks.read(table.channel), version))
            table.commit(changes, f"take IPv{version} out of table inet {TABLE}")

    def put_ports(self, version: int, scopes: Mapping[str, PortScope], hook: str = DEFAULT) -> int:
        """Put the port rules of jails, by the names of their sets, where they differ; whether any did."""
        changed = 0
        with _changing() as table:
            for name, scope in scopes.items():
                family_set = family_sets(name)[version]
                held = ruleset.list_rules(table.channel, TABLE, port_chain(family_set))
                changes = nft_ports.put(family_set, scope, hook, held)
                table.commit(changes, f'put the port rules of set "{family_set}"')
                changed += bool(changes)
        return min(changed, 1)

    def drop_ports(self, version: int, names: Optional[Collection[str]] = None) -> None:
        """Take the port rules of these family sets away; without names, all of them."""
        with _changing() as table:
            chains = [chain for chain in ruleset.list_chains(table.channel, TABLE) if is_port_chain(chain)]
            for chain in chains:
                shape = table.find_shape(port_set(chain))
                is_named = names is None or port_set(chain) in names
                if is_named and (shape is None or shape.version == version):
                    table.commit([delete_rules(TABLE, chain)], f"empty chain {chain}")

    def move_ports(self, version: int, hook: str = DEFAULT) -> bool:
        """Return False: port rules stand behind the lists, whatever the hook."""
        return False


def _find_table() -> Optional[ruleset.TableRow]:
    """Look for the table with a socket that is closed again: the shared one is for who changes it."""
    with error.name_errors(f"look for table inet {TABLE}"), contextlib.closing(NftChannel()) as channel:
        return ruleset.find_table(channel, TABLE)


def _count(state: nft_hooks.HookState, version: int) -> dict[str, int]:
    found: dict[str, int] = {}
    chains = state.targets(version)
    for row in state.rules:
        if row.chain in chains and row.set:
            name = decode(row.set)[0]
            found[name] = found.get(name, 0) + row.packets
    for row in state.rules:
        if is_port_chain(row.chain) and port_set(row.chain) in found:
            found[port_set(row.chain)] += row.packets
    return found


@contextlib.contextmanager
def _changing() -> Iterator[table_socket.TableSocket]:
    """Hold the table's lock from a look to the change; RuleError names what the kernel refuses."""
    try:
        table = table_socket.share()
        with table.lock, error.name_errors(f"read table inet {TABLE}"):
            yield table
    except KernelError as problem:
        raise RuleError(str(problem)) from problem
