"""The table `inet ideolab_geo`: its names, and what makes, fills and links its parts. Sends nothing.

connections (hook, raw + 10), datagrams (hook, behind conntrack): jump to check-TOKEN of a list for its ports.
check-TOKEN: loopback, paused ports and exempt are accepted; then list4-TOKEN, list6-TOKEN. An `accept` ends
this table alone; what other tables drop stays dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ideolab_f2b.geo.rule.nft import parts
from ideolab_f2b.geo.rule.nft.expressions import (
    accept,
    count_in,
    is_new,
    load_prefix,
    note_in,
    opens_connection,
)
from ideolab_f2b.geo.rule.plan import (
    ALLOW,
    RECENT_ROOM,
    RECENT_S,
    VERSIONS,
    Prefixes,
    RulePlan,
    group_by_length,
)
from ideolab_f2b.kernel.nft.expression import (
    drop,
    is_family,
    is_in,
    is_loopback,
    is_protocol,
    jump,
    load_port,
)
from ideolab_f2b.kernel.nft.message import Change, add_chain, add_rule, add_set, add_table, delete_rules

TABLE = "ideolab_geo"
#: raw + 10: behind the bans, before conntrack
_BEHIND_BANS = -290
#: behind conntrack (-200), which knows the open ones of what has no SYN; before Docker's DNAT (-100)
_BEHIND_CONNTRACK = -190
_TCP, _UDP = 6, 17
CONNECTIONS, DATAGRAMS, EXEMPT = "connections", "datagrams", "exempt"
BASES = (CONNECTIONS, DATAGRAMS)
#: ports of what is in force, of what is tried out, and of what is paused
PORTS, TRIAL, PAUSE = "ports", "trial", "pause"
UDP_PORTS, UDP_TRIAL = "udp-ports", "udp-trial"
PORT_SETS = (PORTS, TRIAL, PAUSE, UDP_PORTS, UDP_TRIAL)
#: {counter: IP version}
COUNTERS = {"refused4": 4, "refused6": 6}
#: {set of those who were refused of late: IP version}, and how many bits of each are kept
RECENT = {"recent4": 4, "recent6": 6}
_CLIENT = {4: 32, 6: 64}
_CHECK, _LIST, _SET, _REFUSE = "check", "list", "countries", "refuse"
_OF_LIST = re.compile(rf"(?:{_CHECK}|{_LIST}[46]|{_SET}[46]-[0-9]+)-([a-z]+)")


#: chains that every list uses, and what else is there without any list
REFUSE_CHAINS = frozenset(f"{_REFUSE}{version}" for version in VERSIONS)
FRAME = frozenset((*BASES, EXEMPT, *PORT_SETS, *RECENT)) | REFUSE_CHAINS
#: chains that have a rule: without one nobody is refused, or nobody exempt
RULED = REFUSE_CHAINS | {EXEMPT}


class LengthSet(NamedTuple):
    """A set with the addresses of all prefixes of one length."""

    name: str
    version: int
    length: int
    addresses: Sequence[int]

    def make(self, number: int) -> Change:
        """Return what makes it with room for just its elements: the kernel then takes its fastest kind."""
        return add_set(TABLE, self.name, self.version, len(self.addresses), number=number, flags=0)

    def fill(self) -> Iterator[Change]:
        """Yield what puts its elements in."""
        return parts.add_addresses(TABLE, self.name, self.version, self.addresses)

    def match(self) -> bytes:
        """Return the expressions for a source address that lies in one of its prefixes."""
        return load_prefix(self.version, self.length) + is_in(self.name)


class Linked(NamedTuple):
    """A list to which new connections go; no token: none does."""

    token: str = ""
    has_quic: bool = False


NOTHING = Linked()


def make_frame() -> Iterator[Change]:
    """Yield what makes the table without any list: it refuses nobody."""
    yield add_table(TABLE)
    yield add_chain(TABLE, CONNECTIONS, "prerouting", _BEHIND_BANS)
    yield add_chain(TABLE, DATAGRAMS, "prerouting", _BEHIND_CONNTRACK)
    yield add_chain(TABLE, EXEMPT)
    for version in VERSIONS:
        yield add_chain(TABLE, _refuse_chain(version))
    for number, name in enumerate(PORT_SETS, 1):
        yield parts.add_port_set(TABLE, name, number)
    for number, (name, version) in enumerate(RECENT.items(), len(PORT_SETS) + 1):
        yield parts.add_noted_set(TABLE, name, version, RECENT_ROOM, number)
    for name in COUNTERS:
        yield parts.add_counter(TABLE, name)
    for (name, version), counter in zip(RECENT.items(), COUNTERS):
        # a rule of its own: where the set is full, the packet is dropped all the same
        note = load_prefix(version, _CLIENT[version]) + note_in(name, RECENT_S)
        yield add_rule(TABLE, _refuse_chain(version), is_family(version), note)
        yield add_rule(TABLE, _refuse_chain(version), count_in(counter), drop())


def list_sets(plan: RulePlan) -> list[LengthSet]:
    """Return the sets of a list."""
    return [
        LengthSet(f"{_SET}{version}-{length}-{plan.token}", version, length, addresses)
        for version in VERSIONS
        for length, addresses in group_by_length(plan.prefixes.get(version, ())).items()
    ]


def make_chains(plan: RulePlan, sets: Sequence[LengthSet]) -> Iterator[Change]:
    """Yield what makes the chains of a list, to which nothing jumps yet."""
    check = check_chain(plan.token)
    for name in (check, *_list_chains(plan.token)):
        yield add_chain(TABLE, name)
    for name, version in zip(_list_chains(plan.token), VERSIONS):
        refuse = jump(_refuse_chain(version))
        found = accept() if plan.policy == ALLOW else refuse
        for one in sets:
            if one.version == version:
                yield add_rule(TABLE, name, is_family(version), one.match(), found)
        if plan.policy == ALLOW:
            yield add_rule(TABLE, name, refuse)
    yield add_rule(TABLE, check, is_loopback(), accept())
    for protocol in (_TCP, _UDP):
        yield add_rule(TABLE, check, is_protocol(protocol), load_port(), is_in(PAUSE), accept())
    yield add_rule(TABLE, check, jump(EXEMPT))
    for name, version in zip(_list_chains(plan.token), VERSIONS):
        yield add_rule(TABLE, check, is_family(version), jump(name))
    yield add_rule(TABLE, check, accept())


def put_exempt(exempt: Prefixes) -> Iterator[Change]:
    """Yield what fills the chain of those who are never refused, which is empty."""
    number = 0
    for version in VERSIONS:
        for length, addresses in group_by_length(exempt.get(version, ())).items():
            number += 1
            one = LengthSet(f"{EXEMPT}{version}-{length}", version, length, addresses)
            yield one.make(number)
            yield from one.fill()
            yield add_rule(TABLE, EXEMPT, is_family(version), one.match(), accept())


def link(force: Linked, trial: Linked = NOTHING) -> Iterator[Change]:
    """Yield what sends new connections to these lists, and to no other."""
    for name in BASES:
        yield delete_rules(TABLE, name)
    # the trial first: it ends with each packet, and the list behind it has the ports that it leaves
    for ports, udp, one in ((TRIAL, UDP_TRIAL, trial), (PORTS, UDP_PORTS, force)):
        if one.token:
            to = jump(check_chain(one.token))
            yield add_rule(
                TABLE, CONNECTIONS, is_protocol(_TCP), opens_connection(), load_port(), is_in(ports), to
            )
            if one.has_quic:
                # only here: it makes conntrack look at each packet of the host
                yield add_rule(TABLE, DATAGRAMS, is_protocol(_UDP), load_port(), is_in(udp), is_new(), to)


def put_ports(plan: RulePlan) -> Iterator[Change]:
    """Yield what gives a list its ports for good."""
    yield from parts.put_ports(TABLE, PORTS, plan.ports, 0)
    yield from parts.put_ports(TABLE, UDP_PORTS, plan.ports if plan.has_quic else (), 0)


def put_trial(plan: RulePlan, seconds: float) -> Iterator[Change]:
    """Yield what gives a list its ports for a time."""
    yield from parts.put_ports(TABLE, TRIAL, plan.ports, seconds)
    yield from parts.put_ports(TABLE, UDP_TRIAL, plan.ports if plan.has_quic else (), seconds)


def end_trial() -> Iterator[Change]:
    """Yield what takes the ports away from the list that is tried out."""
    for name in (TRIAL, UDP_TRIAL):
        yield from parts.put_ports(TABLE, name, (), 0)


def check_chain(token: str) -> str:
    """Return the name of the chain that connections of a list's ports go to."""
    return f"{_CHECK}-{token}"


def _list_chains(token: str) -> tuple[str, ...]:
    return tuple(f"{_LIST}{version}-{token}" for version in VERSIONS)


def _refuse_chain(version: int) -> str:
    return f"{_REFUSE}{version}"


def token_of(name: str) -> str:
    """Return the token in the name of a set or a chain of a list; "" for what belongs to all lists."""
    found = _OF_LIST.fullmatch(name)
    return found[1] if found else ""
