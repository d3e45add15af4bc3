"""Puts the DROP rule for what is in the sets first in raw PREROUTING. It forks: not for each ban.

There each packet passes before any routing: one for this host, one that goes on to a container or a guest.
Without a raw table, or where the option `hook` says so, the rule stands in INPUT, FORWARD and DOCKER-USER.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.firewall import iptables
from ideolab_f2b.firewall.chains import DEFAULT, FALLBACK, FORWARDING, HOOKS, TABLES
from ideolab_f2b.firewall.iptables import LOCK as LOCK
from ideolab_f2b.firewall.iptables import PROGRAMS as PROGRAMS
from ideolab_f2b.firewall.iptables import UNIT as UNIT
from ideolab_f2b.firewall.iptables import RawMissingError, Run
from ideolab_f2b.firewall.iptables import RuleError as RuleError
from ideolab_f2b.firewall.iptables import RuleUnseenError as RuleUnseenError
from ideolab_f2b.firewall.iptables import run as run
from ideolab_f2b.firewall.position import FORWARD_SPEC, Position, list_before, list_jumps, read_position
from ideolab_f2b.firewall.position import SPEC as SPEC

#: what is told of a family whose rule stands first
IN_PLACE = "in place"
#: chains in front of the rule that are read to see whether they can accept a packet
_CHAINS_LIMIT = 32


class Placement(NamedTuple):
    """Where the rule of a family belongs, and where it stands there."""

    #: of each chain that exists
    positions: list[Position]
    hook: str
    #: why this is another hook than the one that was asked for: what iptables says of the raw table
    fallback: str = ""


def place(version: int, hook: str = DEFAULT, run: Run = run) -> Optional[str]:
    """Put the rule into each chain of a family, before whatever may accept a packet.

    What stands in other chains stays there. Return the reason where the family needs no rule, else None.
    """
    try:
        with LOCK:
            for position in look(version, hook, run).positions:
                if not position.is_effective or position.specs != (wanted_spec(position.chain),):
                    put_first(version, position, run)
    except RuleError:
        if version == 6 and not has_ipv6():
            return "IPv6 is disabled"
        raise
    return None


def put_first(version: int, position: Position, run: Run = run) -> None:
    """Make the rule the first of a chain and the only one of its kind there."""
    spec = wanted_spec(position.chain)
    try:
        _put(version, position, spec, run)
    except RuleError as error:
        if spec == SPEC or isinstance(error, RuleUnseenError):
            raise
        # a kernel without conntrack
        _put(version, position, SPEC, run)


def _put(version: int, position: Position, spec: str, run: Run) -> None:
    # one transaction: a rule that was moved down is first again without a moment in which there is none
    lines = [*list_deletions(position), f"-I {position.chain} 1 {spec}"]
    iptables.change(PROGRAMS[version], TABLES[position.chain], lines, run)


def wanted_spec(chain: str) -> str:
    """Return the rule as it is put into a chain."""
    return FORWARD_SPEC if chain in FORWARDING else SPEC


def list_deletions(position: Position) -> list[str]:
    """Return what takes all copies out of their chain."""
    return [f"-D {position.chain} {spec}" for spec in position.specs]


def is_first(version: int, hook: str = DEFAULT, run: Run = run) -> bool:
    """Whether nothing stands before the rule in any chain of the family."""
    return all(one.is_first and one.copies == 1 for one in look(version, hook, run).positions)


def look(version: int, hook: str = DEFAULT, run: Run = run) -> Placement:
    """Return where the rule stands in each of its chains that exists; RuleError."""
    with LOCK:
        try:
            return Placement(_positions(version, HOOKS[hook], run), hook)
        except RawMissingError as error:
            return Placement(_positions(version, HOOKS[FALLBACK], run), FALLBACK, str(error))


def count_drops(version: int, hook: str = DEFAULT, run: Run = run) -> dict[str, int]:
    """{chain: packets that the rule dropped there since it was put}; a chain without the rule is left out."""
    return {one.chain: one.drops for one in look(version, hook, run).positions if one.drops is not None}


def has_ipv6(path: Path = Path("/proc/net/if_inet6")) -> bool:
    """Whether any interface of this network namespace has an IPv6 address."""
    try:
        return bool(path.read_text())
    except OSError:
        return False


def _positions(version: int, chains: Sequence[str], run: Run) -> list[Position]:
    program = PROGRAMS[version]
    found = []
    for chain in chains:
        lines = iptables.list_rules(program, chain, TABLES[chain], run)
        if lines is not None:
            before = list_before(chain, lines)
            # without the rule nothing stands in front of it
            is_there = len(before) < len(lines)
            in_front = _chains_in_front(program, before, TABLES[chain], run) if is_there else {}
            found.append(read_position(chain, lines, in_front))
    return found


def _chains_in_front(program: str, before: Sequence[str], table: str, run: Run) -> dict[str, list[str]]:
    """The rules of the chains to which rules in front of ours jump, and of those to which they jump."""
    found: dict[str, list[str]] = {}
    waiting, asked = list_jumps(before), set[str]()
    while waiting and len(asked) < _CHAINS_LIMIT:
        chain = waiting.pop()
        if chain in asked:
            continue
        asked.add(chain)
        rules = iptables.list_rules(program, chain, table, run)
        if rules is not None:
            found[chain] = rules
            waiting += list_jumps(rules)
    return found
