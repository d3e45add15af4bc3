"""Where the DROP rule stands in a chain, and whether what stands before it can accept a packet. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple, Optional

from ideolab_f2b.firewall.names import LIST

#: what comes over loopback is of this host's own: it is spared the look into the list
SPEC = f"! -i lo -m set --match-set {LIST} src -j DROP"
#: where packets go on to somebody else: what that one asks of a banned address is answered
FORWARD_SPEC = f"! -i lo -m conntrack --ctdir ORIGINAL -m set --match-set {LIST} src -j DROP"
#: that of an earlier version
OLD_SPEC = f"-m set --match-set {LIST} src -j DROP"
#: a rule that sends every packet to a chain
_SPECS = (SPEC, FORWARD_SPEC, OLD_SPEC)
_JUMP = re.compile(r"-A \S+ -j (\S+)")
#: chains that a packet can go through before ours
_DEPTH = 8
#: what -v adds to a rule: packets and bytes
_COUNTERS = re.compile(r" -c (\d+) \d+")
#: targets after which a packet is dropped, or goes on to the next rule
_HARMLESS = frozenset((
    "AUDIT", "CHECKSUM", "CLASSIFY", "CONNMARK", "CONNSECMARK", "CT", "DROP", "DSCP",
    "HL", "IDLETIMER", "LED", "LOG", "MARK", "NFLOG", "NOTRACK", "RATEEST",
    "REJECT", "SECMARK", "SET", "TARPIT", "TCPMSS", "TCPOPTSTRIP", "TOS", "TRACE",
    "TTL", "ULOG",
))  # fmt: skip
#: ends the chain: past our rule where it stands in front of it, back to ours in a chain that was jumped to
_RETURN = "RETURN"
#: targets that are no chains and may let a packet through
_FINAL = frozenset(("ACCEPT", "QUEUE", "NFQUEUE", _RETURN))
#: packets of this machine to itself: a banned client's never come that way
_LOOPBACK = ("-i", "lo")


class Target(NamedTuple):
    """Where a rule sends a packet: a built-in target or a chain; is_goto: it does not come back."""

    name: str
    is_goto: bool


class Position(NamedTuple):
    """Where the rule stands in one chain."""

    chain: str
    #: how often the rule is in the chain
    copies: int
    #: the rules before the first of ours, as `iptables -S` prints them
    before: tuple[str, ...]
    #: the first of these that may accept a packet or send it past our rule; "" when none can
    passes: str
    #: packets that ours dropped since it was put; None without the rule
    drops: Optional[int]
    #: the copies without the name of the chain: of this version or an earlier one
    specs: tuple[str, ...] = ()

    @property
    def is_first(self) -> bool:
        """Whether the rule is there and nothing stands before it."""
        return bool(self.copies) and not self.before

    @property
    def is_effective(self) -> bool:
        """Whether each packet of a banned address meets the rule before it can be accepted."""
        return bool(self.copies) and not self.passes


def read_position(chain: str, lines: Sequence[str], chains: Mapping[str, Sequence[str]]) -> Position:
    """Return the position from `iptables -v -S CHAIN`; `chains` has the rules of the chains in front."""
    before = list_before(chain, lines)
    if len(before) == len(lines):
        return Position(chain, 0, (), "", None)
    specs = tuple(_strip(line)[len(f"-A {chain} ") :] for line in lines if is_ours(chain, line))
    counted = _COUNTERS.search(lines[len(before)])
    # Docker puts DOCKER-USER, which begins with ours, before what accepts
    reached = takewhile(lambda line: not drops_first(line, chains), before)
    passes = next((line for line in reached if may_pass(line, chains)), "")
    drops = int(counted[1]) if counted else None
    return Position(chain, len(specs), tuple(before), passes, drops, specs)


def list_before(chain: str, lines: Sequence[str]) -> list[str]:
    """Return the rules before the first of ours, without counters; all where ours is not there."""
    return [_strip(line) for line in takewhile(lambda line: not is_ours(chain, line), lines)]


def is_ours(chain: str, line: str) -> bool:
    """Return whether a rule of a chain is the DROP rule, of this version or an earlier one."""
    return _strip(line) in [f"-A {chain} {spec}" for spec in _SPECS]


def drops_first(line: str, chains: Mapping[str, Sequence[str]], depth: int = _DEPTH) -> bool:
    """Return whether every packet that comes to this rule meets ours before any other."""
    jump = _JUMP.fullmatch(_strip(line))
    if not (jump and depth and chains.get(jump[1])):
        return False
    first = chains[jump[1]][0]
    return is_ours(jump[1], first) or drops_first(first, chains, depth - 1)


def may_pass(line: str, chains: Mapping[str, Sequence[str]]) -> bool:
    """Return whether a rule in front of ours may accept a packet, or send it past ours."""
    seen: set[str] = set()
    waiting = [(line, True)]
    while waiting:
        rule, is_in_front = waiting.pop()
        target = find_target(rule)
        if target is None or target.name in _HARMLESS or (target.name == _RETURN and not is_in_front):
            continue
        if target.is_goto or target.name not in chains:
            return True
        if target.name not in seen:
            seen.add(target.name)
            waiting += [(each, False) for each in chains[target.name]]
    return False


def list_jumps(lines: Iterable[str]) -> list[str]:
    """Return the chains to which these rules jump and from which a packet comes back."""
    targets = [find_target(line) for line in lines]
    known = _HARMLESS | _FINAL
    return [one.name for one in targets if one is not None and not one.is_goto and one.name not in known]


def find_target(line: str) -> Optional[Target]:
    """Return the target of a rule; None where it has none, or is about loopback alone."""
    try:
        words = shlex.split(line)
    except ValueError:
        # what cannot be read may be anything
        return Target("", is_goto=True)
    pairs = list(zip(words, words[1:]))
    for number, (option, value) in enumerate(pairs):
        if (option, value) == _LOOPBACK and words[number - 1] != "!":
            return None
        # a comment may be any word
        if option in ("-j", "-g") and words[number - 1] != "--comment":
            return Target(value, is_goto=option == "-g")
    return None


def _strip(line: str) -> str:
    return _COUNTERS.sub("", line, count=1).strip()
