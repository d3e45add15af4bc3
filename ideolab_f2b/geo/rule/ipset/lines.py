"""The rules of iptables that ask the sets of the country list: written for a table, read from one. Pure.

PREROUTING sends what opens a connection to `ideolab-geo`. That chain lets paused ports and exempt addresses
go, and leads the rest to ideolab-geo-TOKEN of the list for its port, which drops. Sets have fixed names: a
firewall that somebody saves loads at the next boot also when the list is another one by then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ideolab_f2b.geo.rule.plan import DENY

CHAIN = "ideolab-geo"
PORTS, TRIAL, PAUSE = "ideolab_geo_ports", "ideolab_geo_trial", "ideolab_geo_pause"
PORT_SETS = (PORTS, TRIAL, PAUSE)
#: two places for lists: one is in force, the other is filled
SLOTS = ("ideolab_geo_a", "ideolab_geo_b")
EXEMPT = "ideolab_geo_exempt"
#: how the names of all begin
START = "ideolab_geo_"
#: of a set of inet6
_ENDS = {4: "", 6: "6"}
#: what opens a connection
CONNECTIONS = f"! -i lo -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j {CHAIN}"
DATAGRAMS = f"! -i lo -p udp -m conntrack --ctstate NEW -j {CHAIN}"
_BANS = "--match-set ideolab_ban"
_COUNTERS = re.compile(r" -c (\d+) \d+")
_LEAD = re.compile(rf"-A {CHAIN} -m set --match-set (\w+) dst -g {CHAIN}-([a-z]+)$")
_DROP = re.compile(rf"-A {CHAIN}-([a-z]+) -m set (! )?--match-set (\w+) src -j DROP$")


class Slot(NamedTuple):
    """A list in the kernel: its token, the set that it is in, its policy."""

    token: str
    set: str
    policy: str


class SlotUse(NamedTuple):
    """A list, and whether QUIC is asked for it too."""

    slot: Slot
    has_quic: bool = False


def set_name(name: str, version: int) -> str:
    """Return the name of a family's set."""
    return name + _ENDS[version]


def write_chains(version: int, force: Sequence[SlotUse], trial: Sequence[SlotUse]) -> Iterator[str]:
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
        yield f"-A {CHAIN}-{slot.token} -m set {sign}--match-set {set_name(slot.set, version)} src -j DROP"


def place_jump(lines: Sequence[str], jump: str) -> Iterator[str]:
    """Yield what puts the jump into PREROUTING once, behind the rules of the bans."""
    rules = _strip(lines)
    bans = [number for number, rule in enumerate(rules, 1) if _BANS in rule]
    at = rules.index(jump) + 1 if jump in rules else 0
    if at and rules.count(jump) == 1 and (not bans or at > bans[-1]):
        return
    yield from (f"-D PREROUTING {jump}" for rule in rules if rule == jump)
    before = [rule for rule in rules[: bans[-1] if bans else 0] if rule != jump]
    yield f"-I PREROUTING {len(before) + 1} {jump}"


def drop_jump(lines: Sequence[str], jump: str) -> Iterator[str]:
    """Yield what takes the jump out of PREROUTING."""
    yield from (f"-D PREROUTING {jump}" for rule in _strip(lines) if rule == jump)


def has_jump(lines: Sequence[str], jump: str) -> bool:
    """Whether the jump is in PREROUTING."""
    return jump in _strip(lines)


def _strip(lines: Sequence[str]) -> list[str]:
    return [_COUNTERS.sub("", line)[len("-A PREROUTING ") :].strip() for line in lines]


def read_uses(lines: Sequence[str]) -> dict[str, Slot]:
    """Return {set of ports: the list that it leads to} from the rules of a table, with counters or without."""
    plain = [_COUNTERS.sub("", line).strip() for line in lines]
    drops = {hit[1]: hit for hit in map(_DROP.match, plain) if hit}
    found = {}
    for hit in filter(None, map(_LEAD.match, plain)):
        drop = drops.get(hit[2])
        if drop is not None:
            found[hit[1]] = Slot(hit[2], drop[3].rstrip("6"), "allow" if drop[2] else DENY)
    return found


def read_tokens(lines: Sequence[str]) -> list[str]:
    """Return the tokens of the lists to which the rules of `ideolab-geo` lead."""
    return [hit[2] for hit in map(_LEAD.match, (_COUNTERS.sub("", line).strip() for line in lines)) if hit]


def count_drops(lines: Sequence[str]) -> int:
    """Return the packets that the rules of ours in a table have dropped."""
    hits = ((_DROP.match(_COUNTERS.sub("", line).strip()), _COUNTERS.search(line)) for line in lines)
    return sum(int(counted[1]) for is_ours, counted in hits if is_ours and counted)
