"""The DROP rules of jails that keep their peers from some ports only: a chain of their own behind one jump.

`! -i lo -m set --match-set ideolab_ban_port src -j ideolab-port` stands behind the rule for all ports. A
packet of anybody else costs one look into the list. It forks: not for each ban.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional, Union

from ideolab_f2b.firewall import iptables
from ideolab_f2b.firewall.chains import DEFAULT, FALLBACK, HOOKS, TABLES
from ideolab_f2b.firewall.iptables import PROGRAMS, RawMissingError, Run
from ideolab_f2b.firewall.names import PORT_LIST, family_sets
from ideolab_f2b.firewall.position import is_ours
from ideolab_f2b.firewall.variants import RulePlace, list_places

#: {chain of iptables: our chain that it jumps to}
CHAINS = {
    "PREROUTING": "ideolab-port", "INPUT": "ideolab-port",
    "FORWARD": "ideolab-port-forward", "DOCKER-USER": "ideolab-port-docker",
}  # fmt: skip
#: where a packet has the port that the client asked for, but for a REDIRECT before INPUT
_AS_SENT = ("PREROUTING", "INPUT")
_JUMP = f"! -i lo -m set --match-set {PORT_LIST} src -j"
#: that of an earlier version
_OLD_JUMP = f"-m set --match-set {PORT_LIST} src -j"
#: what has ports
WITH_PORTS = ("tcp", "udp", "sctp", "dccp", "udplite")
#: ports in one rule of iptables, a range counts twice
_PORTS_LIMIT = 7
_SET = re.compile(r"--match-set (\S+) src")
_COUNTERS = re.compile(r" -c \d+ \d+")
_lock = threading.RLock()


@dataclass(frozen=True)
class PortScope:
    """What a jail drops: these ports of these protocols."""

    protocols: tuple[str, ...]
    ports: tuple[Union[int, range], ...]

    def __str__(self) -> str:
        return f"{','.join(map(_text, self.ports))}/{','.join(self.protocols)}"

    def specs(self, name: str, chain: str) -> Iterator[str]:
        """The rules for what is in the set `name`, as `iptables -S` prints them."""
        match = f"-m set --match-set {name} src -j DROP"
        for protocol in self.protocols:
            if protocol == "all":
                yield match
            elif protocol not in WITH_PORTS:
                yield f"-p {protocol} {match}"
            elif chain in _AS_SENT:
                for start in range(0, len(self.ports), _PORTS_LIMIT):
                    texts = ",".join(map(_text, self.ports[start : start + _PORTS_LIMIT]))
                    yield f"-p {protocol} -m multiport --dports {texts} {match}"
            else:
                # the port has been changed by now
                for port in self.ports:
                    wanted = f"-m conntrack --ctorigdstport {_text(port)} --ctdir ORIGINAL"
                    yield f"-p {protocol} {wanted} {match}"


def put(version: int, scopes: Mapping[str, PortScope], hook: str = DEFAULT, run: Run = iptables.run) -> int:
    """Put the rules of jails, by the names of their sets, where they are missing; in how many chains."""
    try:
        return _put(version, scopes, HOOKS[hook], run)
    except RawMissingError:
        return _put(version, scopes, HOOKS[FALLBACK], run)


def _put(version: int, scopes: Mapping[str, PortScope], chains: Iterable[str], run: Run) -> int:
    wanted_by = {family_sets(name)[version]: scope for name, scope in scopes.items()}
    changed = 0
    with _lock:
        for chain in chains:
            outer = _read(PROGRAMS[version], chain, chain, run)
            if outer is None:
                continue
            held = _read(PROGRAMS[version], CHAINS[chain], chain, run) or []
            wanted = [spec for name, scope in wanted_by.items() for spec in scope.specs(name, chain)]
            # those of other jails, and of one that is about to come back
            kept = [spec for spec in held if _set_of(spec) not in wanted_by]
            if sorted(held) != sorted([*kept, *wanted]) or not _is_placed(outer, CHAINS[chain]):
                _write(PROGRAMS[version], chain, [*kept, *wanted], outer, run)
                changed += 1
    return changed


def drop(version: int, names: Optional[Collection[str]] = None, run: Run = iptables.run) -> None:
    """Take the rules of these family sets away, and a chain with its last one; without names, all rules."""
    with _lock:
        for place in list_places(version, run=run):
            _drop(place, names, run)


def move(version: int, chains: Collection[str], run: Run = iptables.run) -> bool:
    """Take the rules out of all chains but those that are kept; whether there were any.

    What a jail has there that is about to come back goes on in the first of those that are kept.
    """
    was_there = False
    with _lock:
        for place in list_places(version, chains, run):
            held = _read_place(place, run)
            if held is not None:
                was_there = True
                if place.chain in _AS_SENT:
                    _keep(PROGRAMS[version], next(iter(chains)), held, run)
                _drop(place, None, run)
    return was_there


def _keep(program: str, chain: str, specs: Sequence[str], run: Run) -> None:
    """Put rules of sets that have none in a chain there."""
    held = _read(program, CHAINS[chain], chain, run) or []
    known = set(map(_set_of, held))
    missing = [spec for spec in specs if _set_of(spec) not in known]
    if missing:
        _write(program, chain, [*held, *missing], _read(program, chain, chain, run) or [], run)


def _drop(place: RulePlace, names: Optional[Collection[str]], run: Run) -> None:
    program, chain = place.program, place.chain
    held = _read_place(place, run)
    if held is None:
        return
    kept = [spec for spec in held if names is not None and _set_of(spec) not in names]
    if kept != held or not kept:
        _write(program, chain, kept, _read(program, chain, chain, run) or [], run)


def _read_place(place: RulePlace, run: Run) -> list[str] | None:
    """The rules of jails in a place; None when none can be there."""
    try:
        return _read(place.program, CHAINS[place.chain], place.chain, run)
    except RawMissingError:
        return None


def _text(port: Union[int, range]) -> str:
    return str(port) if isinstance(port, int) else f"{port[0]}:{port[-1]}"


def _set_of(spec: str) -> str:
    found = _SET.search(spec)
    return found[1] if found else ""


def _jumps(outer: Iterable[str], ours: str) -> list[str]:
    """The jumps to our chain, those of an earlier version too."""
    return [spec for spec in outer if spec in (f"{_JUMP} {ours}", f"{_OLD_JUMP} {ours}")]


def _is_placed(outer: Sequence[str], ours: str) -> bool:
    """Whether the jump is there once, not behind the place that `_write` gives it."""
    jump = f"{_JUMP} {ours}"
    return _jumps(outer, ours) == [jump] and outer.index(jump) <= _index(outer)


def _index(outer: Sequence[str]) -> int:
    """Where the jump belongs: behind the rule for all ports, whatever that one stands behind; else first."""
    rest = [spec for spec in outer if not spec.startswith((_JUMP, _OLD_JUMP))]
    return next((number + 1 for number, spec in enumerate(rest) if is_ours("-", f"-A - {spec}")), 0)


def _write(program: str, chain: str, specs: Sequence[str], outer: Sequence[str], run: Run) -> None:
    ours = CHAINS[chain]
    lines = [f":{ours} - [0:0]", *(f"-A {ours} {spec}" for spec in specs)]
    lines += [f"-D {chain} {jump}" for jump in _jumps(outer, ours)]
    lines.append(f"-I {chain} {_index(outer) + 1} {_JUMP} {ours}" if specs else f"-X {ours}")
    iptables.change(program, TABLES[chain], lines, run)


def _read(program: str, chain: str, outer: str, run: Run) -> list[str] | None:
    """The rules of a chain in the table of `outer`, without its name; None when there is no such chain."""
    lines = iptables.list_rules(program, chain, TABLES[outer], run)
    if lines is None:
        return None
    return [_COUNTERS.sub("", line, count=1)[len(f"-A {chain} ") :].strip() for line in lines]
