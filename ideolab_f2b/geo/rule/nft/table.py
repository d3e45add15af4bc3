"""The table `inet ideolab_geo`: its names, and the messages that make, fill and link its parts. Sends nothing.

connections (hook, raw + 10), datagrams (hook, behind conntrack): jump to check-TOKEN of a list for its ports.
check-TOKEN: loopback, paused ports and exempt are accepted; then list4-TOKEN, list6-TOKEN. An `accept` ends
this table alone; what other tables drop stays dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ideolab_f2b.geo.rule.nft import messages as nft
from ideolab_f2b.geo.rule.nft.messages import Message
from ideolab_f2b.geo.rule.plan import ALLOW, BITS, SIZES, VERSIONS, Prefixes, RulePlan, group_by_length

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
_CHECK, _LIST, _SET = "check", "list", "countries"
_OF_LIST = re.compile(rf"(?:{_CHECK}|{_LIST}[46]|{_SET}[46]-[0-9]+)-([a-z]+)")


class LengthSet(NamedTuple):
    """A set with the addresses of all prefixes of one length."""

    name: str
    version: int
    length: int
    addresses: Sequence[int]

    def make(self, number: int) -> Message:
        """Return what makes it with room for just its elements: the kernel then takes its fastest kind."""
        return nft.address_set(TABLE, self.name, self.version, len(self.addresses), number)

    def fill(self) -> Iterator[Message]:
        """Yield what puts its elements in."""
        return nft.add_addresses(TABLE, self.name, SIZES[self.version], self.addresses)

    def match(self) -> bytes:
        """Return the expressions for a source address that lies in one of its prefixes."""
        return nft.source(self.version, self.length) + nft.in_set(self.name)


class Linked(NamedTuple):
    """A list to which new connections go; no token: none does."""

    token: str = ""
    has_quic: bool = False


NOTHING = Linked()


def make_frame() -> Iterator[Message]:
    """Yield what makes the table without any list: it refuses nobody."""
    yield nft.table(TABLE)
    yield nft.base_chain(TABLE, CONNECTIONS, _BEHIND_BANS)
    yield nft.base_chain(TABLE, DATAGRAMS, _BEHIND_CONNTRACK)
    yield nft.chain(TABLE, EXEMPT)
    for number, name in enumerate(PORT_SETS, 1):
        yield nft.port_set(TABLE, name, number)
    for name in COUNTERS:
        yield nft.counter(TABLE, name)


def list_sets(plan: RulePlan) -> list[LengthSet]:
    """Return the sets of a list."""
    return [
        LengthSet(f"{_SET}{version}-{length}-{plan.token}", version, length, addresses)
        for version in VERSIONS
        for length, addresses in group_by_length(plan.prefixes.get(version, ())).items()
    ]


def make_chains(plan: RulePlan, sets: Sequence[LengthSet]) -> Iterator[Message]:
    """Yield what makes the chains of a list, to which nothing jumps yet."""
    check = check_chain(plan.token)
    for name in (check, *_list_chains(plan.token)):
        yield nft.chain(TABLE, name)
    for name, version in zip(_list_chains(plan.token), VERSIONS):
        refuse = nft.count(_counter(version)) + nft.verdict(nft.DROP)
        found = nft.verdict(nft.ACCEPT) if plan.policy == ALLOW else refuse
        for one in sets:
            if one.version == version:
                yield nft.rule(TABLE, name, nft.version(version), one.match(), found)
        if plan.policy == ALLOW:
            yield nft.rule(TABLE, name, refuse)
    yield nft.rule(TABLE, check, nft.LOOPBACK, nft.verdict(nft.ACCEPT))
    for protocol in (_TCP, _UDP):
        yield nft.rule(TABLE, check, nft.protocol(protocol), nft.PORT, nft.in_set(PAUSE), nft.verdict(nft.ACCEPT))
    yield nft.rule(TABLE, check, nft.jump(EXEMPT))
    for name, version in zip(_list_chains(plan.token), VERSIONS):
        yield nft.rule(TABLE, check, nft.version(version), nft.jump(name))
    yield nft.rule(TABLE, check, nft.verdict(nft.ACCEPT))


def put_exempt(exempt: Prefixes) -> Iterator[Message]:
    """Yield what fills the chain of those who are never refused, which is empty."""
    number = 0
    for version in VERSIONS:
        for length, addresses in group_by_length(exempt.get(version, ())).items():
            number += 1
            one = LengthSet(f"{EXEMPT}{version}-{length}", version, length, addresses)
            yield one.make(number)
            yield from one.fill()
            yield nft.rule(TABLE, EXEMPT, nft.version(version), one.match(), nft.verdict(nft.ACCEPT))


def link(force: Linked, trial: Linked = NOTHING) -> Iterator[Message]:
    """Yield what sends new connections to these lists, and to no other."""
    for name in BASES:
        yield nft.flush_chain(TABLE, name)
    # the trial first: it ends with each packet, and the list behind it has the ports that it leaves
    for ports, udp, one in ((TRIAL, UDP_TRIAL, trial), (PORTS, UDP_PORTS, force)):
        if one.token:
            to = nft.jump(check_chain(one.token))
            yield nft.rule(TABLE, CONNECTIONS, nft.protocol(_TCP), nft.SYN, nft.PORT, nft.in_set(ports), to)
            if one.has_quic:
                # only here: it makes conntrack look at each packet of the host
                yield nft.rule(TABLE, DATAGRAMS, nft.protocol(_UDP), nft.PORT, nft.in_set(udp), nft.NEW, to)


def put_ports(plan: RulePlan) -> Iterator[Message]:
    """Yield what gives a list its ports for good."""
    yield from nft.put_ports(TABLE, PORTS, plan.ports, 0)
    yield from nft.put_ports(TABLE, UDP_PORTS, plan.ports if plan.has_quic else (), 0)


def put_trial(plan: RulePlan, seconds: float) -> Iterator[Message]:
    """Yield what gives a list its ports for a time."""
    yield from nft.put_ports(TABLE, TRIAL, plan.ports, seconds)
    yield from nft.put_ports(TABLE, UDP_TRIAL, plan.ports if plan.has_quic else (), seconds)


def end_trial() -> Iterator[Message]:
    """Yield what takes the ports away from the list that is tried out."""
    for name in (TRIAL, UDP_TRIAL):
        yield from nft.put_ports(TABLE, name, (), 0)


def check_chain(token: str) -> str:
    """Return the name of the chain that connections of a list's ports go to."""
    return f"{_CHECK}-{token}"


def _list_chains(token: str) -> tuple[str, ...]:
    return tuple(f"{_LIST}{version}-{token}" for version in VERSIONS)


def _counter(version: int) -> str:
    return f"refused{version}"


def token_of(name: str) -> str:
    """Return the token in the name of a set or a chain of a list; "" for what belongs to all lists."""
    found = _OF_LIST.fullmatch(name)
    return found[1] if found else ""
