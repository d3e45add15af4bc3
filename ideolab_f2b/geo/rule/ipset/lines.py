"""The rules of iptables that ask the sets of the country list: written for a table, read from one. Pure.

PREROUTING sends what opens a connection to `ideolab-geo`. That chain lets paused ports and exempt addresses
go, and leads the rest to ideolab-geo-TOKEN of the list for its port, which drops. Sets have fixed names: a
firewall that somebody saves loads at the next boot also when the list is another one by then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ideolab_f2b.geo.rule.plan import ALLOW, DENY

CHAIN = "ideolab-geo"
PORTS, TRIAL, PAUSE = "ideolab_geo_ports", "ideolab_geo_trial", "ideolab_geo_pause"
PORT_SETS = (PORTS, TRIAL, PAUSE)
#: two places for lists: one is in force, the other is filled
SLOTS = ("ideolab_geo_a", "ideolab_geo_b")
EXEMPT = "ideolab_geo_exempt"
#: those who were refused of late
RECENT = "ideolab_geo_recent"
#: how the names of all begin
START = "ideolab_geo_"
#: of a set of inet6
_ENDS = {4: "", 6: "6"}
#: what opens a connection
CONNECTIONS = f"! -i lo -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j {CHAIN}"
DATAGRAMS = f"! -i lo -p udp -m conntrack --ctstate NEW -j {CHAIN}"
_BANS = "--match-set ideolab_ban"
#: iptables-save -c: a chain, a rule with its packets and bytes
_CHAIN_LINE = re.compile(rf":({CHAIN}(?:-[a-z]+)?) ")
_RULE_LINE = re.compile(r"\[(\d+):\d+\] -A (\S+) (.*)")
_LEAD = re.compile(rf"-m set --match-set (\w+) dst -g {CHAIN}-([a-z]+)")
_DROP = re.compile(r"-m set (! )?--match-set (\w+) src -j DROP")


class Rule(NamedTuple):
    """A rule of iptables, and the packets that it has counted."""

    chain: str
    spec: str
    packets: int


class TableText(NamedTuple):
    """Our chains in a table, and the rules of all chains."""

    chains: tuple[str, ...]
    rules: tuple[Rule, ...]

    def list_specs(self, chain: str) -> list[str]:
        """Return the rules of one chain."""
        return [rule.spec for rule in self.rules if rule.chain == chain]


class Slot(NamedTuple):
    """A list in the kernel: its token, the set that it is in, its policy."""

    token: str
    set: str
    policy: str


class UsedSlot(NamedTuple):
    """A list, and whether QUIC is asked for it too."""

    slot: Slot
    has_quic: bool = False


def set_name(name: str, version: int) -> str:
    """Return the name of a family's set."""
    return name + _ENDS[version]


def write_chains(version: int, force: Sequence[UsedSlot], trial: Sequence[UsedSlot]) -> Iterator[str]:
    """Yield the lines of all chains of ours in a table; a list that is not given has none."""
    yield f":{CHAIN} - [0:0]"
    for one in (*trial, *force):
        yield f":{CHAIN}-{one.slot.token} - [0:0]"
    yield f"-A {CHAIN} -m set --match-set {PAUSE} dst -j RETURN"
    yield f"-A {CHAIN} -m set --match-set {set_name(EXEMPT, version)} src -j RETURN"
    for ports, uses in ((TRIAL, trial), (PORTS, force)):
        for one in uses:
            # goto: what the trial lets through does not meet the list behind it
            yield f"-A {CHAIN} -m set --match-set {ports} dst -g {CHAIN}-{one.slot.token}"
    for slot in dict.fromkeys(one.slot for one in (*trial, *force)):
        sign = "" if slot.policy == DENY else "! "
        match = f"-A {CHAIN}-{slot.token} -m set {sign}--match-set {set_name(slot.set, version)} src"
        yield f"{match} -j SET --add-set {set_name(RECENT, version)} src --exist"
        yield f"{match} -j DROP"


def drop_chains(chains: Iterable[str]) -> Iterator[str]:
    """Yield what takes chains away to which nothing leads any more."""
    ours = list(chains)
    yield from (f":{chain} - [0:0]" for chain in ours)
    yield from (f"-X {chain}" for chain in ours)


def place_jump(rules: Sequence[str], jump: str) -> Iterator[str]:
    """Yield what puts the jump into PREROUTING once, behind the rules of the bans."""
    bans = [number for number, rule in enumerate(rules, 1) if _BANS in rule]
    at = rules.index(jump) + 1 if jump in rules else 0
    if at and rules.count(jump) == 1 and (not bans or at > bans[-1]):
        return
    yield from drop_jump(rules, jump)
    before = [rule for rule in rules[: bans[-1] if bans else 0] if rule != jump]
    yield f"-I PREROUTING {len(before) + 1} {jump}"


def drop_jump(rules: Sequence[str], jump: str) -> Iterator[str]:
    """Yield what takes the jump out of PREROUTING."""
    yield from (f"-D PREROUTING {jump}" for rule in rules if rule == jump)


def parse(text: str) -> TableText:
    """Read what `iptables-save -c` prints of one table."""
    lines = text.splitlines()
    chains = (hit[1] for hit in map(_CHAIN_LINE.match, lines) if hit)
    rules = (Rule(hit[2], hit[3], int(hit[1])) for hit in map(_RULE_LINE.match, lines) if hit)
    return TableText(tuple(chains), tuple(rules))


def read_uses(table: TableText) -> dict[str, Slot]:
    """Return {set of ports: the list that it leads to}."""
    found = {}
    for lead in filter(None, map(_LEAD.fullmatch, table.list_specs(CHAIN))):
        for drop in filter(None, map(_DROP.fullmatch, table.list_specs(f"{CHAIN}-{lead[2]}"))):
            found[lead[1]] = Slot(lead[2], drop[2].rstrip("6"), ALLOW if drop[1] else DENY)
    return found


def count_drops(table: TableText) -> int:
    """Return the packets that our rules in a table have dropped."""
    return sum(
        rule.packets for rule in table.rules if rule.chain in table.chains and _DROP.fullmatch(rule.spec)
    )
