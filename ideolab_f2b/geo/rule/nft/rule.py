"""The country list in a table of nf_tables of its own: hash sets by prefix length, changed in one transaction.

Nobody else's `nft add element` gets slower by it, as it does beside a set of intervals.
"""

from __future__ import annotations

import errno
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from ideolab_f2b.geo.rule.nft import messages as nft
from ideolab_f2b.geo.rule.nft import table as nft_table
from ideolab_f2b.geo.rule.nft.messages import Message
from ideolab_f2b.geo.rule.nft.nft_socket import Nft, NftError
from ideolab_f2b.geo.rule.nft.table import NOTHING, TABLE, Linked
from ideolab_f2b.geo.rule.plan import KernelState, Prefixes, RulePlan
from ideolab_f2b.kernel.netlink import ACK, unpack_attributes

#: messages of one transaction, of 500 elements each: the kernel lets no ban in between
_MESSAGES = 20
#: fields of the answers: name of a chain, name of a set
_CHAIN_NAME, _SET_NAME = 3, 2


class NftRule:
    """The table of the country list. A failure in the middle leaves what is in force as it was."""

    name = "nft"

    def __init__(self) -> None:
        self._nft = Nft()

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
        self._link(self._read_force(), trial, nft_table.put_trial(plan, seconds))

    def confirm(self, plan: RulePlan) -> None:
        """Keep the list that is tried out, whose prefixes are in the kernel already; the one before goes."""
        ports = [*nft_table.put_ports(plan), *nft_table.end_trial()]
        self._link(Linked(plan.token, plan.has_quic), NOTHING, ports)

    def end_trial(self) -> None:
        """Take away what is left of a trial."""
        self._link(self._read_force(), NOTHING, nft_table.end_trial())

    def exempt(self, exempt: Prefixes) -> None:
        """Replace whom no list refuses."""
        old = [name for name in self._names(nft.GETSET) if name.startswith(nft_table.EXEMPT)]
        gone = [nft.flush_chain(TABLE, nft_table.EXEMPT), *(nft.drop_set(TABLE, name) for name in old)]
        self._nft.transaction([*gone, *nft_table.put_exempt(exempt)])

    def pause(self, ports: Sequence[int], seconds: float) -> None:
        """Refuse nobody on these ports for so long; 0 ends a pause."""
        self._nft.transaction(nft.put_ports(TABLE, nft_table.PAUSE, ports if seconds else (), seconds))

    def remove(self) -> bool:
        """Take everything away; return whether there was something."""
        try:
            self._nft.transaction([nft.drop_table(TABLE)])
        except NftError as error:
            if error.errno != errno.ENOENT:
                raise
            return False
        return True

    def look(self) -> KernelState:
        """Return what is there; OSError where it cannot be seen."""
        if not self._is_there():
            return KernelState()
        jumps, chains = self._jumps(), set(self._names(nft.GETCHAIN))
        ports, trial, pause = map(self._ports, (nft_table.PORTS, nft_table.TRIAL, nft_table.PAUSE))
        token = jumps.get(nft_table.PORTS, "")
        counted = dict(map(nft.read_counter, self._nft.dump(nft.GETOBJ, nft.text(1, TABLE))))
        return KernelState(
            token=token if ports and nft_table.check_chain(token) in chains else "",
            ports=tuple(sorted(ports)),
            trial=jumps.get(nft_table.TRIAL, "") if trial else "",
            trial_s=max(trial.values(), default=0.0),
            pause_s=max(pause.values(), default=0.0),
            refused={version: counted.get(name, 0) for name, version in nft_table.COUNTERS.items()},
        )

    def _fill(self, plan: RulePlan) -> None:
        """Put the sets and chains of a list beside what is in force, where no packet comes yet."""
        if not self._is_whole():
            self.remove()
            self._nft.transaction(nft_table.make_frame())
        self.exempt(plan.exempt)
        if nft_table.check_chain(plan.token) in self._names(nft.GETCHAIN):
            return
        self._nft.transaction(self._clear(self._jumps().values()))
        sets = nft_table.list_sets(plan)
        self._nft.transaction(one.make(number) for number, one in enumerate(sets, 1))
        messages = (message for one in sets for message in one.fill())
        for batch in iter(lambda: list(islice(messages, _MESSAGES)), []):
            self._nft.transaction(batch)
        # the chains at last: a list that has them is whole
        self._nft.transaction(nft_table.make_chains(plan, sets))

    def _link(self, force: Linked, trial: Linked, ports: Iterable[Message]) -> None:
        """Let these lists be in force, with these ports, at one instant; all others go."""
        gone = self._clear((force.token, trial.token))
        self._nft.transaction([*nft_table.link(force, trial), *ports, *gone])

    def _clear(self, kept: Collection[str]) -> Iterator[Message]:
        """Yield what takes away the chains and sets of all lists but those with these tokens."""
        chains, sets = (
            [name for name in self._names(kind) if nft_table.token_of(name) not in ("", *kept)]
            for kind in (nft.GETCHAIN, nft.GETSET)
        )
        # a chain goes when no rule jumps to it, a set when no rule asks it
        yield from (nft.flush_chain(TABLE, name) for name in chains)
        yield from (nft.drop_chain(TABLE, name) for name in chains)
        yield from (nft.drop_set(TABLE, name) for name in sets)

    def _read_force(self) -> Linked:
        """Return the list that is in force, but for one that is tried out."""
        token = self._jumps().get(nft_table.PORTS, "")
        return Linked(token, bool(self._ports(nft_table.UDP_PORTS)))

    def _jumps(self) -> dict[str, str]:
        """Return {set of ports: token of the list that their connections go to}."""
        chain = nft.text(1, TABLE) + nft.text(2, nft_table.CONNECTIONS)
        found = map(nft.read_rule, self._nft.dump(nft.GETRULE, chain))
        return {ports: nft_table.token_of(chain) for ports, chain in found}

    def _ports(self, name: str) -> dict[int, float]:
        return nft.read_ports(self._nft.dump(nft.GETELEM, nft.text(1, TABLE) + nft.text(2, name)))

    def _names(self, kind: int) -> list[str]:
        """Return the names of the chains (GETCHAIN) or the sets (GETSET) of the table."""
        field = _CHAIN_NAME if kind == nft.GETCHAIN else _SET_NAME
        found = (dict(unpack_attributes(one)) for one in self._nft.dump(kind, nft.text(1, TABLE)))
        return [nft.read_text(one[field]) for one in found if nft.read_text(one[1]) == TABLE]

    def _is_there(self) -> bool:
        try:
            return any(True for _one in self._nft.dump(nft.GETTABLE, nft.text(1, TABLE), ACK))
        except FileNotFoundError:
            return False

    def _is_whole(self) -> bool:
        if not self._is_there():
            return False
        wanted = {*nft_table.BASES, nft_table.EXEMPT, *nft_table.PORT_SETS}
        return wanted <= {*self._names(nft.GETCHAIN), *self._names(nft.GETSET)}
